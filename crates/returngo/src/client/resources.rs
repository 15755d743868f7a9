//! One handle for each resource.

use super::Client;
use crate::{rma, shipment, transaction, webhook};

impl Client {
    /// RMAs.
    pub fn rmas(&self) -> rma::Rmas<'_> {
        rma::Rmas(self)
    }

    /// Parcels of RMAs.
    pub fn shipments(&self) -> shipment::Shipments<'_> {
        shipment::Shipments(self)
    }

    /// Refunds, payments and the other transactions of RMAs.
    pub fn transactions(&self) -> transaction::Transactions<'_> {
        transaction::Transactions(self)
    }

    /// Webhook registrations.
    pub fn webhooks(&self) -> webhook::Webhooks<'_> {
        webhook::Webhooks(self)
    }
}
