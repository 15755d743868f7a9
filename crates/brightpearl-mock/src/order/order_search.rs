//! `order-search`: all 19 columns and the additional filters (docs/evidence/brightpearl-orders.md#order-search).

use brightpearl::order::{Order, OrderPaymentStatus, OrderStockStatusCode, ShippingStatusCode};
use serde_json::{Value, json};

use super::{
    candidates::candidates,
    code_list::{SHIPPING_STATUSES, STOCK_STATUSES},
    id_or_zero,
};
use crate::{
    gateway::{Answer, Call, Problem},
    search::{Column, Kind, Table},
    state::Account,
};

const ORDERS: Table<Order> = Table { columns: COLUMNS, sort: "orderId" };

type OrderColumn = Column<Order>;

const COLUMNS: &[OrderColumn] = &[
    OrderColumn::new("orderId", Kind::IdSet, |order| json!(order.id)),
    OrderColumn::new("orderTypeId", Kind::IdSet, |order| json!(order.order_type_code.search_id()))
        .named_by(TYPES),
    OrderColumn::new("contactId", Kind::Integer, contact),
    OrderColumn::new("orderStatusId", Kind::Integer, |order| json!(order.order_status.order_status_id))
        .named_by("orderStatusNames"),
    OrderColumn::new("orderStockStatusId", Kind::Integer, stock_status).named_by("orderStockStatusNames"),
    OrderColumn::new("createdOn", Kind::Period, |order| json!(order.created_on)),
    OrderColumn::new("createdById", Kind::Integer, |order| json!(order.created_by_id)),
    OrderColumn::new("customerRef", Kind::Text, |order| json!(order.reference)),
    OrderColumn::new("orderPaymentStatusId", Kind::Integer, payment_status)
        .named_by("orderPaymentStatusNames"),
    OrderColumn::new("updatedOn", Kind::Period, |order| json!(order.updated_on)),
    OrderColumn::new("parentOrderId", Kind::IdSet, |order| json!(order.parent_order_id)),
    OrderColumn::new("orderShippingStatusId", Kind::Integer, shipping_status)
        .named_by("orderShippingStatusNames"),
    OrderColumn::new("externalRef", Kind::Text, external_ref),
    OrderColumn::new("installedIntegrationInstanceId", Kind::Integer, |order| {
        json!(order.installed_integration_instance_id)
    }),
    OrderColumn::new("warehouseId", Kind::IdSet, |order| json!(order.warehouse_id)),
    OrderColumn::new("staffOwnerContactId", Kind::Integer, |order| {
        id_or_zero(order.assignment.current.staff_owner_contact_id)
    }),
    OrderColumn::new("taxDate", Kind::Period, |order| {
        json!(order.invoices.first().and_then(|invoice| invoice.tax_date))
    }),
    OrderColumn::new("departmentId", Kind::Integer, |order| id_or_zero(order.assignment.current.channel_id)),
    OrderColumn::new("deliveryDate", Kind::Period, |order| json!(order.delivery.delivery_date)),
    OrderColumn::filter_only("customerRefs", Kind::TextSet, |order| json!(order.reference)),
    OrderColumn::filter_only("externalRefs", Kind::TextSet, external_ref),
    OrderColumn::filter_only("externalRefSearchString", Kind::SearchText, external_ref),
    OrderColumn::filter_only("isClosed", Kind::Boolean, |order| json!(order.is_closed())),
    OrderColumn::filter_only("placedOn", Kind::Period, |order| json!(order.placed_on)),
    OrderColumn::filter_only("isHistoricalOrder", Kind::Boolean, |order| json!(order.historical_order)),
    OrderColumn::filter_only("shippingMethodId", Kind::Integer, |order| {
        json!(order.delivery.shipping_method_id)
    }),
    OrderColumn::filter_only("projectId", Kind::Integer, |order| json!(order.assignment.current.project_id)),
    OrderColumn::filter_only("leadSourceId", Kind::Integer, |order| {
        json!(order.assignment.current.lead_source_id)
    }),
    OrderColumn::filter_only("productIds", Kind::IdSet, products),
];

