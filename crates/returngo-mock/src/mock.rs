use api_mock_core::{Attempt, Clock, Faults, MockCore, RequestCounts, WiremockAdapter};
use returngo::{
    NewWebhook, ReturnedItemId, Rma, RmaId, Shipment, ShipmentId, ShipmentStatus, Transaction, Webhook,
};
use wiremock::MockServer;

use crate::{Inspection, Quota, Refund, Rejection, Seed, Shop, Switches};

/// A ReturnGO shop on a free port of the loopback interface, for one test.
///
/// Dropping it fails the test if it received a request to an unknown URI.
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

    /// Returns the base URL, such as `http://127.0.0.1:39251`.
    pub fn url(&self) -> String {
        self.adapter.url()
    }

    /// Returns the wiremock server. Mocks that you mount there take precedence.
    pub const fn server(&self) -> &MockServer {
        self.adapter.server()
    }

    /// The API key that requests must carry.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Returns the shop domain that requests must carry.
    pub fn shop(&self) -> &str {
        &self.shop
    }

    /// Returns the current state of an RMA.
    pub fn rma(&self, id: &RmaId) -> Option<Rma> {
        self.core().read(|shop| shop.rmas.get(id).cloned())
    }

    /// Returns the current state of all RMAs, by id.
    pub fn rmas(&self) -> Vec<Rma> {
        self.core().read(|shop| shop.rmas().cloned().collect())
    }

    /// Stores a new or changed RMA and sends the webhooks that the difference implies.
    pub fn put_rma(&self, rma: Rma) {
        self.core().act(|shop, context| shop.put(rma, context));
    }

    /// Approves a pending request, as a user does in the dashboard.
    ///
    /// # Errors
    /// There is no such RMA, or it is not pending.
    pub fn approve(&self, id: &RmaId) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.approve(id, context))
    }

    /// Cancels an RMA, as a user does in the dashboard.
    ///
    /// # Errors
    /// There is no such RMA, or it is already cancelled or rejected.
    pub fn cancel(&self, id: &RmaId) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.cancel(id, context))
    }

    /// Reopens a cancelled or rejected RMA, as a user does in the dashboard.
    ///
    /// # Errors
    /// There is no such RMA, or it is open.
    pub fn reopen(&self, id: &RmaId) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.reopen(id, context))
    }

    /// Refunds, as a user does in the dashboard.
    ///
    /// # Errors
    /// There is no such RMA, or it does not have the item.
    pub fn refund(&self, id: &RmaId, refund: Refund) -> Result<Transaction, Rejection> {
        self.core().act(|shop, context| shop.refund(id, refund, context))
    }

    /// Inspects all returned units, as the warehouse does. ReturnGO sends no webhook, and `lastUpdated` does not
    /// change.
    ///
    /// # Errors
    /// There is no such RMA, or it has not arrived.
    pub fn inspect(&self, id: &RmaId, inspection: &Inspection) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.inspect(id, None, inspection, context))
    }

    /// Inspects these units.
    ///
    /// # Errors
    /// There is no such RMA, it has not arrived, or it does not have the item.
    pub fn inspect_items(
        &self,
        id: &RmaId,
        units: &[ReturnedItemId],
        inspection: &Inspection,
    ) -> Result<Rma, Rejection> {
        self.core().act(|shop, context| shop.inspect(id, Some(units), inspection, context))
    }

    /// Updates a parcel's status as a carrier does through live tracking.
    ///
    /// # Errors
    /// There is no such parcel, or its status cannot change to this one.
    pub fn carrier_reports(&self, id: &ShipmentId, status: ShipmentStatus) -> Result<Shipment, Rejection> {
        self.core().act(|shop, context| shop.carrier_reports(id, status, context))
    }

    /// Returns the webhook registrations.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.core().read(|shop| shop.webhooks.values().cloned().collect())
    }

    /// Registers a webhook.
    pub fn register(&self, webhook: NewWebhook) -> Webhook {
        self.core().act(|shop, _| shop.register(webhook))
    }

    /// Returns every attempt to deliver a webhook so far, in order.
    pub fn delivery_attempts(&self) -> Vec<Attempt> {
        self.core().delivery_attempts()
    }

    /// Returns when every webhook so far is delivered or lost.
    pub async fn deliveries_settled(&self) {
        self.core().deliveries_settled().await;
    }

    /// Returns the number of requests so far, by method and path template, such as `GET /rma/{id}`.
    pub fn requests(&self) -> RequestCounts {
        self.core().requests()
    }

    /// Returns the injected faults.
    pub fn faults(&self) -> &Faults {
        self.core().faults()
    }

    /// Returns the mock's clock.
    pub fn clock(&self) -> &Clock {
        self.core().clock()
    }

    /// Sets the quota. Earlier calls count towards it.
    pub fn set_quota(&self, quota: Quota) {
        self.core().act(|shop, _| shop.set_quota(quota));
    }

    /// Changes switches: the mock's unconfirmed assumptions about ReturnGO.
    pub fn switch(&self, turn: impl FnOnce(&mut Switches)) {
        self.core().act(|shop, _| turn(shop.switches()));
    }

    /// Restores the seed: data, webhooks, faults, clock, quota, switches and counts.
    pub fn reset(&self) {
        self.core().reset();
    }

    /// Returns the core, for everything without a method here.
    pub const fn core(&self) -> &MockCore<Shop> {
        self.adapter.core()
    }
}
