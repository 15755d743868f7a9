//! An account with sales orders that several returns are for, one or two shops on it, and connectors that share a store.

use std::sync::Arc;

use brightpearl::{
    OffsetDateTime, OrderId, PaymentMethodCode,
    accounting::{NewCustomerPayment, PaymentType},
    order::{NewCreditRow, NewSalesCredit, Order},
};
use brightpearl_mock::{
    Account, MockBrightpearl, SeedChannel, SeedContact, SeedNominalCode, SeedOrder, SeedPaymentMethod,
    SeedProduct, SeedRow, SeedStock, Switches,
};
use jiff::SignedDuration;
use returngo::RmaId;
use returngo_brightpearl_connector::{
    configuration::{BrightpearlAccess, BrightpearlToken, ConnectionConfiguration, ReturngoAccess, Secret},
    engine::Policy,
    failpoints::NoFailpoints,
    service::Service,
    store::{self, Cause, ConnectionId, Job, Store},
};
use returngo_brightpearl_mapping::{ConnectionSettings, keys};
use returngo_mock::{ItemBuilder, MockReturngo, Refund, RmaBuilder, Seed};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    store::databases::Database,
    support::{Time, service, work_until_nothing_is_due},
};

const CUSTOMER: u64 = 5012;
const SHIRT: u64 = 2044;
pub(super) const ORDER: OrderId = OrderId::new(300_871);
/// The shop's ids of the order and of its line.
const SHOP_ORDER: &str = "7000000000871";
const SHOP_LINE: &str = "81000001";

pub(super) struct Site {
    pub(super) brightpearl: MockBrightpearl,
    pub(super) returngo: MockReturngo,
    pub(super) time: Time,
    _database: Database,
    pub(super) store: Arc<Store>,
    pub(super) acme: ConnectionId,
}

pub(super) fn id(number: u64) -> RmaId {
    number.to_string().parse().unwrap()
}

/// An RMA of so many shirts of the order.
pub(super) fn rma(number: u64, shirts: usize) -> RmaBuilder {
    of_order(number, shirts, SHOP_ORDER, SHOP_LINE)
}

pub(super) fn of_order(number: u64, shirts: usize, order: &str, line: &str) -> RmaBuilder {
    let shirt = ItemBuilder::new("LS-M", Decimal::from(40)).tax(Decimal::new(667, 2)).line(line);
    RmaBuilder::new(number).order("AC2045", order).item(shirt.units(shirts))
}

fn account() -> Account {
    let row = SeedRow::product(SHIRT, 3, 100, 20, "T20").external_ref(SHOP_LINE);
    let order = SeedOrder::sale(ORDER.get(), CUSTOMER).reference("#AC2045").channel(9).row(row).shipped();
    Account::builder()
        .nominal_codes([
            SeedNominalCode::bank(54, "1210", "Card settlement"),
            SeedNominalCode::new(60, "4905", "Refund adjustments"),
        ])
        .payment_methods([SeedPaymentMethod::new(7, "STRIPE_UK", "Stripe UK").bank_account("GBP", "1210")])
        .channels([SeedChannel::new(9, "Web shop")])
        .contacts([SeedContact::customer(CUSTOMER, "Ada", "Example", "ada@example.test")])
        .products([SeedProduct::tracked(SHIRT, "LS-M", "Linen shirt M").cost(12)])
        .stock([SeedStock::new(SHIRT, 2, 10_000)])
        .orders([SeedOrder { external_ref: Some(SHOP_ORDER.to_owned()), ..order }])
        .build()
        .unwrap()
}

async fn shop_of(name: &str, rmas: Vec<RmaBuilder>) -> MockReturngo {
    let rmas = rmas.into_iter().map(|rma| rma.build().unwrap()).collect();
    let shop =
        MockReturngo::start_with(Seed { rmas, shop: format!("{name}.example.test"), ..Seed::default() })
            .await;
    shop.set_quota(returngo_mock::Quota { per_second: None, per_day: None });
    shop
}

impl Site {
    pub(super) async fn open(rmas: Vec<RmaBuilder>, settings: Value) -> Self {
        Self::with(rmas, settings, Switches::default()).await
    }

    /// With searches that lag behind writes, say.
    pub(super) async fn with(rmas: Vec<RmaBuilder>, settings: Value, switches: Switches) -> Self {
        let brightpearl = MockBrightpearl::builder().account(account()).switches(switches).start().await;
        brightpearl.set_throttle(None);
        let returngo = shop_of("acmeoutdoors", rmas).await;
        let database = Database::sqlite();
        let store = store::open(&database.url).await.unwrap();
        let time = Time::at("2026-05-09T10:15:20Z".parse().unwrap());
        let acme = "acme".parse().unwrap();
        let site = Self { brightpearl, returngo, time, _database: database, store, acme };
        site.pass(SignedDuration::ZERO).await;
        site.connect(&site.acme, &site.returngo, settings).await;
        for rma in site.returngo.rmas() {
            site.returngo.approve(rma.id()).unwrap();
        }
        site
    }

    pub(super) async fn pass(&self, time: SignedDuration) {
        self.time.pass(time).await;
        self.brightpearl.set_clock(self.time.now());
        self.returngo.clock().set(Some(self.time.now()));
    }

    /// A further shop on the same account.
    pub(super) async fn further_shop(
        &self,
        name: &str,
        rmas: Vec<RmaBuilder>,
    ) -> (ConnectionId, MockReturngo) {
        let shop = shop_of(name, rmas).await;
        shop.clock().set(Some(self.time.now()));
        let id: ConnectionId = name.parse().unwrap();
        self.connect(&id, &shop, json!({})).await;
        (id, shop)
    }

