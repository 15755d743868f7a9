//! What webhooks name, and which RMAs are due because of them. A webhook carries no state: it says where to look.

pub(crate) mod naming;
mod not_yet;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use returngo::{Notification, RmaId};

use returngo_brightpearl_sync::ReadError;

use crate::{
    connection::Connection,
    failpoints::{Failpoint, Failpoints},
    skipped::Skipped,
    store::{Cause, Source, Store, StoreError, StoredDelivery, SweepName, UnreadableKind},
};
use naming::Named;
use not_yet::NotYet;

/// What became of waiting webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InboxResult {
    /// Webhooks.
    pub deliveries: usize,
    /// RMAs that are due because of them.
    pub due: usize,
    /// How many of them name what Brightpearl does not show yet, so that they are handled again.
    pub again: usize,
    /// How many of them did not say what they are about, or named too much, so that a sweep looks.
    pub unclear: usize,
}

/// After how long a sweep looks for what a webhook did not say: one sweep then does for all that come together.
const SWEPT_AFTER: Duration = Duration::from_secs(10);

/// Why waiting webhooks could not be handled; they go on waiting.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What they name could not be looked up.
    #[error("what webhooks name cannot be looked up")]
    Lookup(#[source] ReadError),
}

impl Connection {
    /// Marks as due what these webhooks of this connection name, and the webhooks as handled. Those that name what
    /// Brightpearl does not show yet are handled again later, a few times.
    ///
    /// # Errors
    /// When the store or Brightpearl fails: the webhooks go on waiting.
    pub async fn handle(
        &self,
        deliveries: &[StoredDelivery],
        store: &Store,
        failpoints: &dyn Failpoints,
        now: Timestamp,
    ) -> Result<InboxResult, InboxError> {
        failpoints.reached(Failpoint::DeliveriesRead);
        let mut due: BTreeMap<RmaId, Cause> = BTreeMap::new();
        let mut named = Named::default();
        let mut looked_up = Vec::new();
        let mut unclear = Vec::new();
        let mut skipped = Skipped::of(&self.id);
        let mut handled = deliveries.to_vec();
        for (number, stored) in deliveries.iter().enumerate() {
            let body = stored.delivery.body.as_bytes();
            match stored.delivery.source {
                Source::Returngo => match Notification::parse(body) {
                    Ok(Notification { rma_id: Some(rma), .. }) => drop(due.insert(rma, Cause::Returngo)),
                    Ok(_) => unclear.push(SweepName::Returngo),
                    Err(error) => {
                        skipped.add(UnreadableKind::Webhook, "from ReturnGO", &error);
                        unclear.push(SweepName::Returngo);
                    }
                },
                Source::Brightpearl => match brightpearl::integration::Notification::parse(body) {
                    Ok(notification) if notification.ids.is_empty() => unclear.push(SweepName::Brightpearl),
                    Ok(notification) if named.add(&notification) => looked_up.push((number, notification)),
                    Ok(notification) => {
                        let ids = notification.ids.len();
                        tracing::info!(connection = %self.id, webhook = %stored.id, ids, "too many ids: swept instead");
                        unclear.push(SweepName::Brightpearl);
                    }
                    Err(error) => {
                        skipped.add(UnreadableKind::Webhook, "from Brightpearl", &error);
                        unclear.push(SweepName::Brightpearl);
                    }
                },
            }
        }
        let mut not_yet = NotYet::default();
        for rma in self.rmas_named(named, store, &mut not_yet, &mut skipped).await? {
            due.entry(rma).or_insert(Cause::Brightpearl);
        }
        let mut asked_again = Vec::new();
        for (number, notification) in &looked_up {
            let objects = not_yet.named_by(notification);
            let (Some(&object), Some(stored)) = (objects.first(), handled.get_mut(*number)) else { continue };
            let wait = not_yet::wait_after(stored);
            stored.again_at = wait.map(|wait| now.saturating_add(wait).unwrap_or(Timestamp::MAX));
            let (webhook, tries, why) = (&stored.id, stored.tries + 1, not_yet.why(object));
            let (kind, object_id) = (object.0.in_words(), object.1);
            if let Some(wait) = wait {
                asked_again.extend(objects);
                let seconds = wait.as_secs();
                tracing::info!(
                    connection = %self.id, %webhook, object = object_id, tries,
                    "{kind} not shown yet, asked for again in {seconds} seconds: {why}"
                );
            } else {
                unclear.push(SweepName::Brightpearl);
                tracing::warn!(
                    connection = %self.id, %webhook, object = object_id, tries,
                    "{kind} still not shown, left to the sweep: {why}"
                );
            }
        }
        for (kind, id) in asked_again {
            not_yet.forget(kind, id);
        }
        not_yet.skip(&mut skipped);
        let due: Vec<(RmaId, Cause)> = due.into_iter().collect();
        let swept_at = now.saturating_add(SWEPT_AFTER).unwrap_or(Timestamp::MAX);
        for sweep in SweepName::ALL.into_iter().filter(|sweep| unclear.contains(sweep)) {
            store.expedite_sweep(&self.id, sweep, swept_at).await?;
        }
        skipped.store(store, now).await?;
        failpoints.reached(Failpoint::SkippedStored);
        store.finish_deliveries(&self.id, &handled, &due, now).await?;
        failpoints.reached(Failpoint::DeliveriesResolved);
        let again = handled.iter().filter(|stored| stored.again_at.is_some()).count();
        Ok(InboxResult { deliveries: deliveries.len(), due: due.len(), again, unclear: unclear.len() })
    }
}
