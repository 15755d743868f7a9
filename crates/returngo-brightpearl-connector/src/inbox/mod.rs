//! What webhooks name, and which RMAs are due because of them. A webhook carries no state: it says where to look.

mod naming;

use std::collections::BTreeSet;

use jiff::Timestamp;
use returngo::RmaId;

use returngo_brightpearl_reader::ReadError;

use crate::{
    connection::Connection,
    ledger::{Ledger, LedgerError, Source, StoredDelivery},
    probe::{Point, Probe},
};
use naming::Named;

/// What became of waiting webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Handled {
    /// Webhooks.
    pub deliveries: usize,
    /// RMAs that are due because of them.
    pub due: usize,
    /// Whether one of them did not say what it is about, so that a sweep should look.
    pub needs_sweep: bool,
}

/// Why waiting webhooks could not be handled; they go on waiting.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What they name could not be looked up.
    #[error("what webhooks name cannot be looked up")]
    Lookup(#[source] ReadError),
}

impl Connection {
    /// Marks as due what these webhooks of this connection name, and the webhooks as handled.
    ///
    /// # Errors
    /// When the ledger or Brightpearl fails: the webhooks go on waiting.
    pub async fn handle(
        &self,
        deliveries: &[StoredDelivery],
        ledger: &dyn Ledger,
        probe: &dyn Probe,
        now: Timestamp,
    ) -> Result<Handled, InboxError> {
        probe.reached(Point::DeliveriesRead);
        let mut due: BTreeSet<RmaId> = BTreeSet::new();
        let mut named = Named::default();
        let mut needs_sweep = false;
        for stored in deliveries {
            let body = stored.delivery.body.as_bytes();
            match stored.delivery.source {
                Source::Returngo => match returngo::webhook::Notification::parse(body) {
                    Ok(notification) => {
                        needs_sweep |= notification.rma_id.is_none();
                        due.extend(notification.rma_id);
                    }
                    Err(_) => needs_sweep = true,
                },
                Source::Brightpearl => match brightpearl::integration::Notification::parse(body) {
                    Ok(notification) => named.add(&notification),
                    Err(_) => needs_sweep = true,
                },
            }
        }
        due.extend(self.rmas_named(named, ledger).await?);
        let due: Vec<RmaId> = due.into_iter().collect();
        ledger.resolve(&self.id, deliveries, &due, now).await?;
        probe.reached(Point::DeliveriesResolved);
        Ok(Handled { deliveries: deliveries.len(), due: due.len(), needs_sweep })
    }
}
