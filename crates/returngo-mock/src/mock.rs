use api_mock_core::{Attempt, Clock, Faults, MockCore, RequestCounts, WiremockAdapter};
use returngo::{
    NewWebhook, ReturnedItemId, Rma, RmaId, Shipment, ShipmentId, ShipmentStatus, Transaction, Webhook,
};
use wiremock::MockServer;

use crate::{Inspection, Quota, Refund, Rejection, Seed, Shop, Switches};

/// A ReturnGO shop on a port of its own, for tests.
///
/// Dropping it fails the test when a request came that ReturnGO does not have.
#[derive(Debug)]
pub struct MockReturngo {
    adapter: WiremockAdapter<Shop>,
    api_key: String,
    shop: String,
}

impl MockReturngo {
    /// Starts a shop with the built-in seed.
    pub async fn start() -> Self {
        Self::start_with(Seed::default()).await
    }

    /// Starts a shop with this seed.
    pub async fn start_with(seed: Seed) -> Self {
        let (api_key, shop) = (seed.api_key.clone(), seed.shop.clone());
        Self { adapter: WiremockAdapter::start(MockCore::new(Shop::new(seed))).await, api_key, shop }
    }

    /// The base, such as `http://127.0.0.1:39251`.
    pub fn url(&self) -> String {
        self.adapter.url()
    }

    /// The wiremock server, for mocks of your own: they come first.
    pub const fn server(&self) -> &MockServer {
        self.adapter.server()
    }

    /// The key that calls must carry.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The shop that calls must name.
    pub fn shop(&self) -> &str {
        &self.shop
    }

    /// An RMA as it is now.
    pub fn rma(&self, id: &RmaId) -> Option<Rma> {
        self.core().read(|shop| shop.rmas.get(id).cloned())
    }

    /// Every RMA as it is now, by id.
    pub fn rmas(&self) -> Vec<Rma> {
        self.core().read(|shop| shop.rmas().cloned().collect())
    }

    /// Puts an RMA there, new or changed, and raises the webhooks that the difference implies.
    pub fn put_rma(&self, rma: Rma) {
        self.core().act(|shop, context| shop.put(rma, context));
    }

    /// Approves a pending request, as a person does.
    ///
    /// # Errors
    /// When there is no such RMA, or it is not pending.
    pub fn approve(&self, id: &RmaId) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.approve(id, context))
    }

    /// Cancels an RMA, as a person does.
    ///
    /// # Errors
    /// When there is no such RMA, or it is cancelled or rejected already.
    pub fn cancel(&self, id: &RmaId) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.cancel(id, context))
    }

    /// Reopens an RMA that was cancelled or rejected, as a person does.
    ///
    /// # Errors
    /// When there is no such RMA, or it is open.
    pub fn reopen(&self, id: &RmaId) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.reopen(id, context))
    }

    /// Refunds, as a person does.
    ///
    /// # Errors
    /// When there is no such RMA, or it has no such item.
    pub fn refund(&self, id: &RmaId, refund: Refund) -> Result<Transaction, Rejection> {
        self.core().act(|shop, context| shop.refund(id, refund, context))
    }

    /// Inspects every unit that comes back, as somebody at the warehouse does. Nothing tells of it: no webhook,
    /// and `lastUpdated` does not move.
    ///
    /// # Errors
    /// When there is no such RMA, or it has not arrived.
    pub fn inspect(&self, id: &RmaId, inspection: &Inspection) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.inspect(id, None, inspection, context))
    }

    /// Inspects these units.
    ///
    /// # Errors
    /// When there is no such RMA, it has not arrived, or it has no such item.
    pub fn inspect_items(
        &self,
        id: &RmaId,
        units: &[ReturnedItemId],
        inspection: &Inspection,
    ) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.inspect(id, Some(units), inspection, context))
    }

    /// Moves a parcel as live tracking does: a carrier says that it is on its way, or has arrived.
    ///
    /// # Errors
    /// When there is no such parcel, or it cannot move there.
    pub fn carrier_reports(&self, id: &ShipmentId, status: ShipmentStatus) -> Result<Shipment, Rejection> {
        self.core().act(|shop, context| shop.carrier_reports(id, status, context))
    }

    /// The webhook registrations.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.core().read(|shop| shop.webhooks.values().cloned().collect())
    }

    /// Registers a webhook.
    pub fn register(&self, webhook: NewWebhook) -> Webhook {
        self.core().act(|shop, _| shop.register(webhook))
    }

    /// Every attempt to deliver a webhook so far, in order.
    pub fn delivery_attempts(&self) -> Vec<Attempt> {
        self.core().delivery_attempts()
    }

    /// Returns when every webhook that was raised so far is delivered, or lost.
    pub async fn deliveries_settled(&self) {
        self.core().deliveries_settled().await;
    }

    /// How many requests came so far, by method and path template, such as `GET /rma/{id}`.
    pub fn requests(&self) -> RequestCounts {
        self.core().requests()
    }

    /// What goes wrong on purpose.
    pub fn faults(&self) -> &Faults {
        self.core().faults()
    }

    /// The mock's clock.
    pub fn clock(&self) -> &Clock {
        self.core().clock()
    }

    /// Sets how many calls the key may make from now on. Calls that were made count.
    pub fn set_quota(&self, quota: Quota) {
        self.core().act(|shop, _| shop.set_quota(quota));
    }

    /// Turns switches: what the mock takes as true where ReturnGO is not confirmed.
    pub fn switch(&self, turn: impl FnOnce(&mut Switches)) {
        self.core().act(|shop, _| turn(shop.switches()));
    }

    /// Goes back to the seed: data, webhooks, faults, clock, quota, switches, counters.
    pub fn reset(&self) {
        self.core().reset();
    }

    /// The core, for what has no method here.
    pub const fn core(&self) -> &MockCore<Shop> {
        self.adapter.core()
    }
}
