//! Sales orders as their own resource: finding and reading the original of a return
//! (docs/evidence/brightpearl-orders.md#sales-orders).
//!
//! ```
//! use brightpearl::order::{SalesOrderSearch, sales_order};
//!
//! let search = SalesOrderSearch::new().customer_refs(["#10482", "10482"]);
//! let request = sales_order::search(&search);
//! assert_eq!(request.to_string(), "GET /order-service/sales-order-search?customerRefs=%2310482,10482");
//! ```

use std::collections::BTreeMap;

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    AllocationStatusCode, Invoice, OrderPaymentStatus, OrderStockStatusCode, PriceModeCode, SaleBilling,
    SaleCurrency, SaleCustomer, SaleDelivery, SaleRow, SaleTotal, ShippingStatusCode,
};
use crate::{
    ApiError, IdSet, answer, get_uris,
    ids::{
        ChannelId, ContactId, InstanceId, LeadSourceId, OrderId, OrderRowId, OrderStatusId, PriceListId,
        ProductId, ProjectId, ShippingMethodId, TaxCode, TeamId, WarehouseId,
    },
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

const GET: Endpoint = Endpoint::new(Method::Get, "/order-service/sales-order/{orderIds}", Idempotency::Read);
const OPTIONS: Endpoint =
    Endpoint::new(Method::Options, "/order-service/sales-order/{orderIds}", Idempotency::Read);
const SEARCH: Endpoint = Endpoint::new(Method::Get, "/order-service/sales-order-search", Idempotency::Read);
const CLOSE: Endpoint =
    Endpoint::new(Method::Post, "/order-service/sales-order/{orderId}/close", Idempotency::RepeatableWrite);
const PUT_ROWS: Endpoint = Endpoint::new(
    Method::Put,
    "/order-service/sales-order/{orderId}/row/{rowIds}",
    Idempotency::RepeatableWrite,
);

/// A sales order as its own resource shows it. The same order is an [`Order`](super::Order) of type `SO`, with
/// other names for the same things; one integrator found the shape of `/order` here too, so read
/// [`order::get`](super::order::get) where this one does not decode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesOrder {
    /// The order.
    pub id: OrderId,
    /// The customer.
    pub customer: SaleCustomer,
    /// The customer again, for older callers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<ContactId>,
    /// Who is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<SaleBilling>,
    /// The customer reference: connectors keep the shop's order number here, with or without `#`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The creator's unique reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// The integration instance that the external reference belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_integration_instance_id: Option<InstanceId>,
    /// When it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_on: Option<OffsetDateTime>,
    /// The tax date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_date: Option<OffsetDateTime>,
    /// The order it belongs to.
    #[serde(default, with = "wire::zero_is_none")]
    pub parent_id: Option<OrderId>,
    /// The status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_id: Option<OrderStatusId>,
    /// Whether the status is the account's cancelled one; none when the account has no such status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_canceled: Option<bool>,
    /// How much is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_payment_status: Option<OrderPaymentStatus>,
    /// How much stock has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_status_code: Option<OrderStockStatusCode>,
    /// How much stock is allocated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation_status_code: Option<AllocationStatusCode>,
    /// How much is shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_status_code: Option<ShippingStatusCode>,
    /// The warehouse.
    #[serde(default, with = "wire::zero_is_none")]
    pub warehouse_id: Option<WarehouseId>,
    /// The sales channel.
    #[serde(default, with = "wire::zero_is_none")]
    pub channel_id: Option<ChannelId>,
    /// The member of staff who owns it.
    #[serde(default, with = "wire::zero_is_none")]
    pub staff_owner_id: Option<ContactId>,
    /// The project.
    #[serde(default, with = "wire::zero_is_none")]
    pub project_id: Option<ProjectId>,
    /// The lead source.
    #[serde(default, with = "wire::zero_is_none")]
    pub lead_source_id: Option<LeadSourceId>,
    /// The team.
    #[serde(default, with = "wire::zero_is_none")]
    pub team_id: Option<TeamId>,
    /// The price list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_list_id: Option<PriceListId>,
    /// The cost price list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_price_list_id: Option<PriceListId>,
    /// Whether prices include tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_mode_code: Option<PriceModeCode>,
    /// The currency and its rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<SaleCurrency>,
    /// Where and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<SaleDelivery>,
    /// The rows, in no particular order.
    #[serde(default, with = "wire::null_is_default")]
    pub rows: Vec<SaleRow>,
    /// The totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<SaleTotal>,
    /// The invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// The order's weight in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_weighting: Option<i64>,
    /// Who created it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ContactId>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_on: Option<OffsetDateTime>,
    /// When it changed; absent until it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_on: Option<OffsetDateTime>,
}

