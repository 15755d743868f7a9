use std::{collections::BTreeMap, sync::Arc};

use api_mock_core::{Attempt, Fault, Faults, MockCore, RequestCounts, WiremockAdapter};
use brightpearl::{
    InstanceId, OrderId, PaymentId,
    accounting::CustomerPayment,
    integration::Webhook,
    order::{Order, OrderNote},
    warehouse::{GoodsInNote, GoodsMovement},
};
use jiff::{Timestamp, civil::Date};
use wiremock::MockServer;

use crate::{Account, Brightpearl, Duplicates, SaleReversal, Seed, SeedError, Switches, duplicates};

/// A Brightpearl account on a free port of the loopback interface, for one test.
///
/// Strict: dropping it fails the test if it received a request, or a part of a multi-message, to an unknown URI.
#[derive(Debug)]
pub struct MockBrightpearl {
    adapter: WiremockAdapter<Brightpearl>,
    seed: Arc<Seed>,
}

/// The configuration of a mock.
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct MockBuilder {
    start: Start,
    switches: Switches,
    faults: Vec<Fault>,
}

/// The initial account of a mock.
#[derive(Debug)]
enum Start {
    Seed(Box<Seed>),
    Account(Box<Account>),
}

impl MockBuilder {
    /// Uses this seed instead of the built-in one.
    pub fn seed(self, seed: Seed) -> Self {
        Self { start: Start::Seed(Box::new(seed)), ..self }
    }

    /// Uses this account instead of the built-in one.
    pub fn account(self, account: Account) -> Self {
        Self { start: Start::Account(Box::new(account)), ..self }
    }

    /// Changes the seed. An account that was given is built again from its changed seed.
    pub fn with(mut self, change: impl FnOnce(&mut Seed)) -> Self {
        let mut seed = match self.start {
            Start::Seed(seed) => seed,
            Start::Account(account) => Box::new(Arc::unwrap_or_clone(account.seed)),
        };
        change(&mut seed);
        self.start = Start::Seed(seed);
        self
    }

    /// Changes assumptions about Brightpearl.
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// Adds a fault before the mock starts.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Starts the mock.
    ///
    /// # Errors
    /// The seed is invalid, for example because it refers to something that it does not contain.
    pub async fn try_start(self) -> Result<MockBrightpearl, SeedError> {
        let account = match self.start {
            Start::Seed(seed) => Account::from_seed(*seed)?,
            Start::Account(account) => *account,
        };
        let seed = Arc::clone(&account.seed);
        let core = MockCore::new(Brightpearl::of(account, self.switches));
        self.faults.into_iter().for_each(|fault| core.faults().add(fault));
        Ok(MockBrightpearl { adapter: WiremockAdapter::start(core).await, seed })
    }

    /// Starts the mock.
    ///
    /// # Panics
    /// The seed is invalid. [`try_start`](Self::try_start) returns the error instead.
    #[allow(clippy::panic, reason = "set-up of a test")]
    pub async fn start(self) -> MockBrightpearl {
        match self.try_start().await {
            Ok(mock) => mock,
            Err(error) => panic!("{error}"),
        }
    }
}

impl MockBrightpearl {
    /// Starts a mock with the built-in seed.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Returns a builder for a mock, with the built-in seed by default.
    pub fn builder() -> MockBuilder {
        MockBuilder {
            start: Start::Seed(Box::new(Seed::built_in())),
            switches: Switches::default(),
            faults: Vec::new(),
        }
    }

    /// Returns the base URL, such as `http://127.0.0.1:39251`. Clients add `/public-api/{account}`.
    pub fn url(&self) -> String {
        self.adapter.url()
    }

    /// The account code.
    pub fn account(&self) -> &str {
        &self.seed.account
    }

    /// The app reference that requests must have.
    pub fn app_ref(&self) -> &str {
        &self.seed.app_ref
    }

    /// The token that requests must have.
    pub fn token(&self) -> &str {
        &self.seed.token
    }

