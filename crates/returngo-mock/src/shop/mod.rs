//! The shop's state and its changes.

pub(crate) mod actions;
mod inspection;
pub(crate) mod timeline;
pub(crate) mod transitions;
mod webhook_payloads;

use std::collections::{BTreeMap, BTreeSet};

use api_mock_core::Context;
use returngo::{
    NewWebhook, Rma, RmaId, Shipment, ShipmentId, ShipmentStatus, TransactionId, Webhook, WebhookId,
};

use self::webhook_payloads::WebhookPayload;
pub use self::{actions::Refund, inspection::Inspection};
use crate::{Quota, Rejection, Seed, Switches, gateway::Gateway, quota::Usage};

/// A ReturnGO shop: its RMAs, webhooks and quota. Wrap it in a [`MockCore`](crate::MockCore) to serve it.
#[derive(Debug)]
pub struct Shop {
    pub(crate) seed: Seed,
    pub(crate) rmas: BTreeMap<RmaId, Rma>,
    pub(crate) webhooks: BTreeMap<WebhookId, Webhook>,
    /// Tracking numbers that were registered with ReturnGO.
    pub(crate) followed: BTreeSet<String>,
    webhooks_created: u64,
    /// The highest transaction number so far. The number of a removed transaction is not assigned again.
    last_transaction: u64,
    pub(crate) quota: Quota,
    pub(crate) usage: Usage,
    pub(crate) switches: Switches,
    pub(crate) gateway: Gateway,
}

impl Shop {
    /// Creates a shop from a seed.
    pub fn new(seed: Seed) -> Self {
        Self {
            rmas: seed.rmas.iter().map(|rma| (rma.id().clone(), rma.clone())).collect(),
            webhooks: BTreeMap::new(),
            followed: BTreeSet::new(),
            webhooks_created: 0,
            last_transaction: 0,
            quota: Quota::default(),
            usage: Usage::default(),
            switches: Switches::default(),
            gateway: Gateway::default(),
            seed,
        }
    }

    /// Returns all RMAs, by id.
    pub fn rmas(&self) -> impl Iterator<Item = &Rma> {
        self.rmas.values()
    }

    /// Sets the quota.
    pub const fn set_quota(&mut self, quota: Quota) {
        self.quota = quota;
    }

    /// Returns the switches: the mock's unconfirmed assumptions about ReturnGO.
    pub const fn switches(&mut self) -> &mut Switches {
        &mut self.switches
    }

    pub(crate) fn rma(&self, id: &RmaId) -> Result<&Rma, Rejection> {
        self.rmas.get(id).ok_or_else(|| Rejection::not_found("RMA", id))
    }

    /// Stores an RMA and sends the webhooks that the difference to the stored one implies.
    pub fn put(&mut self, rma: Rma, context: &mut Context) {
        let before = self.rmas.insert(rma.id().clone(), rma.clone());
        for payload in webhook_payloads::of_change(before.as_ref(), &rma) {
            self.deliver(payload, context);
        }
    }

    fn deliver(&self, payload: WebhookPayload, context: &mut Context) {
        for delivery in payload.deliveries(self.webhooks.values(), &self.switches) {
            context.deliver(delivery);
        }
    }

    /// Updates the status of a parcel, and of its RMA, as a carrier does through live tracking.
    ///
    /// # Errors
    /// There is no such parcel, or its status cannot change to this one.
    pub fn carrier_reports(
        &mut self,
        id: &ShipmentId,
        status: ShipmentStatus,
        context: &mut Context,
    ) -> Result<Shipment, Rejection> {
        let rma_id = self.rma_of_shipment(id)?;
        let (switches, now) = (self.switches.clone(), context.now);
        let parcel = self
            .change(&rma_id, context, |rma| transitions::follow_carrier(rma, id, status, &switches, now))?;
        if parcel.tracking_number.as_ref().is_some_and(|number| self.followed.contains(number)) {
            self.deliver(WebhookPayload::about_tracker(&parcel, &rma_id), context);
        }
        Ok(parcel)
    }

    /// Changes an RMA. A rejected change stores nothing and sends no webhook.
    pub(crate) fn change<T>(
        &mut self,
        id: &RmaId,
        context: &mut Context,
        change: impl FnOnce(&mut Rma) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let mut rma = self.rma(id)?.clone();
        let result = change(&mut rma)?;
        self.put(rma, context);
        Ok(result)
    }

    pub(crate) fn rma_of_shipment(&self, id: &ShipmentId) -> Result<RmaId, Rejection> {
        let holds = |rma: &&Rma| rma.shipments.iter().any(|shipment| shipment.shipment_id == *id);
        let rma = self.rmas.values().find(holds).ok_or_else(|| Rejection::not_found("shipment", id))?;
        Ok(rma.id().clone())
    }

    pub(crate) fn rma_of_transaction(&self, id: &TransactionId) -> Result<RmaId, Rejection> {
        let holds = |rma: &&Rma| rma.transactions.iter().any(|transaction| transaction.id == *id);
        let rma = self.rmas.values().find(holds).ok_or_else(|| Rejection::not_found("transaction", id))?;
        Ok(rma.id().clone())
    }

    /// Registers a webhook.
    pub fn register(&mut self, NewWebhook { url, event_name }: NewWebhook) -> Webhook {
        self.webhooks_created += 1;
        let id = WebhookId::new((11_900 + self.webhooks_created).to_string());
        let webhook = Webhook { id, url, event_name };
        self.webhooks.insert(webhook.id.clone(), webhook.clone());
        webhook
    }

    /// Assigns the next transaction id. Ids ascend over all RMAs.
    fn next_transaction_number(&mut self) -> u64 {
        let transactions = self.rmas.values().flat_map(|rma| &rma.transactions);
        let numbers = transactions.filter_map(|transaction| transaction.id.as_str().parse::<u64>().ok());
        let last = numbers.max().unwrap_or(778_119).max(self.last_transaction);
        self.last_transaction = last + 1;
        self.last_transaction
    }
}