/// A sales order as `sales-order-search` lists it. Statuses are codes here (`SOA`, `PAID`), where
/// `order-search` has numbers, and the channel has its own name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SalesOrderSummary {
    /// The order.
    pub sales_order_id: Option<OrderId>,
    /// The customer.
    pub customer_id: Option<ContactId>,
    /// The workflow status.
    pub order_status_id: Option<OrderStatusId>,
    /// How much stock has left.
    pub order_stock_status: Option<OrderStockStatusCode>,
    /// When it was created.
    pub created_on: Option<OffsetDateTime>,
    /// Who created it.
    pub created_by_id: Option<ContactId>,
    /// The customer reference.
    pub customer_ref: Option<String>,
    /// How much is paid.
    pub order_payment_status: Option<OrderPaymentStatus>,
    /// When it changed; null until it does.
    pub updated_on: Option<OffsetDateTime>,
    /// How much is shipped.
    pub order_shipping_status: Option<ShippingStatusCode>,
    /// The creator's unique reference.
    pub external_ref: Option<String>,
    /// The integration instance that the external reference belongs to.
    pub installed_integration_instance_id: Option<InstanceId>,
    /// The warehouse.
    pub warehouse_id: Option<WarehouseId>,
    /// The member of staff who owns it.
    pub staff_owner_id: Option<ContactId>,
    /// The tax date.
    pub tax_date: Option<OffsetDateTime>,
    /// The sales channel.
    pub channel_id: Option<ChannelId>,
    /// The delivery date.
    pub delivery_date: Option<OffsetDateTime>,
}

