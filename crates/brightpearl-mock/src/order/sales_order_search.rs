//! `sales-order-search`: an `order-search` for sales orders, with codes instead of ids
//! (docs/evidence/brightpearl-orders.md#sales-orders).

use brightpearl::order::{Order, OrderTypeCode};
use serde_json::json;

use super::{candidates::candidates, id_or_zero, order_search::products};
use crate::{
    gateway::{Answer, Call, Problem},
    search::{Column, Kind, Table, no_names},
    state::Account,
};

type OrderColumn = Column<Order>;

const SALES_ORDERS: Table<Order> = Table {
    columns: &[
        OrderColumn::new("salesOrderId", Kind::IdSet, |order| json!(order.id)),
        OrderColumn::new("customerId", Kind::Integer, |order| {
            json!(order.parties.customer.as_ref().and_then(|party| party.contact_id))
        }),
        OrderColumn::new("orderStatusId", Kind::Integer, |order| json!(order.order_status.order_status_id)),
        OrderColumn::new("orderStockStatus", Kind::Text, |order| json!(order.stock_status_code)),
        OrderColumn::new("createdOn", Kind::Period, |order| json!(order.created_on)),
        OrderColumn::new("createdById", Kind::Integer, |order| json!(order.created_by_id)),
        OrderColumn::new("customerRef", Kind::Text, |order| json!(order.reference)),
        OrderColumn::new("orderPaymentStatus", Kind::Text, |order| json!(order.order_payment_status)),
        OrderColumn::new("updatedOn", Kind::Period, |order| json!(order.updated_on)),
        OrderColumn::new("orderShippingStatus", Kind::Text, |order| json!(order.shipping_status_code)),
        OrderColumn::new("externalRef", Kind::Text, |order| json!(order.external_ref)),
        OrderColumn::new("installedIntegrationInstanceId", Kind::Integer, |order| {
            json!(order.installed_integration_instance_id)
        }),
        OrderColumn::new("warehouseId", Kind::IdSet, |order| json!(order.warehouse_id)),
        OrderColumn::new("staffOwnerId", Kind::Integer, |order| {
            id_or_zero(order.assignment.current.staff_owner_contact_id)
        }),
        OrderColumn::new("taxDate", Kind::Period, |order| {
            json!(order.invoices.first().and_then(|invoice| invoice.tax_date))
        }),
        OrderColumn::new("channelId", Kind::Integer, |order| id_or_zero(order.assignment.current.channel_id)),
        OrderColumn::new("deliveryDate", Kind::Period, |order| json!(order.delivery.delivery_date)),
        OrderColumn::filter_only("productIds", Kind::IdSet, products),
        OrderColumn::filter_only("customerRefs", Kind::TextSet, |order| json!(order.reference)),
        OrderColumn::filter_only("externalRefs", Kind::TextSet, |order| json!(order.external_ref)),
        OrderColumn::filter_only("externalRefSearchString", Kind::SearchText, |order| {
            json!(order.external_ref)
        }),
        OrderColumn::filter_only("isClosed", Kind::Boolean, |order| json!(order.is_closed())),
        OrderColumn::filter_only("isHistoricalOrder", Kind::Boolean, |order| json!(order.historical_order)),
        OrderColumn::filter_only("placedOn", Kind::Period, |order| json!(order.placed_on)),
        OrderColumn::filter_only("leadSourceId", Kind::Integer, |order| {
            json!(order.assignment.current.lead_source_id)
        }),
        OrderColumn::filter_only("projectId", Kind::Integer, |order| {
            json!(order.assignment.current.project_id)
        }),
        OrderColumn::filter_only("shippingMethodId", Kind::Integer, |order| {
            json!(order.delivery.shipping_method_id)
        }),
    ],
    sort: "salesOrderId",
};

/// `GET /sales-order-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let is_sale = |order: &&Order| {
        order.order_type_code == OrderTypeCode::SalesOrder && call.is_indexed(order.created_on)
    };
    SALES_ORDERS.search(candidates(account, call).filter(is_sale), call, &no_names)
}
