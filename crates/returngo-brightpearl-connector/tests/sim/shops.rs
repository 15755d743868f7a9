//! What a seed begins with, and what it has in store: orders, returns, people, mishaps.

use std::time::Duration;

use api_client_core::HttpRequest;
use api_mock_core::Request;
use brightpearl::order::OrderTypeCode;
use brightpearl_mock::{
    Account, SeedChannel, SeedContact, SeedNominalCode, SeedOrder, SeedOrderStatus, SeedPaymentMethod,
    SeedProduct, SeedRow, SeedStock, Switches,
};
use jiff::SignedDuration;
use returngo::{Rma, RmaId};
use returngo_mock::{ItemBuilder, RmaBuilder, Seed};
use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};

use crate::{sim::Sim, world::Event};

pub(crate) const ACCOUNT: &str = "acmeoutdoors";
pub(crate) const CUSTOMER: u64 = 5012;
pub(crate) const CANCELLED: u64 = 28;
const COMPLETE: u64 = 29;
const PRODUCTS: [(u64, &str); 3] = [(2044, "LS-M"), (2051, "TS-42"), (2060, "HAT-1")];

/// How often something goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    pub(crate) not_sent: f64,
    pub(crate) refused: f64,
    pub(crate) arrives_late: f64,
    pub(crate) slow: f64,
    pub(crate) webhook_lost: f64,
    pub(crate) webhook_doubled: f64,
    pub(crate) webhook_late: f64,
}

/// A connection, whose settings may change later.
#[derive(Debug, Clone)]
pub(crate) struct Connected {
    pub(crate) id: String,
    pub(crate) shop: usize,
    pub(crate) settings: Settings,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) adjustments: bool,
    pub(crate) existing_credit: &'static str,
    pub(crate) cancelled_status: bool,
    pub(crate) complete_status: bool,
    pub(crate) close_credit: &'static str,
    pub(crate) fees: bool,
    pub(crate) trigger: &'static str,
}

impl Settings {
    pub(crate) fn json(&self) -> String {
        let mut json = serde_json::json!({
            "account_id": ACCOUNT,
            "refund_method_code": "1210",
            "customer_reference_prefix": "RMA",
            "existing_credit": self.existing_credit,
            "close_credit": self.close_credit,
            "trigger": self.trigger,
        });
        let posting = serde_json::json!({ "nominal_code": "4905", "tax_code": "T20" });
        if self.adjustments {
            json["adjustments"] = posting.clone();
        }
        if self.fees {
            json["fees"] = serde_json::json!({ "restocking": posting });
        }
        if self.cancelled_status {
            json["cancelled_status_id"] = CANCELLED.into();
        }
        if self.complete_status {
            json["complete_status_id"] = COMPLETE.into();
        }
        json.to_string()
    }
}

/// A row of an order as it was sold.
#[derive(Debug, Clone)]
pub(crate) struct SoldRow {
    pub(crate) sku: &'static str,
    pub(crate) product: u64,
    pub(crate) line: String,
    pub(crate) quantity: u64,
    pub(crate) net: Decimal,
    pub(crate) tax: Decimal,
}

/// An order of a shop.
#[derive(Debug, Clone)]
pub(crate) struct Sold {
    pub(crate) shop: usize,
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) shop_id: String,
    pub(crate) rows: Vec<SoldRow>,
    /// Whether Brightpearl has it at all.
    pub(crate) imported: bool,
    /// Whether Brightpearl knows the shop's own numbers of the order and its lines.
    pub(crate) numbered: bool,
}

/// A return of a shop.
#[derive(Debug, Clone)]
pub(crate) struct Returned {
    pub(crate) id: RmaId,
    pub(crate) shop: usize,
    /// The place of its order.
    pub(crate) order: usize,
    pub(crate) rma: Rma,
}

pub(crate) struct Setup {
    pub(crate) account: Option<Account>,
    pub(crate) switches: Switches,
    pub(crate) throttle: Option<u32>,
    pub(crate) seeds: Vec<Seed>,
    pub(crate) events: Vec<(Duration, Event)>,
    pub(crate) faults: Faults,
    pub(crate) connections: Vec<Connected>,
    pub(crate) processes: usize,
    pub(crate) workers: usize,
    pub(crate) orders: Vec<Sold>,
    pub(crate) rmas: Vec<Returned>,
    /// Whether the last return is for as many units of the same rows as the first one.
    pub(crate) are_alike: bool,
    /// How long things go wrong.
    pub(crate) horizon: Duration,
    pub(crate) brightpearl_swept_every: Duration,
    pub(crate) returngo_swept_every: Duration,
    pub(crate) batch: u32,
}

