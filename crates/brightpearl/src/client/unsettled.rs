//! Keyed writes whose outcome is unknown, because their call was dropped or ended without a conclusive response.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use api_client_core::{client::Clock, lock};
use serde::Deserialize;

use crate::request::Request;

/// How long a write whose response was lost may still be in transit: the default time limit of a response.
pub(super) const IN_TRANSIT: Duration = Duration::from_secs(60);

/// The unsettled writes of a client and its clones, by their keys, with the uptime since which each may be in
/// transit.
#[derive(Debug, Default)]
pub(super) struct UnsettledWrites(Mutex<HashMap<String, Duration>>);

impl UnsettledWrites {
    /// Returns since when a write under this key may be in transit.
    pub(super) fn since(&self, key: &str, uptime: Duration) -> Option<Duration> {
        self.current(uptime).get(key).copied()
    }

    pub(super) fn add(&self, key: String, since: Duration, uptime: Duration) {
        self.current(uptime).insert(key, since);
    }

    pub(super) fn remove(&self, key: &str) {
        lock(&self.0).remove(key);
    }

    fn current(&self, uptime: Duration) -> MutexGuard<'_, HashMap<String, Duration>> {
        let mut writes = lock(&self.0);
        writes.retain(|_, since| uptime.saturating_sub(*since) < IN_TRANSIT);
        writes
    }
}

/// A keyed write in progress. Dropped before it is settled, it stays among the unsettled ones, so that the next
/// write under its key is not sent before it was looked up.
pub(super) struct WriteInProgress<'c> {
    writes: &'c UnsettledWrites,
    clock: &'c dyn Clock,
    key: Option<String>,
    /// Since when it may be in transit; none while its request is being sent.
    since: Option<Duration>,
}

impl<'c> WriteInProgress<'c> {
    pub(super) const fn new(
        writes: &'c UnsettledWrites,
        clock: &'c dyn Clock,
        key: Option<String>,
        since: Option<Duration>,
    ) -> Self {
        Self { writes, clock, key, since }
    }

    /// Records that its response was lost, since this uptime.
    pub(super) const fn lost(&mut self, since: Duration) {
        self.since = Some(since);
    }

    /// Records that it is sent again.
    pub(super) const fn sent_again(&mut self) {
        self.since = None;
    }

    /// Records its outcome: no other write under its key has to wait for it.
    pub(super) fn settled(mut self) {
        if let Some(key) = self.key.take() {
            self.writes.remove(&key);
        }
    }
}

impl Drop for WriteInProgress<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            let uptime = self.clock.uptime();
            self.writes.add(key, self.since.unwrap_or(uptime), uptime);
        }
    }
}

/// Returns the key of a create: its URI and the references in its body that Brightpearl or the client checks; none
/// if it has no reference.
pub(super) fn key_of<T>(create: &Request<T>) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct References {
        external_ref: Option<String>,
        transaction_ref: Option<String>,
        user_batch_reference: Option<String>,
        /// A reference of a payment is unique for its order.
        order_id: Option<u64>,
    }
    let References { external_ref, transaction_ref, user_batch_reference, order_id } =
        serde_json::from_str(create.json()?).ok()?;
    let reference = external_ref.or(transaction_ref).or(user_batch_reference)?;
    Some(format!("{create} {} {reference}", order_id.unwrap_or_default()))
}