searchable! {
    /// Finds sales orders.
    pub struct SalesOrderSearch for SalesOrderSummary, at SEARCH {
        /// These orders.
        ids(IdSet<OrderId>) = "salesOrderId",
        /// Of this customer.
        customer(ContactId) = "customerId",
        /// In this workflow status.
        status(OrderStatusId) = "orderStatusId",
        /// With this much stock gone.
        stock_status(OrderStockStatusCode) = "orderStockStatus",
        /// Paid this far.
        payment_status(OrderPaymentStatus) = "orderPaymentStatus",
        /// Shipped this far.
        shipping_status(ShippingStatusCode) = "orderShippingStatus",
        /// With this customer reference, exactly.
        customer_ref(str) = "customerRef",
        /// With this external reference, exactly.
        external_ref(str) = "externalRef",
        /// With this text somewhere in the external reference.
        external_ref_contains(str) = "externalRefSearchString",
        /// Created by this integration instance. A sale of the shop's own connector belongs to that one.
        instance(InstanceId) = "installedIntegrationInstanceId",
        /// From these warehouses.
        warehouses(IdSet<WarehouseId>) = "warehouseId",
        /// Of this channel.
        channel(ChannelId) = "channelId",
        /// Owned by this member of staff.
        staff_owner(ContactId) = "staffOwnerId",
        /// Created in this period.
        created_on(Period) = "createdOn",
        /// Changed in this period. Orders that never changed have no such time: sweep `createdOn` too.
        updated_on(Period) = "updatedOn",
        /// Placed in this period.
        placed_on(Period) = "placedOn",
        /// With a tax date in this period.
        tax_date(Period) = "taxDate",
        /// To be delivered in this period.
        delivery_date(Period) = "deliveryDate",
        /// With one of these products.
        products(IdSet<ProductId>) = "productIds",
        /// Invoiced, or not.
        closed(bool) = "isClosed",
        /// Imported from before the account, or not.
        historical(bool) = "isHistoricalOrder",
        /// From this lead source.
        lead_source(LeadSourceId) = "leadSourceId",
        /// Of this project.
        project(ProjectId) = "projectId",
        /// By this shipping method.
        shipping_method(ShippingMethodId) = "shippingMethodId",
    }

    /// The columns of a search of sales orders, as [`SalesOrderSearch::columns`] takes them.
    pub enum SalesOrderColumn {
        SalesOrderId = "salesOrderId",
        CustomerId = "customerId",
        OrderStatusId = "orderStatusId",
        OrderStockStatus = "orderStockStatus",
        CreatedOn = "createdOn",
        CreatedById = "createdById",
        CustomerRef = "customerRef",
        OrderPaymentStatus = "orderPaymentStatus",
        UpdatedOn = "updatedOn",
        OrderShippingStatus = "orderShippingStatus",
        ExternalRef = "externalRef",
        InstalledIntegrationInstanceId = "installedIntegrationInstanceId",
        WarehouseId = "warehouseId",
        StaffOwnerId = "staffOwnerId",
        TaxDate = "taxDate",
        ChannelId = "channelId",
        DeliveryDate = "deliveryDate",
    }

    key "salesOrderId" in sales_order_id: OrderId;
}

impl SalesOrderSearch {
    /// With one of these customer references, exactly.
    pub fn customer_refs<S: AsRef<str>>(self, references: impl IntoIterator<Item = S>) -> Self {
        self.filter("customerRefs", crate::search::string_set(references))
    }

    /// With one of these external references, exactly.
    pub fn external_refs<S: AsRef<str>>(self, references: impl IntoIterator<Item = S>) -> Self {
        self.filter("externalRefs", crate::search::string_set(references))
    }
}

/// The new content of a row of a sales order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowReplacement {
    /// The row.
    pub id: OrderRowId,
    /// The product; none for a free-text row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The name; needed on a free-text row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many; whole for stock-tracked products and bundles.
    #[serde(with = "wire::decimal")]
    pub quantity: Decimal,
    /// The tax code.
    pub tax_code: TaxCode,
    /// The whole row without tax, at most four decimals.
    #[serde(with = "wire::decimal")]
    pub net: Decimal,
    /// The whole row's tax, at most four decimals.
    #[serde(with = "wire::decimal")]
    pub tax: Decimal,
}

/// The result for each row that was to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[must_use = "rows that were rejected are reported only here"]
pub struct RowOutcomes {
    /// An HTTP status a row.
    pub resource_statuses: BTreeMap<OrderRowId, u16>,
    /// The error of a row; empty for one that was replaced.
    pub resource_errors: BTreeMap<OrderRowId, Vec<ApiError>>,
}

impl RowOutcomes {
    /// Returns the rows that were not replaced.
    pub fn refused(&self) -> impl Iterator<Item = OrderRowId> {
        self.resource_statuses.iter().filter(|(_, status)| !(200..300).contains(*status)).map(|(id, _)| *id)
    }
}

/// Requests sales orders by id; those that do not exist are left out.
#[inline]
pub fn get(ids: &IdSet<OrderId>) -> Request<Vec<SalesOrder>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Requests which of these sales orders exist, in sets that one GET takes each; of all sales orders when the set is
/// empty.
#[inline]
pub fn options(ids: &IdSet<OrderId>) -> Request<Vec<IdSet<OrderId>>> {
    Request::new(OPTIONS, &[ids], get_uris::id_sets)
}

/// Requests one page of a search.
#[inline]
pub fn search(search: &SalesOrderSearch) -> Request<Page<SalesOrderSummary>> {
    search.request()
}

