//! The orders of an account that starts, with their rows and payments.

use brightpearl::{
    ChannelId, ContactId, CurrencyCode, InstanceId, NominalCode, OffsetDateTime, OrderId, OrderRowId,
    OrderStatusId, PaymentMethodCode, PriceListId, ProductId, TaxCode, WarehouseId,
    accounting::PaymentType,
    order::{OrderTypeCode, PriceModeCode},
};
use jiff::{Timestamp, tz::Offset};
use rust_decimal::Decimal;
use serde::Deserialize;

/// An order. Rows come in order; the component rows of a bundle get the ids that follow the bundle's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedOrder {
    pub id: OrderId,
    pub order_type_code: OrderTypeCode,
    /// The customer, or the supplier of a purchase.
    pub contact_id: ContactId,
    #[serde(default)]
    pub reference: String,
    pub external_ref: Option<String>,
    pub installed_integration_instance_id: Option<InstanceId>,
    pub parent_order_id: Option<OrderId>,
    /// The account's status for new orders of its type when absent.
    pub order_status_id: Option<OrderStatusId>,
    pub channel_id: Option<ChannelId>,
    pub warehouse_id: Option<WarehouseId>,
    pub price_list_id: Option<PriceListId>,
    pub price_mode_code: Option<PriceModeCode>,
    pub currency_code: Option<CurrencyCode>,
    /// A fixed rate; the currency's own when absent.
    pub exchange_rate: Option<Decimal>,
    pub placed_on: OffsetDateTime,
    /// Makes the order invoiced, under this reference.
    pub invoice_reference: Option<String>,
    /// Whether all of it is shipped.
    #[serde(default)]
    pub shipped: bool,
    pub rows: Vec<SeedRow>,
}

/// When orders and payments that name no time are made: the same moment every time, as a mock's clock may stand
/// anywhere.
const USUAL_TIME: OffsetDateTime = OffsetDateTime::new(Timestamp::constant(1_767_603_600, 0), Offset::UTC);

impl SeedOrder {
    fn new(kind: OrderTypeCode, id: u64, contact: u64) -> Self {
        Self {
            id: OrderId::new(id),
            order_type_code: kind,
            contact_id: ContactId::new(contact),
            reference: String::new(),
            external_ref: None,
            installed_integration_instance_id: None,
            parent_order_id: None,
            order_status_id: None,
            channel_id: None,
            warehouse_id: None,
            price_list_id: None,
            price_mode_code: None,
            currency_code: None,
            exchange_rate: None,
            placed_on: USUAL_TIME,
            invoice_reference: None,
            shipped: false,
            rows: Vec::new(),
        }
    }

    /// A sales order of this customer, placed on 5 January 2026 at 9:00 UTC unless told otherwise.
    pub fn sale(id: u64, customer: u64) -> Self {
        Self::new(OrderTypeCode::SalesOrder, id, customer)
    }

    /// A sales credit of this customer.
    pub fn credit(id: u64, customer: u64) -> Self {
        Self::new(OrderTypeCode::SalesCredit, id, customer)
    }

    /// A purchase order to this supplier.
    pub fn purchase(id: u64, supplier: u64) -> Self {
        Self::new(OrderTypeCode::PurchaseOrder, id, supplier)
    }

    /// The customer's reference: for a shop's connector the shop's order number.
    #[must_use]
    pub fn reference(self, reference: &str) -> Self {
        Self { reference: reference.to_owned(), ..self }
    }

    /// The key under which an integration instance made it.
    #[must_use]
    pub fn key(self, external_ref: &str, instance: u64) -> Self {
        Self {
            external_ref: Some(external_ref.to_owned()),
            installed_integration_instance_id: Some(InstanceId::new(instance)),
            ..self
        }
    }

    /// The order that it belongs to; it must come before.
    #[must_use]
    pub fn parent(self, order: u64) -> Self {
        Self { parent_order_id: Some(OrderId::new(order)), ..self }
    }

    /// In this status.
    #[must_use]
    pub fn status(self, status: u64) -> Self {
        Self { order_status_id: Some(OrderStatusId::new(status)), ..self }
    }

    /// From this channel.
    #[must_use]
    pub fn channel(self, channel: u64) -> Self {
        Self { channel_id: Some(ChannelId::new(channel)), ..self }
    }

    /// From, or to, this warehouse.
    #[must_use]
    pub fn warehouse(self, warehouse: u64) -> Self {
        Self { warehouse_id: Some(WarehouseId::new(warehouse)), ..self }
    }