const TYPES: &str = "orderTypeNames";
const TYPE_NAMES: [&str; 4] = ["SALES_ORDER", "PURCHASE_ORDER", "SALES_CREDIT", "PURCHASE_CREDIT"];

/// `GET /order-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let name_of = |map: &str, id: &Value| name(account, map, id.as_u64()?);
    let mut answer = ORDERS.search(
        candidates(account, call).filter(|order| call.is_indexed(order.created_on)),
        call,
        &name_of,
    )?;
    // All four order types are listed, even if they do not occur (docs/evidence/brightpearl-orders.md#order-search).
    if let Some(types) = answer.body.get_mut("reference").and_then(|maps| maps.get_mut(TYPES)) {
        *types = (1..).zip(TYPE_NAMES).map(|(id, name): (u64, _)| (id.to_string(), json!(name))).collect();
    }
    Ok(answer)
}

/// Returns a name for a reference map. Only the order types, `Unset`, `Unpaid` and the first shipping status are
/// recorded.
fn name(account: &Account, map: &str, id: u64) -> Option<String> {
    let place = usize::try_from(id).ok()?.checked_sub(1)?;
    let listed = |names: &[&str]| names.get(place).map(|name| (*name).to_owned());
    match map {
        TYPES => listed(&TYPE_NAMES),
        "orderStatusNames" => {
            account.status(brightpearl::OrderStatusId::new(id)).map(|status| status.name.clone())
        }
        "orderPaymentStatusNames" => {
            listed(&["Unpaid", "Partially paid", "Paid", "Authorized", "Not applicable"])
        }
        "orderShippingStatusNames" => SHIPPING_STATUSES.get(place).map(|(_, name)| (*name).to_owned()),
        "orderStockStatusNames" => STOCK_STATUSES.get(place).map(|(_, name)| (*name).to_owned()),
        _ => None,
    }
}

pub(super) fn products(order: &Order) -> Value {
    json!(order.order_rows.values().map(|row| row.product_id).collect::<Vec<_>>())
}

fn contact(order: &Order) -> Value {
    let party = order.parties.customer.as_ref().or(order.parties.supplier.as_ref());
    json!(party.and_then(|party| party.contact_id))
}

fn external_ref(order: &Order) -> Value {
    json!(order.external_ref)
}

/// The ids of docs/evidence/brightpearl-orders.md#stock-statuses: three for each order type, and 13 for orders
/// without stock.
fn stock_status(order: &Order) -> Value {
    let code = order.stock_status_code.as_ref();
    json!(
        code.and_then(|code| OrderStockStatusCode::KNOWN.iter().position(|known| known == code))
            .map(|place| place + 1)
    )
}

/// The payment status ids. Only 1 (unpaid) and 5 (not applicable) are recorded
/// (docs/evidence/brightpearl-orders.md#payment-statuses).
fn payment_status(order: &Order) -> Value {
    json!(order.order_payment_status.as_ref().and_then(|status| match status {
        OrderPaymentStatus::Unpaid => Some(1),
        OrderPaymentStatus::PartiallyPaid => Some(2),
        OrderPaymentStatus::Paid => Some(3),
        OrderPaymentStatus::NotApplicable => Some(5),
        _ => None,
    }))
}

fn shipping_status(order: &Order) -> Value {
    let code = order.shipping_status_code.as_ref();
    json!(
        code.and_then(|code| ShippingStatusCode::KNOWN.iter().position(|known| known == code))
            .map(|place| place + 1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use brightpearl::order::OrderTypeCode;

    #[test]
    fn the_stock_status_ids_are_those_of_the_documentation() {
        let id = |code: &OrderStockStatusCode| {
            OrderStockStatusCode::KNOWN.iter().position(|known| known == code).unwrap() + 1
        };
        assert_eq!(id(&OrderStockStatusCode::SaleNone), 1);
        assert_eq!(id(&OrderStockStatusCode::CreditNone), 7);
        assert_eq!(id(&OrderStockStatusCode::CreditAll), 9);
        assert_eq!(id(&OrderStockStatusCode::NotApplicable), 13);
        assert_eq!(OrderTypeCode::SalesCredit.search_id(), Some(3));
    }
}
