//! Orders of all four types, as `/order` shows them (docs/evidence/brightpearl-orders.md#reading-orders).
//!
//! ```
//! use brightpearl::{OrderId, order::{self, OrderSearch}};
//!
//! let credits = order::search(&OrderSearch::credits_of(OrderId::new(300871)));
//! assert_eq!(credits.to_string(), "GET /order-service/order-search?orderTypeId=3&parentOrderId=300871");
//! ```

use std::collections::BTreeMap;

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    AllocationStatusCode, CustomFields, OrderPaymentStatus, OrderRow, OrderStockStatusCode, OrderTypeCode,
    PriceModeCode, ShippingStatusCode, TaxState,
};
#[cfg(feature = "client")]
use super::{NewOrder, new_order};
use crate::{
    IdSet, Patch, answer, get_uris,
    ids::{
        ChannelId, ContactId, InstanceId, LeadSourceId, OrderId, OrderRowId, OrderStatusId, PriceListId,
        ProjectId, ShippingMethodId, TeamId, WarehouseId,
    },
    request::Request,
    search::{Page, Period, SearchQuery, searchable, string_set},
};

pub use super::party::{Parties, Party};

const GET: Endpoint = Endpoint::new(Method::Get, "/order-service/order/{orderIds}", Idempotency::Read);
const OPTIONS: Endpoint =
    Endpoint::new(Method::Options, "/order-service/order/{orderIds}", Idempotency::Read);
const PATCH: Endpoint =
    Endpoint::new(Method::Patch, "/order-service/order/{orderId}", Idempotency::RepeatableWrite);
const SEARCH: Endpoint = Endpoint::new(Method::Get, "/order-service/order-search", Idempotency::Read);

/// An order of any type. A sales credit is an order of type `SC`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The order.
    pub id: OrderId,
    /// The order it belongs to: for a credit the sale it credits.
    #[serde(default, with = "wire::zero_is_none")]
    pub parent_order_id: Option<OrderId>,
    /// The type.
    pub order_type_code: OrderTypeCode,
    /// The customer reference; empty when none.
    #[serde(default, with = "wire::text_or_empty")]
    pub reference: String,
    /// The creator's unique reference.
    #[serde(default, with = "wire::empty_is_none", skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// The integration instance that the external reference belongs to.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub installed_integration_instance_id: Option<InstanceId>,
    /// Counts changes.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Whether it is invoiced.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub state: Option<OrderState>,
    /// The status of an external tax engine.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub tax: Option<serde_json::Value>,
    /// The workflow label; independent of money and goods.
    pub order_status: OrderStatusLabel,
    /// How much is paid.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub order_payment_status: Option<OrderPaymentStatus>,
    /// How much stock has moved.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub stock_status_code: Option<OrderStockStatusCode>,
    /// How much stock is allocated.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub allocation_status_code: Option<AllocationStatusCode>,
    /// How much is shipped.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub shipping_status_code: Option<ShippingStatusCode>,
    /// When it was placed.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub placed_on: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub created_on: Option<OffsetDateTime>,
    /// When it changed; absent until it does.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub updated_on: Option<OffsetDateTime>,
    /// When it was invoiced; absent until it is.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub closed_on: Option<OffsetDateTime>,
    /// Who created it.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub created_by_id: Option<ContactId>,
    /// The price list.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub price_list_id: Option<PriceListId>,
    /// The cost price list.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub cost_price_list_id: Option<PriceListId>,
    /// Whether prices include tax.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub price_mode_code: Option<PriceModeCode>,
    /// The delivery.
    #[serde(default, with = "wire::informational")]
    pub delivery: OrderDelivery,
    /// The invoice; one element in practice.
    #[serde(default, with = "wire::null_is_default")]
    pub invoices: Vec<Invoice>,
    /// The currency and its rate.
    pub currency: OrderCurrency,
    /// The totals; positive on credits.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub total_value: Option<TotalValue>,
    /// Channel, staff and teams.
    #[serde(default, with = "wire::null_is_default")]
    pub assignment: Assignment,
    /// Customer or supplier, delivery and billing.
    #[serde(default, with = "wire::null_is_default")]
    pub parties: Parties,
    /// The rows by their id. Their order is that of [`OrderRow::order_row_sequence`], not of the map.
    #[serde(default, with = "wire::map")]
    pub order_rows: BTreeMap<OrderRowId, OrderRow>,
    /// The warehouse.
    #[serde(default, with = "wire::zero_is_none")]
    pub warehouse_id: Option<WarehouseId>,
    /// Whether a purchase order was acknowledged.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<u64>,
    /// Whether it was imported from before the account.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub historical_order: Option<bool>,
    /// Whether it is drop-shipped.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub is_dropship: Option<bool>,
    /// When it was first invoiced.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub original_invoice_date: Option<OffsetDateTime>,
    /// The order's weight in lists.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub order_weighting: Option<i64>,
    /// Custom fields that are set; only when asked for.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<CustomFields>,
    /// Custom fields that are not set; only when asked for.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub null_custom_fields: Option<Vec<String>>,
}

