use std::time::Duration;

use jiff::Timestamp;
use returngo::{
    Address, CommentType, CurrencyCode, Event, EventName, ExchangeOrder, ExchangeOrderType, OrderDetails,
    ReturnedItemId, Rma, RmaId, RmaStatus, RmaSummary, Shipment, ShipmentId, ShipmentStatus, ShopOrderId,
    TriggeredVia,
};
use rust_decimal::Decimal;

use super::ItemBuilder;
use crate::{
    Refund, Rejection,
    shop::{
        actions::mark_approved,
        timeline::{self, time},
    },
};

/// Builds an RMA whose parcels, events, timeline and `lastUpdated` agree with its status.
///
/// Ids are derived from the RMA's number: the units of 4500001 are 450000101, 450000102, …, its parcel is 450000190,
/// its transactions are 450000191, ….
///
/// ```
/// use returngo::RmaStatus;
/// use returngo_mock::{ItemBuilder, Refund, RmaBuilder};
/// use rust_decimal_macros::dec;
///
/// let rma = RmaBuilder::new(4_500_001)
///     .order("AC2045", "7000000000001")
///     .item(ItemBuilder::new("LS-M", dec!(40.00)).line("81000001").tax(dec!(6.67)).units(2))
///     .item(ItemBuilder::new("GIFT-WRAP", dec!(3.00)).line("81000012").stays())
///     .status(RmaStatus::Received)
///     .refund(Refund::of(dec!(40.00)))
///     .build()?;
/// assert_eq!(rma.items.len(), 3);
/// # Ok::<(), returngo_mock::Rejection>(())
/// ```
#[derive(Debug, Clone)]
pub struct RmaBuilder {
    number: u64,
    status: RmaStatus,
    order_name: String,
    order_id: ShopOrderId,
    currency: CurrencyCode,
    created: Timestamp,
    customer: Address,
    items: Vec<ItemBuilder>,
    cancellation_fee: Decimal,
    out_of_policy: bool,
    refunds: Vec<Refund>,
}

/// The creation time of the RMAs in the built-in seed.
const CREATED: Timestamp = Timestamp::constant(1_777_882_450, 0);

impl RmaBuilder {
    /// Creates a pending request in GBP for the seed's order AC2045, without items.
    pub fn new(number: u64) -> Self {
        Self {
            number,
            status: RmaStatus::Pending,
            order_name: "AC2045".to_owned(),
            order_id: ShopOrderId::new("7000000000001"),
            currency: CurrencyCode::new("GBP"),
            created: CREATED,
            customer: address("Ada Example", "ada@example.test"),
            items: Vec::new(),
            cancellation_fee: Decimal::ZERO,
            out_of_policy: false,
            refunds: Vec::new(),
        }
    }

    /// Sets the order: the name that the shopper knows, and the shop platform's id.
    #[must_use]
    pub fn order(mut self, name: impl Into<String>, id: impl Into<String>) -> Self {
        self.order_name = name.into();
        self.order_id = ShopOrderId::new(id);
        self
    }

    /// Sets the status.
    #[must_use]
    pub fn status(mut self, status: RmaStatus) -> Self {
        self.status = status;
        self
    }

    /// Sets the currency that the shopper paid in.
    #[must_use]
    pub fn currency(mut self, code: &str) -> Self {
        self.currency = CurrencyCode::new(code);
        self
    }

    /// Sets the creation time. The RMA is approved an hour later, received after four days and inspected after five.
    #[must_use]
    pub const fn created(mut self, at: Timestamp) -> Self {
        self.created = at;
        self
    }

    /// Sets the customer.
    #[must_use]
    pub fn customer(mut self, name: &str, email: &str) -> Self {
        self.customer = address(name, email);
        self
    }

    /// Adds returned units.
    #[must_use]
    pub fn item(mut self, item: ItemBuilder) -> Self {
        self.items.push(item);
        self
    }

    /// Sets the cancellation fee.
    #[must_use]
    pub const fn cancellation_fee(mut self, fee: Decimal) -> Self {
        self.cancellation_fee = fee;
        self
    }

    /// Marks the RMA as outside the merchant's policy.
    #[must_use]
    pub const fn out_of_policy(mut self) -> Self {
        self.out_of_policy = true;
        self
    }

    /// Adds a transaction, successful or not.
    #[must_use]
    pub fn refund(mut self, refund: Refund) -> Self {
        self.refunds.push(refund);
        self
    }

