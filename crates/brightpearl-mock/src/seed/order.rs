//! The orders of a seed, with their rows and payments.

use api_client_core::wire;
use brightpearl::{
    ChannelId, ContactId, CurrencyCode, InstanceId, NominalCode, OffsetDateTime, OrderId, OrderRowId,
    OrderStatusId, PaymentMethodCode, PriceListId, ProductId, TaxCode, WarehouseId,
    accounting::PaymentType,
    order::{OrderTypeCode, PriceModeCode},
};
use jiff::{Timestamp, tz::Offset};
use rust_decimal::Decimal;
use serde::Deserialize;

/// An order. The component rows of a bundle get the ids after the bundle's.
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
    /// By default the account's status for new orders of this type.
    pub order_status_id: Option<OrderStatusId>,
    pub channel_id: Option<ChannelId>,
    pub warehouse_id: Option<WarehouseId>,
    pub price_list_id: Option<PriceListId>,
    pub price_mode_code: Option<PriceModeCode>,
    pub currency_code: Option<CurrencyCode>,
    /// A fixed rate. By default the currency's rate.
    #[serde(default, with = "wire::optional_decimal")]
    pub exchange_rate: Option<Decimal>,
    pub placed_on: OffsetDateTime,
    /// The invoice reference of an invoiced order.
    pub invoice_reference: Option<String>,
    /// Whether the order is completely shipped.
    #[serde(default)]
    pub shipped: bool,
    pub rows: Vec<SeedRow>,
}

/// The default time of orders and payments. It is constant, because the mock's clock may show any time.
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

    /// Creates a sales order of this customer, placed on 5 January 2026 at 9:00 UTC by default.
    pub fn sale(id: u64, customer: u64) -> Self {
        Self::new(OrderTypeCode::SalesOrder, id, customer)
    }

    /// Creates a sales credit of this customer.
    pub fn credit(id: u64, customer: u64) -> Self {
        Self::new(OrderTypeCode::SalesCredit, id, customer)
    }

    /// Creates a purchase order to this supplier.
    pub fn purchase(id: u64, supplier: u64) -> Self {
        Self::new(OrderTypeCode::PurchaseOrder, id, supplier)
    }

    /// Sets the customer's reference. Connectors of shops use the shop's order number.
    #[must_use]
    pub fn reference(self, reference: &str) -> Self {
        Self { reference: reference.to_owned(), ..self }
    }

    /// Sets the external reference and the integration instance, which are the order's key.
    #[must_use]
    pub fn key(self, external_ref: &str, instance: u64) -> Self {
        Self {
            external_ref: Some(external_ref.to_owned()),
            installed_integration_instance_id: Some(InstanceId::new(instance)),
            ..self
        }
    }

    /// Sets the parent order, which must come before this one.
    #[must_use]
    pub fn parent(self, order: u64) -> Self {
        Self { parent_order_id: Some(OrderId::new(order)), ..self }
    }

    /// Sets the status.
    #[must_use]
    pub fn status(self, status: u64) -> Self {
        Self { order_status_id: Some(OrderStatusId::new(status)), ..self }
    }

    /// Sets the channel.
    #[must_use]
    pub fn channel(self, channel: u64) -> Self {
        Self { channel_id: Some(ChannelId::new(channel)), ..self }
    }

    /// Sets the warehouse.
    #[must_use]
    pub fn warehouse(self, warehouse: u64) -> Self {
        Self { warehouse_id: Some(WarehouseId::new(warehouse)), ..self }
    }

    /// Sets the currency, at its current rate.
    #[must_use]
    pub fn currency(self, code: &str) -> Self {
        Self { currency_code: Some(CurrencyCode::new(code)), ..self }
    }

    /// Sets a fixed rate, in units of the order's currency per unit of the base currency.
    #[must_use]
    pub fn fixed_rate(self, rate: impl Into<Decimal>) -> Self {
        Self { exchange_rate: Some(rate.into()), ..self }
    }

    /// Sets when the order was placed.
    #[must_use]
    pub fn placed_on(self, time: OffsetDateTime) -> Self {
        Self { placed_on: time, ..self }
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: SeedRow) -> Self {
        self.rows.push(row);
        self
    }

    /// Marks the order as completely shipped.
    #[must_use]
    pub fn shipped(self) -> Self {
        Self { shipped: true, ..self }
    }

    /// Invoices the order under this reference, which closes it.
    #[must_use]
    pub fn invoiced(self, reference: &str) -> Self {
        Self { invoice_reference: Some(reference.to_owned()), ..self }
    }
}

/// A row of an order, with a product or a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedRow {
    /// By default the next free id.
    pub id: Option<OrderRowId>,
    pub product_id: Option<ProductId>,
    pub name: Option<String>,
    #[serde(with = "wire::decimal")]
    pub quantity: Decimal,
    pub tax_code: TaxCode,
    /// The net amount of the row.
    #[serde(with = "wire::decimal")]
    pub net: Decimal,
    /// The tax of the row.
    #[serde(with = "wire::decimal")]
    pub tax: Decimal,
    pub nominal_code: Option<NominalCode>,
    pub external_ref: Option<String>,
}

impl SeedRow {
    /// Creates a row with a product. Net and tax are those of the whole row.
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

    /// Creates a free-text row, such as delivery. Net and tax are those of the whole row.
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

    /// Creates a discount of the whole order, as connectors of shops write it: a free-text row with negative amounts
    /// (docs/evidence/brightpearl-orders.md#sales-credit-rows). Net and tax are what the order is lowered by, and not
    /// negative here.
    ///
    /// ```
    /// use brightpearl_mock::SeedRow;
    /// use rust_decimal_macros::dec;
    ///
    /// let row = SeedRow::discount("WELCOME10", dec!(8.33), dec!(1.67), "T20").nominal_code("4010");
    /// assert_eq!((row.product_id, row.net, row.tax), (None, dec!(-8.33), dec!(-1.67)));
    /// ```
    pub fn discount(name: &str, net: impl Into<Decimal>, tax: impl Into<Decimal>, tax_code: &str) -> Self {
        Self::free_text(name, 1, -net.into(), -tax.into(), tax_code)
    }

    /// Sets the id.
    #[must_use]
    pub fn id(self, id: u64) -> Self {
        Self { id: Some(OrderRowId::new(id)), ..self }
    }

    /// Sets the shop's reference.
    #[must_use]
    pub fn external_ref(self, external_ref: &str) -> Self {
        Self { external_ref: Some(external_ref.to_owned()), ..self }
    }

    /// Sets the nominal code.
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
    #[serde(with = "wire::decimal")]
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

    /// Creates a receipt from the customer, on 5 January 2026 by default.
    pub fn receipt(order: u64, method: &str, amount: impl Into<Decimal>) -> Self {
        Self::new(PaymentType::Receipt, order, method, amount.into())
    }

    /// Creates a refund to the customer.
    pub fn refund(order: u64, method: &str, amount: impl Into<Decimal>) -> Self {
        Self::new(PaymentType::Payment, order, method, amount.into())
    }

    /// Sets the time of the payment.
    #[must_use]
    pub fn paid_on(self, time: OffsetDateTime) -> Self {
        Self { payment_date: time, ..self }
    }

    /// Sets the payment gateway's reference.
    #[must_use]
    pub fn transaction_ref(self, reference: &str) -> Self {
        Self { transaction_ref: Some(reference.to_owned()), ..self }
    }
}