    /// In this currency, at its own rate.
    #[must_use]
    pub fn currency(self, code: &str) -> Self {
        Self { currency_code: Some(CurrencyCode::new(code)), ..self }
    }

    /// At a fixed rate: so many of the order's currency for one of base currency.
    #[must_use]
    pub fn fixed_rate(self, rate: impl Into<Decimal>) -> Self {
        Self { exchange_rate: Some(rate.into()), ..self }
    }

    /// Placed at this time.
    #[must_use]
    pub fn placed_on(self, time: OffsetDateTime) -> Self {
        Self { placed_on: time, ..self }
    }

    /// With this row after the others.
    #[must_use]
    pub fn row(mut self, row: SeedRow) -> Self {
        self.rows.push(row);
        self
    }

    /// All of it shipped.
    #[must_use]
    pub fn shipped(self) -> Self {
        Self { shipped: true, ..self }
    }

    /// Invoiced under this reference, which closes it.
    #[must_use]
    pub fn invoiced(self, reference: &str) -> Self {
        Self { invoice_reference: Some(reference.to_owned()), ..self }
    }
}

/// A row of an order; a product or a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedRow {
    /// The next free one when absent.
    pub id: Option<OrderRowId>,
    pub product_id: Option<ProductId>,
    pub name: Option<String>,
    pub quantity: Decimal,
    pub tax_code: TaxCode,
    /// The whole row, without tax.
    pub net: Decimal,
    /// The whole row's tax.
    pub tax: Decimal,
    pub nominal_code: Option<NominalCode>,
    pub external_ref: Option<String>,
}

impl SeedRow {
    /// So many of a product; net and tax are of the whole row.
    pub fn product(
        product: u64,
        quantity: impl Into<Decimal>,
        net: impl Into<Decimal>,
        tax: impl Into<Decimal>,
        tax_code: &str,
    ) -> Self {
        Self {
            id: None,
            product_id: Some(ProductId::new(product)),
            name: None,
            quantity: quantity.into(),
            tax_code: TaxCode::new(tax_code),
            net: net.into(),
            tax: tax.into(),
            nominal_code: None,
            external_ref: None,
        }
    }

    /// Words instead of a product, such as delivery; net and tax are of the whole row.
    pub fn free_text(
        name: &str,
        quantity: impl Into<Decimal>,
        net: impl Into<Decimal>,
        tax: impl Into<Decimal>,
        tax_code: &str,
    ) -> Self {
        Self {
            product_id: None,
            name: Some(name.to_owned()),
            ..Self::product(0, quantity, net, tax, tax_code)
        }
    }

    /// Under this id.
    #[must_use]
    pub fn id(self, id: u64) -> Self {
        Self { id: Some(OrderRowId::new(id)), ..self }
    }

    /// Under this reference of the shop's.
    #[must_use]
    pub fn external_ref(self, external_ref: &str) -> Self {
        Self { external_ref: Some(external_ref.to_owned()), ..self }
    }

    /// Posted to this nominal code.
    #[must_use]
    pub fn nominal_code(self, code: &str) -> Self {
        Self { nominal_code: Some(NominalCode::new(code)), ..self }
    }
}

/// A payment on an order, in the order's currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedPayment {
    pub order_id: OrderId,
    pub payment_type: PaymentType,
    pub payment_method_code: PaymentMethodCode,
    pub amount_paid: Decimal,
    pub payment_date: OffsetDateTime,
    pub transaction_ref: Option<String>,
}

impl SeedPayment {
    fn new(kind: PaymentType, order: u64, method: &str, amount: Decimal) -> Self {
        Self {
            order_id: OrderId::new(order),
            payment_type: kind,
            payment_method_code: PaymentMethodCode::new(method),
            amount_paid: amount,
            payment_date: USUAL_TIME,
            transaction_ref: None,
        }
    }

    /// Money from the customer, on 5 January 2026 unless told otherwise.
    pub fn receipt(order: u64, method: &str, amount: impl Into<Decimal>) -> Self {
        Self::new(PaymentType::Receipt, order, method, amount.into())
    }

    /// Money to the customer.
    pub fn refund(order: u64, method: &str, amount: impl Into<Decimal>) -> Self {
        Self::new(PaymentType::Payment, order, method, amount.into())
    }

    /// Paid at this time.
    #[must_use]
    pub fn paid_on(self, time: OffsetDateTime) -> Self {
        Self { payment_date: time, ..self }
    }

    /// Under this reference of the gateway's.
    #[must_use]
    pub fn transaction_ref(self, reference: &str) -> Self {
        Self { transaction_ref: Some(reference.to_owned()), ..self }
    }
}