    /// Builds the RMA.
    ///
    /// # Errors
    /// A refund names a unit that the RMA does not have.
    pub fn build(self) -> Result<Rma, Rejection> {
        let mut rma = self.requested();
        let approved_at = self.after(Duration::from_secs(60 * 60));
        let was_approved = !matches!(self.status, RmaStatus::Pending | RmaStatus::Rejected);
        if was_approved {
            mark_approved(&mut rma, TriggeredVia::Dashboard, timeline::STAFF, approved_at);
        }
        let line = match &self.status {
            RmaStatus::Received | RmaStatus::Validated => Some("Shipment <strong>RECEIVED</strong>"),
            RmaStatus::Done => Some("RMA status changed to DONE"),
            RmaStatus::Rejected => Some("Request <strong>REJECTED</strong>"),
            RmaStatus::Canceled => Some("Request <strong>CANCELED</strong> (reason: The shopper keeps it)"),
            _ => None,
        };
        if let Some(line) = line {
            let at = self.after(Duration::from_secs(4 * DAY));
            timeline::add(&mut rma, CommentType::System, timeline::AUTOMATION, line, at);
        }
        rma.rma_summary.status = self.status.clone();
        for (refund, number) in self.refunds.iter().zip(self.number * 100 + 91..) {
            refund.clone().make(&mut rma, number, self.after(Duration::from_secs(5 * DAY)))?;
        }
        Ok(rma)
    }

    fn requested(&self) -> Rma {
        let parcel = ShipmentId::new(format!("{}90", self.number));
        let units = self.items.iter().flat_map(|item| std::iter::repeat_n(item, item.count()));
        let inspected_at = self.after(Duration::from_secs(5 * DAY));
        let items = units.zip(self.number * 100 + 1..).map(|(item, id)| {
            item.build(ReturnedItemId::new(id.to_string()), &parcel, &self.currency, inspected_at)
        });
        Rma {
            rma_summary: RmaSummary {
                rma_id: RmaId::from(self.number),
                status: RmaStatus::Pending,
                order_name: Some(self.order_name.clone()),
                events: vec![Event {
                    event_name: EventName::Created,
                    event_date: Some(time(self.created)),
                    triggered_via: Some(TriggeredVia::ReturnPortal),
                    store_location_id: Some("online".to_owned()),
                    user_details: None,
                }],
            },
            order_details: OrderDetails {
                order_id: Some(self.order_id.clone()),
                order_name: Some(self.order_name.clone()),
            },
            items: items.collect(),
            shipments: self.parcel(&parcel),
            comments: Vec::new(),
            exchange_orders: self.exchange_orders(),
            exchange_items: Vec::new(),
            cancellation_fee: self.cancellation_fee,
            transactions: Vec::new(),
            created_at: Some(time(self.created)),
            last_updated: Some(time(self.created)),
            is_out_of_policy: self.out_of_policy,
        }
    }

    /// The parcel. None when nothing is shipped.
    fn parcel(&self, id: &ShipmentId) -> Vec<Shipment> {
        if !self.items.iter().any(ItemBuilder::comes_back) {
            return Vec::new();
        }
        vec![Shipment {
            shipment_id: id.clone(),
            status: match self.status {
                RmaStatus::Received | RmaStatus::Done => ShipmentStatus::Received,
                RmaStatus::Validated => ShipmentStatus::Validated,
                _ => ShipmentStatus::Pending,
            },
            carrier_name: None,
            requested_service_level: None,
            actual_service_level: None,
            tracking_number: None,
            tracking_url: None,
            label_url: None,
            customer_address: Some(self.customer.clone()),
            return_address: Some(address("Acme Outdoors returns", "")),
            is_outbound: false,
        }]
    }

    /// The exchange order: a draft until the RMA is done.
    fn exchange_orders(&self) -> Vec<ExchangeOrder> {
        if !self.items.iter().any(ItemBuilder::is_exchanged) {
            return Vec::new();
        }
        let draft = self.status != RmaStatus::Done;
        vec![ExchangeOrder {
            draft_order_id: Some(format!("74{}", self.number)),
            order_id: (!draft).then(|| format!("75{}", self.number)),
            order_name: if draft { format!("#D{}", self.number) } else { format!("{}-X", self.order_name) },
            kind: Some(ExchangeOrderType::Exchange),
        }]
    }

    fn after(&self, duration: Duration) -> Timestamp {
        self.created.saturating_add(duration).unwrap_or(Timestamp::MAX)
    }
}

const DAY: u64 = 24 * 60 * 60;

fn address(name: &str, email: &str) -> Address {
    Address {
        name: name.to_owned(),
        street1: "1 Test Road".to_owned(),
        city: "Leeds".to_owned(),
        zip: "LS1 1AA".to_owned(),
        country: "GB".to_owned(),
        email: email.to_owned(),
        ..Address::default()
    }
}