impl Setup {
    /// What a request asks for, and of which shop; none for the account.
    pub(crate) fn target(&self, request: &HttpRequest) -> (Request, Option<usize>) {
        let rest = request.url.split_once("://").map_or("", |(_, rest)| rest);
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let headers = request.headers.iter().map(|header| (header.name.to_lowercase(), header.value.clone()));
        let plain = Request {
            headers: headers.collect(),
            body: request.body.clone().unwrap_or_default(),
            ..Request::new(request.method.as_str(), path, query)
        };
        (plain, host.strip_prefix("shop-").and_then(|rest| rest.strip_suffix(".sim")?.parse().ok()))
    }

    pub(crate) fn returned(&self, id: &RmaId) -> Option<&Returned> {
        self.rmas.iter().find(|returned| returned.id == *id)
    }
}

pub(crate) fn api_key(shop: usize) -> String {
    format!("key-{shop}")
}

pub(crate) fn shop_name(shop: usize) -> String {
    format!("shop-{shop}.example.test")
}

/// What this seed is about.
pub(crate) fn setup(sim: &Sim) -> Setup {
    let shops = 1 + usize::from(sim.chance(0.5));
    let horizon = sim.seconds(3600, 4 * 3600);
    let orders = orders(sim, shops);
    let mut rmas = rmas(sim, &orders);
    let are_alike = sim.chance(0.2);
    if are_alike {
        rmas.push(alike(rmas.len(), &orders, &rmas[0]));
    }
    let settings = || Settings {
        adjustments: sim.chance(0.5),
        existing_credit: sim.pick(&["review", "review", "adopt", "adopt", "create"]).unwrap(),
        cancelled_status: sim.chance(0.5),
        complete_status: sim.chance(0.3),
        close_credit: sim.pick(&["never", "never", "when_refunded", "when_received", "when_both"]).unwrap(),
        fees: sim.chance(0.5),
        trigger: if sim.chance(0.9) { "approved" } else { "received" },
    };
    let mut connections: Vec<Connected> =
        (0..shops).map(|shop| Connected { id: format!("acme-{shop}"), shop, settings: settings() }).collect();
    if sim.chance(0.08) {
        connections.push(Connected { id: "acme-again".to_owned(), ..connections[0].clone() });
    }
    let mut setup = Setup {
        account: Some(account(&orders)),
        switches: Switches::with(|switches| {
            switches.search_lag_ms =
                if sim.chance(0.5) { sim.millis(0, 20_000).as_millis() as u64 } else { 0 };
        }),
        throttle: sim.chance(0.1).then_some(60),
        seeds: Vec::new(),
        events: Vec::new(),
        faults: faults(sim),
        connections,
        processes: 1 + usize::from(sim.chance(0.5)),
        workers: 1 + usize::from(sim.chance(0.3)),
        orders,
        rmas,
        are_alike,
        horizon,
        brightpearl_swept_every: sim.seconds(2400, 5400),
        returngo_swept_every: sim.seconds(1200, 2100),
        batch: if sim.chance(0.3) { 1 } else { 500 },
    };
    setup.seeds = (0..shops)
        .map(|shop| Seed { api_key: api_key(shop), shop: shop_name(shop), rmas: Vec::new() })
        .collect();
    crate::fates::plan(sim, &mut setup);
    setup
}

fn faults(sim: &Sim) -> Faults {
    let webhooks = Faults { webhook_lost: 0.1, webhook_doubled: 0.1, webhook_late: 0.1, ..Faults::default() };
    match sim.below(4) {
        0 => Faults::default(),
        1 => webhooks,
        2 => Faults { not_sent: 0.01, refused: 0.03, arrives_late: 0.005, slow: 0.02, ..webhooks },
        _ => Faults { not_sent: 0.03, refused: 0.1, arrives_late: 0.02, slow: 0.05, ..webhooks },
    }
}

fn orders(sim: &Sim, shops: usize) -> Vec<Sold> {
    let names_collide = shops > 1 && sim.chance(0.4);
    let mut orders = Vec::new();
    for number in 0..1 + sim.below(3) {
        for shop in 0..shops {
            let name = if names_collide { 1001 + number } else { 1001 + shop * 1000 + number };
            orders.push(Sold {
                shop,
                id: (300_000 + shop * 1000 + number) as u64,
                name: format!("AC{name}"),
                shop_id: format!("{}{number:012}", 7 + shop),
                rows: rows(sim, shop, number),
                imported: !(names_collide && sim.chance(0.25)),
                numbered: names_collide || sim.chance(0.7),
            });
        }
    }
    orders
}

