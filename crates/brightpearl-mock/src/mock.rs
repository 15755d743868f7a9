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

use crate::{Account, Brightpearl, Duplicates, Seed, SeedError, Switches, duplicates};

/// A Brightpearl account on a free port of the loopback interface, for one test.
///
/// Strict: dropping it fails the test when a request, or a part of a multi-message, came that the mock does not
/// know.
#[derive(Debug)]
pub struct MockBrightpearl {
    adapter: WiremockAdapter<Brightpearl>,
    seed: Arc<Seed>,
}

/// What a mock is to be before it starts.
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct MockBuilder {
    start: Start,
    switches: Switches,
    faults: Vec<Fault>,
}

/// What a mock shows at first.
#[derive(Debug)]
enum Start {
    Seed(Box<Seed>),
    Account(Box<Account>),
}

impl MockBuilder {
    /// Another seed than the built-in one.
    pub fn seed(self, seed: Seed) -> Self {
        Self { start: Start::Seed(Box::new(seed)), ..self }
    }

    /// An account that was built, instead of the built-in one.
    pub fn account(self, account: Account) -> Self {
        Self { start: Start::Account(Box::new(account)), ..self }
    }

    /// Changes the seed, or the seed of the account, which is then built anew.
    pub fn with(mut self, change: impl FnOnce(&mut Seed)) -> Self {
        let mut seed = match self.start {
            Start::Seed(seed) => seed,
            Start::Account(account) => Box::new(Arc::unwrap_or_clone(account.seed)),
        };
        change(&mut seed);
        self.start = Start::Seed(seed);
        self
    }

    /// Other assumptions about what is not known of Brightpearl.
    pub fn switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// A fault that waits from the start.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Starts the mock.
    ///
    /// # Errors
    /// When the seed refers to something that it does not have.
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
    /// When the seed refers to something that it does not have; [`try_start`](Self::try_start) tells instead.
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

    /// A mock to be: the built-in seed, until told otherwise.
    pub fn builder() -> MockBuilder {
        MockBuilder {
            start: Start::Seed(Box::new(Seed::built_in())),
            switches: Switches::default(),
            faults: Vec::new(),
        }
    }

    /// The base, such as `http://127.0.0.1:39251`; clients add `/public-api/{account}`.
    pub fn url(&self) -> String {
        self.adapter.url()
    }

    /// The account code.
    pub fn account(&self) -> &str {
        &self.seed.account
    }

    /// The app reference that requests must carry.
    pub fn app_ref(&self) -> &str {
        &self.seed.app_ref
    }

    /// The token that requests must carry.
    pub fn token(&self) -> &str {
        &self.seed.token
    }

    /// The OAuth token end point.
    pub fn token_url(&self) -> String {
        format!("{}/token/{}", self.url(), self.account())
    }

    /// A code for the token end point, as the consent of a user who is sent back to this URI would make one.
    pub fn authorization_code(&self, redirect_uri: &str) -> String {
        self.adapter.core().act(|api, _| api.new_authorization_code(redirect_uri))
    }

    /// The caller's integration instance.
    pub fn instance_id(&self) -> InstanceId {
        self.seed.instance_id
    }

    /// How many requests came so far, by message type.
    pub fn requests(&self) -> RequestCounts {
        self.adapter.core().requests()
    }

    /// The faults that are waiting to strike.
    pub fn faults(&self) -> &Faults {
        self.adapter.core().faults()
    }

    /// Stops the clock at this time, or lets it run in real time again.
    pub fn set_clock(&self, now: impl Into<Option<Timestamp>>) {
        self.adapter.core().clock().set(now.into());
    }

    /// So many requests in a minute; none switches the throttle off. The default is 200.
    pub fn set_throttle(&self, limit: impl Into<Option<u32>>) {
        let limit = limit.into();
        self.adapter.core().act(|api, _| api.set_throttle(limit));
    }

    /// Locks the books up to a day, that day included, or opens them.
    pub fn lock_accounting(&self, until: impl Into<Option<Date>>) {
        let until = until.into();
        self.adapter.core().act(|api, _| api.lock_accounting(until));
    }

    /// Back to the seed.
    pub fn reset(&self) {
        self.adapter.core().reset();
    }

    /// The wiremock server, for mocks of your own: they come first.
    pub const fn server(&self) -> &MockServer {
        self.adapter.server()
    }

    /// From now on only these message types are expected, in requests and in the parts of multi-messages: any other
    /// is answered as ever, and fails the test when the mock is dropped. A reset forgets it.
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

    /// Fails when a request came that the mock does not know, or that was not [expected](Self::expect_only).
    ///
    /// # Panics
    /// When one did; the message shows all of them.
    #[track_caller]
    pub fn assert_no_unexpected_requests(&self) {
        self.adapter.assert_no_unexpected_requests();
    }

    /// Returns when every webhook that was raised so far is delivered, lost on purpose, or given up.
    pub async fn deliveries_settled(&self) {
        self.adapter.core().deliveries_settled().await;
    }

    /// Every attempt to deliver a webhook so far, in order.
    pub fn delivery_attempts(&self) -> Vec<Attempt> {
        self.adapter.core().delivery_attempts()
    }

    /// All orders, by id.
    pub fn orders(&self) -> Vec<Order> {
        self.read(|account| account.orders.values().cloned().collect())
    }

    /// One order.
    pub fn order(&self, id: OrderId) -> Option<Order> {
        self.read(|account| account.orders.get(&id).cloned())
    }

    /// The sales credits of a sale.
    pub fn credits_of(&self, sale: OrderId) -> Vec<Order> {
        self.read(|account| {
            let orders = account.index.children(sale).filter_map(|id| account.orders.get(&id));
            orders.filter(|order| order.is_sales_credit()).cloned().collect()
        })
    }

    /// The notes on an order.
    pub fn notes_of(&self, order: OrderId) -> Vec<OrderNote> {
        self.read(|account| account.order_notes.get(&order).cloned().unwrap_or_default())
    }

    /// All payments, by id.
    pub fn payments(&self) -> Vec<CustomerPayment> {
        self.read(|account| account.payments.values().cloned().collect())
    }

    /// The payments on an order.
    pub fn payments_on(&self, order: OrderId) -> Vec<CustomerPayment> {
        self.read(|account| account.payments_on(order).cloned().collect())
    }

    /// The sales credits of each `externalRef`: more than one is one too many.
    pub fn credits_by_external_ref(&self) -> BTreeMap<String, Vec<OrderId>> {
        self.read(duplicates::credits_by_external_ref)
    }

    /// The payments of each `transactionRef`, whichever method they went by: more than one is one too many.
    pub fn payments_by_reference(&self) -> BTreeMap<String, Vec<PaymentId>> {
        self.read(duplicates::payments_by_reference)
    }

    /// Credits and payments that are there more than once.
    pub fn duplicates(&self) -> Duplicates {
        self.read(duplicates::find)
    }

    /// All goods-in notes, by id.
    pub fn goods_in_notes(&self) -> Vec<GoodsInNote> {
        self.read(|account| account.goods_in_notes.values().cloned().collect())
    }

    /// All goods movements, in order.
    pub fn movements(&self) -> Vec<GoodsMovement> {
        self.read(|account| account.movements.clone())
    }

    /// All webhook subscriptions.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.read(|account| account.webhooks.values().cloned().collect())
    }

    fn read<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        self.adapter.core().read(|api| look(api.account()))
    }
}
