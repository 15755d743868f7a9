//! The systems that a demo runs on, and the work of the staff.

use std::collections::BTreeMap;

use brightpearl::{
    CurrencyCode, LocationId, OffsetDateTime, OrderId, OrderRowId, OrderStatusId, ProductId, WarehouseId,
    order::Order,
    warehouse::{NewGoodsInLine, NewGoodsInNote, NewProductValue, Release},
};
use brightpearl_mock::{
    Account, Fault, FaultKind, Faults, MockBrightpearl, SeedChannel, SeedContact, SeedCustomField,
    SeedNominalCode, SeedOrder, SeedPaymentMethod, SeedProduct, SeedRow, SeedStock,
};
use returngo::{Rma, RmaId, RmaStatus, ShipmentStatus};
use returngo_brightpearl_mapping::{ConnectionSettings, keys};
use returngo_mock::{ItemBuilder, MockReturngo, Refund, RmaBuilder};
use rust_decimal::Decimal;

use returngo_brightpearl_connector::configuration::{
    BrightpearlAccess, BrightpearlToken, ConnectionConfiguration, ReturngoAccess, Secret,
};

const FIRST_ORDER: u64 = 300_000;
const FIRST_RMA: u64 = 4_500_000;
const CUSTOMER: u64 = 5012;
const SHIRT: u64 = 2044;
const SOCKS: u64 = 2051;
const WAREHOUSE: WarehouseId = WarehouseId::new(2);
const SHELF: LocationId = LocationId::new(2);
const QUARANTINE: LocationId = LocationId::new(3);

/// The probability of each fault, per request.
const REQUESTS: [(FaultKind, f64); 6] = [
    (FaultKind::DropAfterCommit, 0.02),
    (FaultKind::DropBefore, 0.01),
    (FaultKind::Status500, 0.01),
    (FaultKind::Status503, 0.01),
    (FaultKind::Throttle, 0.01),
    (FaultKind::Html502, 0.01),
];

/// The probability of each fault, per webhook.
const WEBHOOKS: [(FaultKind, f64); 3] =
    [(FaultKind::DuplicateWebhooks, 0.1), (FaultKind::ReorderWebhooks, 0.1), (FaultKind::LoseWebhooks, 0.1)];

/// A ReturnGO shop and a Brightpearl account on mocks, with orders and RMAs. Its methods do the work of the shop's and the
/// warehouse's staff.
#[derive(Debug)]
pub struct Scenario {
    /// The Brightpearl account.
    pub brightpearl: MockBrightpearl,
    /// The ReturnGO shop.
    pub returngo: MockReturngo,
    /// The RMAs, lowest first.
    pub rmas: Vec<RmaId>,
    warehouse: brightpearl::Client,
}

impl Scenario {
    /// Starts both mocks with this number of RMAs that are not approved yet, each of an order of its own. Each RMA returns two
    /// of three shirts, and every third RMA a pair of socks as well.
    ///
    /// # Errors
    /// When a mock rejects its seed.
    pub async fn start(rmas: u64) -> Result<Self, ScenarioError> {
        Self::start_sharing(rmas, 1).await
    }

    /// Starts both mocks like [`start`](Self::start), with `rmas_per_order` RMAs of each order. Each order has three shirts and a
    /// pair of socks for each of its RMAs.
    ///
    /// # Errors
    /// When a mock rejects its seed.
    pub async fn start_sharing(rmas: u64, rmas_per_order: u64) -> Result<Self, ScenarioError> {
        let rmas_per_order = rmas_per_order.max(1);
        let account = account(rmas.div_ceil(rmas_per_order), rmas_per_order).map_err(ScenarioError::new)?;
        let brightpearl = MockBrightpearl::builder().account(account).start().await;
        brightpearl.set_throttle(None);
        let returngo = MockReturngo::start_with(returngo_mock::Seed {
            rmas: (0..rmas)
                .map(|number| rma(number, number / rmas_per_order))
                .collect::<Result<_, _>>()
                .map_err(ScenarioError::new)?,
            ..returngo_mock::Seed::default()
        })
        .await;
        returngo.set_quota(returngo_mock::Quota { per_second: None, per_day: None });
        let warehouse = brightpearl::Client::builder(brightpearl.account())
            .url(brightpearl.url())
            .credentials(brightpearl::Credentials::private_app(brightpearl.app_ref(), brightpearl.token()))
            .build()
            .map_err(ScenarioError::new)?;
        let rmas = returngo.rmas().iter().map(|rma| rma.id().clone()).collect();
        Ok(Self { brightpearl, returngo, rmas, warehouse })
    }