fn rows(sim: &Sim, shop: usize, number: usize) -> Vec<SoldRow> {
    const PRICES: [(i64, i64); 6] = [
        (100_0000, 20_00),
        (50_0000, 10_00),
        (33_3300, 6_67),
        (8_3300, 1_67),
        (74_9750, 15_00),
        (19_9900, 0),
    ];
    let how_many = 1 + sim.below(PRODUCTS.len());
    let row = |(place, (product, sku)): (usize, &(u64, &'static str))| {
        let (net, tax) = *sim.pick(&PRICES).unwrap();
        SoldRow {
            sku,
            product: *product,
            line: format!("81{shop}{number:03}{place}"),
            quantity: 1 + sim.below(4) as u64,
            net: Decimal::new(net, 4),
            tax: Decimal::new(tax, 2),
        }
    };
    PRODUCTS.iter().take(how_many).enumerate().map(row).collect()
}

fn account(orders: &[Sold]) -> Account {
    let sold = orders.iter().filter(|order| order.imported).map(|sold| {
        let rows = sold.rows.iter().map(|row| {
            let tax_code = if row.tax.is_zero() { "Z" } else { "T20" };
            let seed = SeedRow::product(row.product, row.quantity, row.net, row.tax, tax_code);
            if sold.numbered { seed.external_ref(&row.line) } else { seed }
        });
        let order = SeedOrder::sale(sold.id, CUSTOMER).reference(&format!("#{}", sold.name)).channel(9);
        let order = if sold.numbered { order.key(&sold.shop_id, 7) } else { order };
        rows.fold(order, SeedOrder::row).shipped()
    });
    Account::builder()
        .nominal_codes([
            SeedNominalCode::bank(54, "1210", "Card settlement"),
            SeedNominalCode::new(71, "4905", "Goodwill"),
        ])
        .payment_methods([SeedPaymentMethod::new(7, "STRIPE_UK", "Stripe UK").bank_account("GBP", "1210")])
        .order_statuses([
            SeedOrderStatus::new(CANCELLED, OrderTypeCode::SalesCredit, "Return cancelled"),
            SeedOrderStatus::new(COMPLETE, OrderTypeCode::SalesCredit, "Return complete"),
        ])
        .channels([SeedChannel::new(9, "Web shop")])
        .contacts([SeedContact::customer(CUSTOMER, "Ada", "Example", "ada@example.test")])
        .products(PRODUCTS.map(|(id, sku)| SeedProduct::tracked(id, sku, sku).cost(5)))
        .stock(PRODUCTS.map(|(id, _)| SeedStock::new(id, 2, 1000)))
        .orders(sold)
        .build()
        .unwrap()
}

fn rmas(sim: &Sim, orders: &[Sold]) -> Vec<Returned> {
    let mut rmas = Vec::new();
    for number in 0..2 + sim.below(6) {
        let order = if sim.chance(0.5) { 0 } else { sim.below(orders.len()) };
        rmas.push(returned(sim, number, order, &orders[order]));
    }
    rmas
}

fn returned(sim: &Sim, number: usize, place: usize, order: &Sold) -> Returned {
    let id = (4_500_000 + order.shop * 100_000 + number) as u64;
    let created = sim.now().saturating_sub(SignedDuration::from_hours(30)).unwrap();
    let mut builder = RmaBuilder::new(id).order(order.name.clone(), order.shop_id.clone()).created(created);
    let mut items = 0;
    for row in &order.rows {
        if items > 0 && sim.chance(0.6) {
            continue;
        }
        items += 1;
        let cents = |amount: Decimal| {
            (amount / Decimal::from(row.quantity)).round_dp_with_strategy(2, MidpointAwayFromZero)
        };
        let units = 1 + sim.below(row.quantity as usize);
        let gross = cents(row.net + row.tax);
        let mut item =
            ItemBuilder::new(row.sku, gross).tax(cents(row.tax)).line(row.line.clone()).units(units);
        if sim.chance(0.12) {
            item = item.exchanged_for("EX-1", gross);
        }
        if sim.chance(0.08) {
            item = item.stays();
        }
        if sim.chance(0.06) {
            item = item.restocking_fee(Decimal::new(150, 2));
        }
        builder = builder.item(item);
    }
    Returned { id: RmaId::from(id), shop: order.shop, order: place, rma: builder.build().unwrap() }
}

/// Another return of the same order, for as many units of the same rows.
fn alike(number: usize, orders: &[Sold], one: &Returned) -> Returned {
    let order = &orders[one.order];
    let id = (4_500_000 + order.shop * 100_000 + number) as u64;
    let mut builder = RmaBuilder::new(id).order(order.name.clone(), order.shop_id.clone());
    if let Some(created) = one.rma.created_at {
        builder = builder.created(created.timestamp());
    }
    for row in &order.rows {
        let units = one.rma.items.iter().filter(|item| item.sku.as_deref() == Some(row.sku)).count();
        if units > 0 {
            let share = |amount: Decimal| {
                (amount / Decimal::from(row.quantity)).round_dp_with_strategy(2, MidpointAwayFromZero)
            };
            let item = ItemBuilder::new(row.sku, share(row.net + row.tax)).tax(share(row.tax));
            builder = builder.item(item.line(row.line.clone()).units(units));
        }
    }
    Returned { id: RmaId::from(id), shop: order.shop, order: one.order, rma: builder.build().unwrap() }
}