/// Invoices a sales order; as [`sales_credit::close`](super::sales_credit::close).
#[inline]
pub fn close(order: OrderId) -> Request<()> {
    #[derive(Serialize)]
    struct Nothing {}
    Request::new(CLOSE, &[&order], answer::nothing).body(&Nothing {})
}

/// Replaces rows of a sales order; each row is accepted or rejected by itself
/// (docs/evidence/brightpearl-orders.md#order-rows). A wrong quantity is rejected with `ORDC-024`. Rows of
/// sales credits have no PUT: patch them with [`row::patch`](super::row::patch).
#[inline]
pub fn put_rows(order: OrderId, rows: &[RowReplacement]) -> Request<RowOutcomes> {
    let ids: IdSet<OrderRowId> = rows.iter().map(|row| row.id).collect();
    Request::new(PUT_ROWS, &[&order, &ids], answer::payload).body(&rows)
}

/// The sales orders of an account: [`Client::sales_orders`](crate::Client::sales_orders).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct SalesOrders<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl SalesOrders<'_> {
    /// Gets sales orders by id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<OrderId>) -> Result<Vec<SalesOrder>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Lists which of these exist; see [`options`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn options(&self, ids: &IdSet<OrderId>) -> Result<Vec<IdSet<OrderId>>, crate::Error> {
        self.0.send(&options(ids)).await
    }

    /// Searches for sales orders.
    pub fn search(&self, search: SalesOrderSearch) -> crate::client::Results<SalesOrderSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Invoices a sales order; see [`close`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn close(&self, order: OrderId) -> Result<(), crate::Error> {
        self.0.send(&close(order)).await
    }

    /// Replaces rows; see [`put_rows`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind). A rejected row is not an error of the call: check
    /// [`RowOutcomes::refused`].
    pub async fn put_rows(
        &self,
        order: OrderId,
        rows: &[RowReplacement],
    ) -> Result<RowOutcomes, crate::Error> {
        self.0.send(&put_rows(order, rows)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_client_core::HttpResponse;

    #[test]
    fn the_ladder_of_finding_a_shops_order_reads_as_filters() {
        let search = SalesOrderSearch::new().customer_refs(["#10482", "10482"]).channel(&ChannelId::new(9));
        assert_eq!(
            super::search(&search).to_string(),
            "GET /order-service/sales-order-search?customerRefs=%2310482,10482&channelId=9"
        );
        let search = SalesOrderSearch::new().external_ref_contains("4410021").closed(&false);
        assert_eq!(
            super::search(&search).to_string(),
            "GET /order-service/sales-order-search?externalRefSearchString=4410021&isClosed=false"
        );
    }

    #[test]
    fn each_row_has_its_own_outcome() {
        let row = RowReplacement {
            id: OrderRowId::new(90332),
            product_id: None,
            name: Some("Gift wrap".into()),
            quantity: 1.into(),
            tax_code: TaxCode::new("T20"),
            net: "2.50".parse().unwrap(),
            tax: "0.50".parse().unwrap(),
        };
        let request = put_rows(
            OrderId::new(300871),
            &[row.clone(), RowReplacement { id: OrderRowId::new(90331), ..row }],
        );
        assert_eq!(request.to_string(), "PUT /order-service/sales-order/300871/row/90331,90332");
        let answer = HttpResponse {
            status: 200,
            headers: Default::default(),
            body: br#"{"response":{"resourceStatuses":{"90331":200,"90332":400},
                "resourceErrors":{"90331":[],"90332":[{"code":"ORDC-024","message":"Invalid quantity"}]}}}"#
                .to_vec(),
        };
        let outcomes = request.read(&answer).unwrap();
        assert_eq!(outcomes.refused().collect::<Vec<_>>(), [OrderRowId::new(90332)]);
        assert_eq!(outcomes.resource_errors[&OrderRowId::new(90332)][0].code, "ORDC-024");
    }
}