impl Order {
    /// Whether this is a sales credit.
    pub fn is_sales_credit(&self) -> bool {
        self.order_type_code == OrderTypeCode::SalesCredit
    }

    /// Returns the invoice reference once there is one: not while it is empty or `pending`.
    pub fn invoice_reference(&self) -> Option<&str> {
        let reference = self.invoices.first()?.invoice_reference.as_str();
        (!reference.is_empty() && reference != "pending").then_some(reference)
    }

    /// Whether the order was closed and accounting has not finished.
    pub fn is_invoice_pending(&self) -> bool {
        self.invoices.first().is_some_and(|invoice| invoice.invoice_reference == "pending")
    }

    /// Whether it is invoiced: no more rows, amounts or contacts can change.
    pub fn is_closed(&self) -> bool {
        self.closed_on.is_some() || self.state.as_ref().is_some_and(|state| state.tax == TaxState::Invoiced)
    }

    /// Returns the total that the customer owes or is owed, tax included, in the order's currency:
    /// Brightpearl's own total where it came, else the sum of the rows. Component rows of bundles carry no
    /// money.
    pub fn gross(&self) -> Decimal {
        match &self.total_value {
            Some(total) => total.total,
            None => {
                let rows = self.order_rows.values().map(|row| row.row_value.gross());
                rows.fold(Decimal::ZERO, Decimal::saturating_add)
            }
        }
    }
}

/// Whether an order is invoiced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderState {
    /// `READY` or `INVOICED`.
    pub tax: TaxState,
}

/// The workflow label of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatusLabel {
    /// The status.
    pub order_status_id: OrderStatusId,
    /// Its name.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The delivery of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDelivery {
    /// When.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub delivery_date: Option<OffsetDateTime>,
    /// How.
    #[serde(default, with = "wire::informational_id")]
    pub shipping_method_id: Option<ShippingMethodId>,
}

/// The invoice of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Empty until invoiced, `pending` while closing, then such as `SC-12`.
    #[serde(default, with = "wire::text_or_empty")]
    pub invoice_reference: String,
    /// The tax date.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub tax_date: Option<OffsetDateTime>,
    /// The due date.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub due_date: Option<OffsetDateTime>,
}

/// The currency of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCurrency {
    /// The account's base currency.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub accounting_currency_code: Option<CurrencyCode>,
    /// The currency of the amounts.
    #[serde(deserialize_with = "wire::stated::deserialize")]
    pub order_currency_code: CurrencyCode,
    /// Units of order currency for one of base currency, six decimals.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<Decimal>,
    /// Whether the rate stays as it is when the order is invoiced.
    #[serde(default, with = "wire::stated_boolean")]
    pub fixed_exchange_rate: bool,
}