    /// Returns the OAuth token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}/token/{}", self.url(), self.account())
    }

    /// Creates an authorization code for the token endpoint, as a user's consent with this redirect URI would.
    pub fn authorization_code(&self, redirect_uri: &str) -> String {
        self.adapter.core().act(|api, _| api.new_authorization_code(redirect_uri))
    }

    /// The caller's integration instance.
    pub fn instance_id(&self) -> InstanceId {
        self.seed.instance_id
    }

    /// Returns the number of requests so far, by message type.
    pub fn requests(&self) -> RequestCounts {
        self.adapter.core().requests()
    }

    /// Returns the pending faults.
    pub fn faults(&self) -> &Faults {
        self.adapter.core().faults()
    }

    /// Stops the clock at this time. None returns to real time.
    pub fn set_clock(&self, now: impl Into<Option<Timestamp>>) {
        self.adapter.core().clock().set(now.into());
        self.catch_up();
    }

    /// Sets the request limit per minute, which is 200 by default. None disables the throttle.
    pub fn set_throttle(&self, limit: impl Into<Option<u32>>) {
        let limit = limit.into();
        self.adapter.core().act(|api, _| api.set_throttle(limit));
    }

    /// Locks accounting up to and including a day. None unlocks it.
    pub fn lock_accounting(&self, until: impl Into<Option<Date>>) {
        let until = until.into();
        self.adapter.core().act(|api, _| api.lock_accounting(until));
    }

    /// Closes an accounting period, or opens it again. What has a date in a closed period is not posted to accounting: a
    /// payment is recorded without a journal, and a closed order stays `pending`.
    ///
    /// # Errors
    /// There is no such period.
    pub fn set_accounting_period_closed(&self, id: u64, closed: bool) -> Result<(), String> {
        self.adapter.core().act(|api, context| api.set_accounting_period_closed(id, closed, context))
    }

    /// Un-invoices an order, as staff can in Brightpearl's own screens: it is open again, without invoice reference and
    /// closing date, and its journal is reversed. The next close uses the same reference.
    ///
    /// # Errors
    /// There is no such order, it is not invoiced, or accounting is locked at the date of its invoice.
    pub fn uninvoice(&self, id: OrderId) -> Result<(), String> {
        self.adapter.core().act(|api, context| api.uninvoice(id, context))
    }

    /// Reverses a sale as Brightpearl's shop connector does when all its items are refunded in the shop before it is
    /// shipped: a payment back for each payment method, and the cancelled status five minutes later by the mock's
    /// clock. Returns the payments.
    ///
    /// ```
    /// # use brightpearl::OrderId;
    /// # use brightpearl_mock::{MockBrightpearl, SaleReversal};
    /// # #[tokio::main] async fn main() {
    /// let unshipped = |seed: &mut brightpearl_mock::Seed| {
    ///     seed.orders[0].shipped = false;
    ///     seed.orders[0].invoice_reference = None;
    /// };
    /// let mock = MockBrightpearl::builder().with(unshipped).start().await;
    /// let now: jiff::Timestamp = "2026-05-11T08:40:00Z".parse().unwrap();
    /// mock.set_clock(now);
    ///
    /// let sale = OrderId::new(300871);
    /// let payments = mock.reverse_sale(sale, &SaleReversal::default()).unwrap();
    /// assert_eq!(mock.payments_on(sale).last().map(|payment| payment.payment_id), payments.last().copied());
    /// mock.set_clock(now + jiff::SignedDuration::from_mins(5));
    /// assert_eq!(mock.order(sale).and_then(|order| order.order_status.name).as_deref(), Some("Cancelled"));
    /// # }
    /// ```
    ///
    /// # Errors
    /// The order is not a sale, is shipped, a drop shipment, refunded or cancelled, or the reference is used already.
    pub fn reverse_sale(&self, id: OrderId, reversal: &SaleReversal) -> Result<Vec<PaymentId>, String> {
        self.adapter.core().act(|api, context| api.reverse_sale(id, reversal, context))
    }

    /// Restores the seed.
    pub fn reset(&self) {
        self.adapter.core().reset();
    }

    /// Returns the wiremock server. Mocks that you mount there take precedence.
    pub const fn server(&self) -> &MockServer {
        self.adapter.server()
    }

    /// Expects only these message types from now on, until a reset, in requests and in the parts of multi-messages.
    /// Any other request is answered as usual, and fails the test when the mock is dropped.
    ///
    /// ```
    /// # #[tokio::main] async fn main() {
    /// let mock = brightpearl_mock::MockBrightpearl::start().await;
    /// mock.expect_only(["get-order", "bulk-data-search"]); // what runs now may read, and nothing else
    /// # }
    /// ```
    pub fn expect_only<M: Into<String>>(&self, message_types: impl IntoIterator<Item = M>) {
        self.adapter.core().expect_only(message_types);
    }

    /// Fails if a request to an unknown URI, or one that was not [expected](Self::expect_only), was received.
    ///
    /// # Panics
    /// An unexpected request was received. The message lists all of them.
    #[track_caller]
    pub fn assert_no_unexpected_requests(&self) {
        self.adapter.assert_no_unexpected_requests();
    }

    /// Returns when every webhook so far is delivered, lost by a fault, or given up.
    pub async fn deliveries_settled(&self) {
        self.catch_up();
        self.adapter.core().deliveries_settled().await;
    }

    /// Returns every attempt to deliver a webhook so far, in order.
    pub fn delivery_attempts(&self) -> Vec<Attempt> {
        self.adapter.core().delivery_attempts()
    }

    /// Returns all orders, by id.
    pub fn orders(&self) -> Vec<Order> {
        self.read(|account| account.orders.values().cloned().collect())
    }

    /// Returns an order.
    pub fn order(&self, id: OrderId) -> Option<Order> {
        self.read(|account| account.orders.get(&id).cloned())
    }

    /// Returns the sales credits of a sale.
    pub fn credits_of(&self, sale: OrderId) -> Vec<Order> {
        self.read(|account| {
            let orders = account.index.children(sale).filter_map(|id| account.orders.get(&id));
            orders.filter(|order| order.is_sales_credit()).cloned().collect()
        })
    }

    /// Returns the notes on an order.
    pub fn notes_of(&self, order: OrderId) -> Vec<OrderNote> {
        self.read(|account| account.order_notes.get(&order).cloned().unwrap_or_default())
    }

    /// Returns all payments, by id.
    pub fn payments(&self) -> Vec<CustomerPayment> {
        self.read(|account| account.payments.values().cloned().collect())
    }

    /// Returns the payments on an order.
    pub fn payments_on(&self, order: OrderId) -> Vec<CustomerPayment> {
        self.read(|account| account.payments_on(order).cloned().collect())
    }

    /// Returns the sales credits of each `externalRef`. More than one is a duplicate.
    pub fn credits_by_external_ref(&self) -> BTreeMap<String, Vec<OrderId>> {
        self.read(duplicates::credits_by_external_ref)
    }

    /// Returns the payments of each `transactionRef`, regardless of their method. More than one is a duplicate.
    pub fn payments_by_reference(&self) -> BTreeMap<String, Vec<PaymentId>> {
        self.read(duplicates::payments_by_reference)
    }

    /// Returns the credits and payments that exist more than once.
    pub fn duplicates(&self) -> Duplicates {
        self.read(duplicates::find)
    }

    /// Returns all goods-in notes, by id.
    pub fn goods_in_notes(&self) -> Vec<GoodsInNote> {
        self.read(|account| account.goods_in_notes.values().cloned().collect())
    }

    /// Returns all goods movements, in order.
    pub fn movements(&self) -> Vec<GoodsMovement> {
        self.read(|account| account.movements.clone())
    }

    /// Returns all webhook subscriptions.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.read(|account| account.webhooks.values().cloned().collect())
    }

    fn read<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        self.catch_up();
        self.adapter.core().read(|api| look(api.account()))
    }

    /// Makes the changes that the account itself makes over time.
    fn catch_up(&self) {
        self.adapter.core().act(|api, context| api.catch_up(context));
    }
}