    /// The configuration of a connection between the two mocks.
    ///
    /// # Errors
    /// Never: the settings are valid.
    pub fn configuration(&self) -> Result<ConnectionConfiguration, ScenarioError> {
        let settings = r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210", "customer_reference_prefix": "RMA"}"#;
        Ok(ConnectionConfiguration {
            settings: ConnectionSettings::from_json(settings).map_err(ScenarioError::new)?,
            brightpearl: BrightpearlAccess {
                url: Some(self.brightpearl.url()),
                datacenter: None,
                app_ref: self.brightpearl.app_ref().to_owned(),
                dev_ref: None,
                token: BrightpearlToken::Token(Secret::new(self.brightpearl.token())),
            },
            returngo: ReturngoAccess {
                url: Some(self.returngo.url()),
                api_key: Secret::new(self.returngo.api_key()),
                shop: self.returngo.shop().to_owned(),
                calls_a_day: Some(1_000_000),
            },
            webhook_secret: Secret::new("demo-webhook-secret"),
            synchronise_from: None,
        })
    }

    /// Approves an RMA in ReturnGO.
    ///
    /// # Errors
    /// When ReturnGO rejects it.
    pub fn approve(&self, rma: &RmaId) -> Result<(), ScenarioError> {
        self.returngo.approve(rma).map(drop).map_err(ScenarioError::new)
    }

    /// Refunds an RMA in ReturnGO, in full.
    ///
    /// # Errors
    /// When ReturnGO rejects it.
    pub fn refund(&self, rma: &RmaId) -> Result<(), ScenarioError> {
        self.returngo.refund(rma, Refund::full()).map(drop).map_err(ScenarioError::new)
    }

    /// Receives the parcel of an RMA into the warehouse's quarantine.
    ///
    /// # Errors
    /// When the RMA has no credit, or Brightpearl rejects the request.
    pub async fn receive(&self, rma: &RmaId) -> Result<(), ScenarioError> {
        let credit = self.credit(rma)?;
        let lines = returned_lines(&credit).map(|(row, product, quantity)| NewGoodsInLine {
            product_id: product,
            purchase_order_row_id: row,
            quantity,
            destination_location_id: QUARANTINE,
            product_value: NewProductValue { currency: CurrencyCode::new("GBP"), value: Decimal::TEN },
        });
        let note = NewGoodsInNote {
            transfer: false,
            warehouse_id: WAREHOUSE,
            goods_moved: lines.collect(),
            received_on: OffsetDateTime::utc(jiff::Timestamp::constant(1_778_200_000, 0)),
            user_batch_reference: Some(format!("PARCEL-{rma}")),
        };
        self.warehouse.goods_in_notes().create(credit.id, &note).await.map(drop).map_err(ScenarioError::new)
    }

    /// Moves the received goods of an RMA from quarantine to the shelf.
    ///
    /// # Errors
    /// When the RMA has no credit, or Brightpearl rejects a request.
    pub async fn restock(&self, rma: &RmaId) -> Result<(), ScenarioError> {
        for (_, product_id, quantity) in returned_lines(&self.credit(rma)?) {
            let release = Release { product_id, quantity, to_location_id: SHELF };
            self.warehouse
                .warehouses()
                .release_quarantine(WAREHOUSE, release)
                .await
                .map_err(ScenarioError::new)?;
        }
        Ok(())
    }

    /// Repeats, reorders and loses webhooks at random, by this seed. Requests succeed, so that staff can do their work.
    pub(crate) fn lose_webhooks(&self, seed: u64) {
        for faults in [self.brightpearl.faults(), self.returngo.faults()] {
            faults.clear();
            inject(faults, &WEBHOOKS, seed);
        }
    }

    /// Adds failing requests to the faults of [`lose_webhooks`](Self::lose_webhooks).
    pub(crate) fn inject_faults(&self, seed: u64) {
        self.lose_webhooks(seed);
        for faults in [self.brightpearl.faults(), self.returngo.faults()] {
            inject(faults, &REQUESTS, seed);
        }
    }

    /// The number of RMAs without a credit, or without the payment of a refund.
    pub fn lost(&self) -> usize {
        let credits = self.credits();
        let payments = self.brightpearl.payments_by_reference();
        let refunded = |rma: &RmaId| {
            let Some(rma) = self.returngo.rma(rma) else { return false };
            rma.transactions.iter().all(|refund| payments.contains_key(&keys::refund(rma.id(), &refund.id)))
        };
        self.rmas.iter().filter(|rma| !credits.contains_key(&keys::credit(rma)) || !refunded(rma)).count()
    }

    /// A snapshot of each RMA.
    pub fn snapshots(&self) -> BTreeMap<RmaId, RmaSnapshot> {
        let credits = self.credits();
        let credit = |rma: &RmaId| {
            let ids = credits.get(&keys::credit(rma)).into_iter().flatten();
            ids.filter_map(|id| self.brightpearl.order(*id)).collect::<Vec<_>>()
        };
        self.returngo
            .rmas()
            .iter()
            .map(|rma| (rma.id().clone(), self.snapshot(rma, &credit(rma.id()))))
            .collect()
    }