/// The totals of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TotalValue {
    /// Without tax.
    #[serde(with = "wire::decimal")]
    pub net: Decimal,
    /// The tax.
    #[serde(with = "wire::decimal")]
    pub tax_amount: Decimal,
    /// With tax.
    #[serde(with = "wire::decimal")]
    pub total: Decimal,
    /// Without tax, in base currency.
    #[serde(default, with = "wire::informational_decimal", skip_serializing_if = "Option::is_none")]
    pub base_net: Option<Decimal>,
    /// The tax, in base currency.
    #[serde(default, with = "wire::informational_decimal", skip_serializing_if = "Option::is_none")]
    pub base_tax_amount: Option<Decimal>,
    /// With tax, in base currency.
    #[serde(default, with = "wire::informational_decimal", skip_serializing_if = "Option::is_none")]
    pub base_total: Option<Decimal>,
}

/// The assignment of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Assignment {
    /// The assignment now.
    #[serde(default, with = "wire::null_is_default")]
    pub current: CurrentAssignment,
}

/// Channel, staff and teams of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CurrentAssignment {
    /// The member of staff who owns it.
    #[serde(default, with = "wire::informational_id")]
    pub staff_owner_contact_id: Option<ContactId>,
    /// The project.
    #[serde(default, with = "wire::informational_id")]
    pub project_id: Option<ProjectId>,
    /// The sales channel.
    #[serde(with = "wire::zero_is_none")]
    pub channel_id: Option<ChannelId>,
    /// The lead source.
    #[serde(default, with = "wire::informational_id")]
    pub lead_source_id: Option<LeadSourceId>,
    /// The team.
    #[serde(default, with = "wire::informational_id")]
    pub team_id: Option<TeamId>,
}

/// An order as `order-search` lists it. The reference is `customerRef` here, the channel `departmentId`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub struct OrderSummary {
    /// The order.
    pub order_id: Option<OrderId>,
    /// 1 sales order, 2 purchase order, 3 sales credit, 4 purchase credit.
    #[serde(with = "wire::optional")]
    pub order_type_id: Option<u64>,
    /// The customer or supplier.
    #[serde(with = "wire::informational")]
    pub contact_id: Option<ContactId>,
    /// The workflow status.
    #[serde(with = "wire::optional")]
    pub order_status_id: Option<OrderStatusId>,
    /// The stock status' number.
    #[serde(with = "wire::informational")]
    pub order_stock_status_id: Option<u64>,
    /// When it was created.
    #[serde(with = "wire::optional")]
    pub created_on: Option<OffsetDateTime>,
    /// Who created it.
    #[serde(with = "wire::informational")]
    pub created_by_id: Option<ContactId>,
    /// The customer reference.
    #[serde(deserialize_with = "wire::empty_is_none::deserialize")]
    pub customer_ref: Option<String>,
    /// The payment status' number.
    #[serde(with = "wire::informational")]
    pub order_payment_status_id: Option<u64>,
    /// When it changed; null until it does.
    #[serde(with = "wire::optional")]
    pub updated_on: Option<OffsetDateTime>,
    /// The order it belongs to.
    #[serde(with = "wire::optional")]
    pub parent_order_id: Option<OrderId>,
    /// The shipping status' number.
    #[serde(with = "wire::informational")]
    pub order_shipping_status_id: Option<u64>,
    /// The creator's unique reference.
    #[serde(deserialize_with = "wire::empty_is_none::deserialize")]
    pub external_ref: Option<String>,
    /// The integration instance that the external reference belongs to.
    #[serde(with = "wire::optional")]
    pub installed_integration_instance_id: Option<InstanceId>,
    /// The warehouse.
    #[serde(with = "wire::informational")]
    pub warehouse_id: Option<WarehouseId>,
    /// The member of staff who owns it.
    #[serde(with = "wire::informational")]
    pub staff_owner_contact_id: Option<ContactId>,
    /// The tax date.
    #[serde(with = "wire::informational")]
    pub tax_date: Option<OffsetDateTime>,
    /// The channel.
    #[serde(with = "wire::informational")]
    pub department_id: Option<ChannelId>,
    /// The delivery date.
    #[serde(with = "wire::informational")]
    pub delivery_date: Option<OffsetDateTime>,
}

