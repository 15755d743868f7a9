//! The shop's state, and what happens in it.

mod actions;
pub(crate) mod movement;
mod notices;
pub(crate) mod timeline;

use std::collections::BTreeMap;

use api_mock_core::Context;
use returngo::{NewWebhook, Rma, RmaId, ShipmentId, TransactionId, Webhook, WebhookId};

pub use self::actions::Refund;
use crate::{Quota, Rejected, Seed, Switches, aws::Gateway, quota::Usage};

/// A ReturnGO shop: its RMAs, its webhooks, the quota of its key. Put a
/// [`MockCore`](crate::MockCore) around it to serve it.
#[derive(Debug)]
pub struct Shop {
    pub(crate) seed: Seed,
    pub(crate) rmas: BTreeMap<RmaId, Rma>,
    pub(crate) webhooks: BTreeMap<WebhookId, Webhook>,
    webhooks_ever: u64,
    pub(crate) quota: Quota,
    pub(crate) usage: Usage,
    pub(crate) switches: Switches,
    pub(crate) gateway: Gateway,
}

impl Shop {
    /// A shop as its seed says.
    pub fn new(seed: Seed) -> Self {
        Self {
            rmas: seed.rmas.iter().map(|rma| (rma.id().clone(), rma.clone())).collect(),
            webhooks: BTreeMap::new(),
            webhooks_ever: 0,
            quota: Quota::default(),
            usage: Usage::default(),
            switches: Switches::default(),
            gateway: Gateway::default(),
            seed,
        }
    }

    pub(crate) fn rma(&self, id: &RmaId) -> Result<&Rma, Rejected> {
        self.rmas.get(id).ok_or_else(|| Rejected::not_found("RMA", id))
    }

    /// Stores an RMA and raises the webhooks that the difference to the stored one implies.
    pub(crate) fn put(&mut self, rma: Rma, context: &mut Context) {
        let before = self.rmas.insert(rma.id().clone(), rma.clone());
        for notice in notices::between(before.as_ref(), &rma) {
            for delivery in notice.deliveries(self.webhooks.values(), &self.switches) {
                context.deliver(delivery);
            }
        }
    }

    /// Changes an RMA; when the change is rejected, nothing is stored and nobody told.
    pub(crate) fn change<T>(
        &mut self,
        id: &RmaId,
        context: &mut Context,
        change: impl FnOnce(&mut Rma) -> Result<T, Rejected>,
    ) -> Result<T, Rejected> {
        let mut rma = self.rma(id)?.clone();
        let result = change(&mut rma)?;
        self.put(rma, context);
        Ok(result)
    }

    pub(crate) fn rma_of_shipment(&self, id: &ShipmentId) -> Result<RmaId, Rejected> {
        let holds = |rma: &&Rma| rma.shipments.iter().any(|shipment| shipment.shipment_id == *id);
        let rma = self.rmas.values().find(holds).ok_or_else(|| Rejected::not_found("shipment", id))?;
        Ok(rma.id().clone())
    }

    pub(crate) fn rma_of_transaction(&self, id: &TransactionId) -> Result<RmaId, Rejected> {
        let holds = |rma: &&Rma| rma.transactions.iter().any(|transaction| transaction.id == *id);
        let rma = self.rmas.values().find(holds).ok_or_else(|| Rejected::not_found("transaction", id))?;
        Ok(rma.id().clone())
    }

    pub(crate) fn register(&mut self, NewWebhook { url, event_name }: NewWebhook) -> Webhook {
        self.webhooks_ever += 1;
        let id = WebhookId::new((11_900 + self.webhooks_ever).to_string());
        let webhook = Webhook { id, url, event_name };
        self.webhooks.insert(webhook.id.clone(), webhook.clone());
        webhook
    }

    /// Ids count up over all RMAs.
    fn next_transaction_number(&self) -> u64 {
        let transactions = self.rmas.values().flat_map(|rma| &rma.transactions);
        let numbers = transactions.filter_map(|transaction| transaction.id.as_str().parse::<u64>().ok());
        numbers.max().map_or(778_120, |last| last + 1)
    }
}