    fn snapshot(&self, rma: &Rma, credits: &[Order]) -> RmaSnapshot {
        let rows = credits.iter().flat_map(|credit| credit.order_rows.values());
        let payments = credits.iter().flat_map(|credit| self.brightpearl.payments_on(credit.id));
        let mut payments: Vec<_> = payments
            .map(|payment| (payment.transaction_ref.clone().unwrap_or_default(), payment.amount()))
            .collect();
        payments.sort();
        RmaSnapshot {
            status: rma.status().clone(),
            shipments: rma.shipments.iter().map(|shipment| shipment.status.clone()).collect(),
            credits: credits.iter().map(|credit| credit.order_status.order_status_id).collect(),
            rows: rows
                .map(|row| {
                    let value = &row.row_value;
                    (row.product_name.clone(), value.row_net.value, value.row_tax.value)
                })
                .collect(),
            payments,
        }
    }

    /// The number of RMAs with the status `Validated`.
    pub fn validated(&self) -> usize {
        self.returngo.rmas().iter().filter(|rma| *rma.status() == RmaStatus::Validated).count()
    }

    fn credits(&self) -> BTreeMap<String, Vec<OrderId>> {
        self.brightpearl.credits_by_external_ref()
    }

    /// The sales credit of an RMA.
    ///
    /// # Errors
    /// When it has none.
    pub fn credit(&self, rma: &RmaId) -> Result<Order, ScenarioError> {
        let id = self.credits().get(&keys::credit(rma)).and_then(|ids| ids.first().copied());
        id.and_then(|id| self.brightpearl.order(id))
            .ok_or_else(|| ScenarioError(format!("RMA {rma} has no sales credit")))
    }
}

/// A step that a mock rejected.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ScenarioError(String);

impl ScenarioError {
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// What both systems say about one RMA, without the ids that they assign, so that two runs can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RmaSnapshot {
    /// The RMA's status.
    pub status: RmaStatus,
    /// The statuses of its shipments.
    pub shipments: Vec<ShipmentStatus>,
    /// The order statuses of its sales credits.
    pub credits: Vec<OrderStatusId>,
    /// The rows of its credits: product name, net amount and tax.
    pub rows: Vec<(String, Decimal, Decimal)>,
    /// The payments on its credits: reference and amount.
    pub payments: Vec<(String, Decimal)>,
}

fn account(orders: u64, rmas_per_order: u64) -> Result<Account, brightpearl_mock::SeedError> {
    let times = |amount: Decimal| amount * Decimal::from(rmas_per_order);
    Account::builder()
        .nominal_codes([SeedNominalCode::bank(54, "1210", "Card settlement")])
        .payment_methods([SeedPaymentMethod::new(7, "STRIPE_UK", "Stripe UK").bank_account("GBP", "1210")])
        .channels([SeedChannel::new(9, "Web shop")])
        .custom_fields([SeedCustomField::text(31, "PCF_RETURN", "Return")])
        .contacts([SeedContact::customer(CUSTOMER, "Ada", "Example", "ada@example.test")])
        .products([
            SeedProduct::tracked(SHIRT, "LS-M", "Linen shirt M").cost(12),
            SeedProduct::tracked(SOCKS, "TS-42", "Trail socks").cost(3),
        ])
        .stock([SeedStock::new(SHIRT, 2, 10_000), SeedStock::new(SOCKS, 2, 10_000)])
        .orders((0..orders).map(|number| {
            SeedOrder::sale(FIRST_ORDER + number, CUSTOMER)
                .reference(&format!("#AC{number}"))
                .channel(9)
                .row(
                    SeedRow::product(SHIRT, 3 * rmas_per_order, times(100.into()), times(20.into()), "T20")
                        .external_ref(&format!("8{number:07}1")),
                )
                .row(
                    SeedRow::product(
                        SOCKS,
                        rmas_per_order,
                        times(Decimal::new(833, 2)),
                        times(Decimal::new(167, 2)),
                        "T20",
                    )
                    .external_ref(&format!("8{number:07}2")),
                )
                .shipped()
        }))
        .build()
}

fn rma(number: u64, order: u64) -> Result<Rma, returngo_mock::Rejection> {
    let shirts =
        ItemBuilder::new("LS-M", Decimal::from(40)).tax(Decimal::new(667, 2)).line(format!("8{order:07}1"));
    let socks =
        ItemBuilder::new("TS-42", Decimal::TEN).tax(Decimal::new(167, 2)).line(format!("8{order:07}2"));
    let rma = RmaBuilder::new(FIRST_RMA + number)
        .order(format!("AC{order}"), format!("7{order:012}"))
        .item(shirts.units(2));
    if number.is_multiple_of(3) { rma.item(socks) } else { rma }.build()
}

/// The product rows of a credit: row, product and quantity.
fn returned_lines(credit: &Order) -> impl Iterator<Item = (OrderRowId, ProductId, u32)> {
    credit.order_rows.iter().filter_map(|(row, content)| {
        Some((*row, content.product()?, u32::try_from(content.quantity.magnitude).ok()?))
    })
}

fn inject(faults: &Faults, kinds: &[(FaultKind, f64)], seed: u64) {
    for (number, &(kind, probability)) in (0..).zip(kinds) {
        faults.add(Fault::on_any(kind).by_chance(probability, seed.wrapping_mul(31).wrapping_add(number)));
    }
}