searchable! {
    /// Finds orders of all types.
    pub struct OrderSearch for OrderSummary, at SEARCH {
        /// These orders.
        ids(IdSet<OrderId>) = "orderId",
        /// Belonging to this order.
        parent(OrderId) = "parentOrderId",
        /// Belonging to these orders.
        parents(IdSet<OrderId>) = "parentOrderId",
        /// Of this customer or supplier.
        contact(ContactId) = "contactId",
        /// In this workflow status.
        status(OrderStatusId) = "orderStatusId",
        /// With this customer reference, exactly.
        customer_ref(str) = "customerRef",
        /// With this external reference, exactly.
        external_ref(str) = "externalRef",
        /// With this text somewhere in the external reference.
        external_ref_contains(str) = "externalRefSearchString",
        /// Created in this period.
        created_on(Period) = "createdOn",
        /// Changed in this period. Orders that never changed have no such time: sweep `createdOn` too, as
        /// `Orders::changed_since` does.
        updated_on(Period) = "updatedOn",
        /// Placed in this period.
        placed_on(Period) = "placedOn",
        /// With a tax date in this period.
        tax_date(Period) = "taxDate",
        /// To be delivered in this period.
        delivery_date(Period) = "deliveryDate",
        /// From these warehouses.
        warehouses(IdSet<WarehouseId>) = "warehouseId",
        /// Of this channel, which is called a department here.
        channel(ChannelId) = "departmentId",
        /// Owned by this member of staff.
        staff_owner(ContactId) = "staffOwnerContactId",
        /// From this lead source.
        lead_source(LeadSourceId) = "leadSourceId",
        /// Of this project.
        project(ProjectId) = "projectId",
        /// By this shipping method.
        shipping_method(ShippingMethodId) = "shippingMethodId",
        /// Invoiced, or not.
        closed(bool) = "isClosed",
        /// Imported from before the account, or not.
        historical(bool) = "isHistoricalOrder",
        /// Created by this integration instance.
        instance(InstanceId) = "installedIntegrationInstanceId",
    }

    /// The columns of an order search, as [`OrderSearch::columns`] takes them.
    pub enum OrderColumn {
        OrderId = "orderId",
        OrderTypeId = "orderTypeId",
        ContactId = "contactId",
        OrderStatusId = "orderStatusId",
        OrderStockStatusId = "orderStockStatusId",
        CreatedOn = "createdOn",
        CreatedById = "createdById",
        CustomerRef = "customerRef",
        OrderPaymentStatusId = "orderPaymentStatusId",
        UpdatedOn = "updatedOn",
        ParentOrderId = "parentOrderId",
        OrderShippingStatusId = "orderShippingStatusId",
        ExternalRef = "externalRef",
        InstalledIntegrationInstanceId = "installedIntegrationInstanceId",
        WarehouseId = "warehouseId",
        StaffOwnerContactId = "staffOwnerContactId",
        TaxDate = "taxDate",
        DepartmentId = "departmentId",
        DeliveryDate = "deliveryDate",
    }

    key "orderId" in order_id: OrderId;
}

impl OrderSearch {
    /// Every sales credit of a sale.
    pub fn credits_of(sale: OrderId) -> Self {
        Self::new().order_type(&OrderTypeCode::SalesCredit).parent(&sale)
    }

    /// Of this type.
    pub fn order_type(self, code: &OrderTypeCode) -> Self {
        match code.search_id() {
            Some(id) => self.filter("orderTypeId", id),
            None => self.filter("orderTypeId", code),
        }
    }