    pub(super) fn configuration(&self, shop: &MockReturngo, remaining: Value) -> ConnectionConfiguration {
        let mut settings = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210"});
        let remaining = remaining.as_object().unwrap().clone();
        settings.as_object_mut().unwrap().extend(remaining);
        ConnectionConfiguration {
            settings: ConnectionSettings::from_json(&settings.to_string()).unwrap(),
            brightpearl: BrightpearlAccess {
                url: Some(self.brightpearl.url()),
                datacenter: None,
                app_ref: self.brightpearl.app_ref().to_owned(),
                dev_ref: None,
                token: BrightpearlToken::Token(Secret::new(self.brightpearl.token())),
            },
            returngo: ReturngoAccess {
                url: Some(shop.url()),
                api_key: Secret::new(shop.api_key()),
                shop: shop.shop().to_owned(),
                calls_a_day: Some(1_000_000),
            },
            webhook_secret: Secret::new("a-secret-of-a-test"),
            synchronise_from: None,
        }
    }

    /// Stores a connection, or changes its settings.
    pub(super) async fn connect(&self, id: &ConnectionId, shop: &MockReturngo, settings: Value) {
        let configuration = self.configuration(shop, settings);
        self.process("setter-up").await.registry.put(id, &configuration).await.unwrap();
    }

    /// A process on the same store.
    pub(super) async fn process(&self, name: &str) -> Service {
        self.process_with(name, Policy::default()).await
    }

    pub(super) async fn process_with(&self, name: &str, policy: Policy) -> Service {
        service(Arc::clone(&self.store), &self.time, name, Arc::new(NoFailpoints), policy).await
    }

    /// RMAs become pending together.
    pub(super) async fn queue(&self, rmas: impl IntoIterator<Item = u64>) {
        let rmas: Vec<_> = rmas.into_iter().map(id).collect();
        self.store.enqueue(&self.acme, &rmas, Cause::User, "a test", self.time.now()).await.unwrap();
    }

    /// Processes what is pending, also what has to wait a little.
    pub(super) async fn work(&self) {
        let process = self.process("worker").await;
        for _ in 0..40 {
            work_until_nothing_is_due(&process).await;
            self.pass(SignedDuration::from_secs(15)).await;
        }
    }

    pub(super) async fn item(&self, number: u64) -> Job {
        self.store.work(&self.acme, &id(number)).await.unwrap().unwrap()
    }

    /// The codes of what is asked about an RMA.
    pub(super) async fn asks(&self, number: u64) -> Vec<String> {
        self.item(number).await.reviews.iter().map(|review| review.code.to_string()).collect()
    }

    pub(super) fn credit(&self, number: u64) -> Option<Order> {
        let key = keys::credit(&id(number));
        let credits = self.brightpearl.credits_of(ORDER);
        credits.into_iter().find(|credit| credit.external_ref.as_deref() == Some(key.as_str()))
    }

    /// Units, net and tax of all rows of the order's credits.
    pub(super) fn credited(&self) -> (Decimal, Decimal, Decimal) {
        let credits = self.brightpearl.credits_of(ORDER);
        let rows = credits.iter().flat_map(|credit| credit.order_rows.values());
        rows.fold(Default::default(), |(units, net, tax), row| {
            let value = &row.row_value;
            (units + row.quantity.magnitude, net + value.row_net.value, tax + value.row_tax.value)
        })
    }

    /// The bookkeeper's own client.
    pub(super) fn bookkeeper(&self) -> brightpearl::Client {
        let app = brightpearl::Credentials::private_app(self.brightpearl.app_ref(), self.brightpearl.token());
        brightpearl::Client::builder(self.brightpearl.account())
            .url(self.brightpearl.url())
            .credentials(app)
            .build()
            .unwrap()
    }

    /// A credit that another program makes for the order.
    pub(super) async fn foreign_credit(&self, shirts: u32, net: Decimal, tax: Decimal) -> OrderId {
        self.foreign_credit_of("", shirts, net, tax).await
    }

    /// The same, with this external reference.
    pub(super) async fn foreign_credit_of(
        &self,
        reference: &str,
        shirts: u32,
        net: Decimal,
        tax: Decimal,
    ) -> OrderId {
        let mut credit = NewSalesCredit::for_customer(brightpearl::ContactId::new(CUSTOMER));
        credit.parent_id = Some(ORDER);
        credit.external_ref = Some(reference.to_owned()).filter(|reference| !reference.is_empty());
        let row = NewCreditRow::free_text("Linen shirt M", "T20", net, tax);
        let product_id = Some(brightpearl::ProductId::new(SHIRT));
        credit.rows = vec![NewCreditRow { product_id, quantity: shirts.into(), ..row }];
        self.bookkeeper().sales_credits().create(&credit).await.unwrap().id
    }

    /// A refund that the bookkeeper enters in Brightpearl.
    pub(super) async fn enter_payment(&self, order: OrderId, reference: &str, amount: Decimal) {
        let payment = NewCustomerPayment {
            transaction_ref: Some(reference.to_owned()),
            payment_method_code: PaymentMethodCode::new("BANK"),
            payment_type: PaymentType::Payment,
            order_id: order,
            currency_iso_code: "GBP".into(),
            exchange_rate: None,
            amount_paid: amount,
            payment_date: OffsetDateTime::utc(self.time.now()),
            journal_ref: None,
        };
        self.bookkeeper().customer_payments().create(&payment).await.unwrap();
    }

    pub(super) fn refund(&self, number: u64, amount: Decimal) -> returngo::Transaction {
        self.returngo.refund(&id(number), Refund::of(amount)).unwrap()
    }

    /// What is recorded as paid on an order.
    pub(super) fn paid(&self, order: OrderId) -> Decimal {
        self.brightpearl.payments_on(order).iter().map(|payment| payment.amount()).sum()
    }
}