    /// With this much stock moved.
    pub fn stock_status(self, code: &OrderStockStatusCode) -> Self {
        match code.search_id() {
            Some(id) => self.filter("orderStockStatusId", id),
            None => self.filter("orderStockStatusId", code),
        }
    }

    /// With one of these customer references, exactly.
    pub fn customer_refs<S: AsRef<str>>(self, references: impl IntoIterator<Item = S>) -> Self {
        self.filter("customerRefs", string_set(references))
    }

    /// With one of these external references, exactly.
    pub fn external_refs<S: AsRef<str>>(self, references: impl IntoIterator<Item = S>) -> Self {
        self.filter("externalRefs", string_set(references))
    }
}

/// Requests orders by id, of any type. Ids that do not exist are left out; the order of the response is not the
/// order asked.
#[inline]
pub fn get(ids: &IdSet<OrderId>) -> Request<Vec<Order>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// As [`get`], with the custom fields that are set and the names of those that are not.
#[inline]
pub fn get_with_custom_fields(ids: &IdSet<OrderId>) -> Request<Vec<Order>> {
    get(ids).query("includeOptional", "customFields,nullCustomFields")
}

/// Requests which of these orders exist, in sets that one GET takes each; of all orders when the set is empty.
#[inline]
pub fn options(ids: &IdSet<OrderId>) -> Request<Vec<IdSet<OrderId>>> {
    Request::new(OPTIONS, &[ids], get_uris::id_sets)
}

/// Changes single fields of an order and returns the order. Straight after its creation the response may still
/// show the old version: read it again.
///
/// | path | operations | rule |
/// |---|---|---|
/// | `/reference` | replace, remove | at most 64 characters |
/// | `/warehouseId` | replace | not once stock is allocated |
/// | `/delivery/shippingMethodId` | replace, remove | |
/// | `/delivery/deliveryDate` | replace | with time and offset, or the day slips |
/// | `/parties/customer/contactId`, `/parties/billing/contactId` | replace | a customer; not once invoiced |
///
/// Other fields have a resource of their own (status, rows, notes, custom fields) or cannot change: the
/// external reference, the channel, the dates.
#[inline]
pub fn patch(order: OrderId, changes: &Patch) -> Request<Order> {
    Request::new(PATCH, &[&order], answer::payload).body(changes).with_verification_hint("read the order")
}

/// Requests one page of a search.
#[inline]
pub fn search(search: &OrderSearch) -> Request<Page<OrderSummary>> {
    search.request()
}

/// The orders of an account: [`Client::orders`](crate::Client::orders).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Orders<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Orders<'_> {
    /// Gets orders by id, of any type; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<OrderId>) -> Result<Vec<Order>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// As [`Orders::get`], with the custom fields that are set and the names of those that are not.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get_with_custom_fields(&self, ids: &IdSet<OrderId>) -> Result<Vec<Order>, crate::Error> {
        self.0.in_chunks(ids, get_with_custom_fields).await
    }

    /// Lists which of these exist; see [`options`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn options(&self, ids: &IdSet<OrderId>) -> Result<Vec<IdSet<OrderId>>, crate::Error> {
        self.0.send(&options(ids)).await
    }

    /// Creates an order without rows; see [`new_order`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, order: &NewOrder) -> Result<OrderId, crate::Error> {
        self.0.send(&new_order::create(order)).await
    }

    /// Changes single fields of an order; see [`patch`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn patch(&self, order: OrderId, changes: &Patch) -> Result<Order, crate::Error> {
        self.0.send(&patch(order, changes)).await
    }

    /// Finds the orders that were created or changed since a time; see [`ChangedOrders`](super::ChangedOrders).
    pub fn changed_since(&self, time: impl Into<OffsetDateTime>) -> super::ChangedOrders {
        super::ChangedOrders::new(self.0.clone(), time.into())
    }

    /// Searches for orders.
    pub fn search(&self, search: OrderSearch) -> crate::client::Results<OrderSearch> {
        crate::client::Results::new(self.0, search)
    }
}
