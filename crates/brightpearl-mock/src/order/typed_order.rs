//! Sales credits and sales orders as resources of their own: create, read, close
//! (docs/evidence/brightpearl-orders.md#sales-credits, docs/evidence/brightpearl-orders.md#sales-orders,
//! docs/evidence/brightpearl-orders.md#field-names-of-orders-and-sales-credits).

use brightpearl::{
    OrderRowId,
    order::{Order, OrderRow, OrderTypeCode, Party},
};
use serde_json::{Value, json};

use super::{
    close::{self, answer_pending_closes},
    creation, id_or_zero,
};
use crate::{
    gateway::{Answer, Call, Problem, get_uris},
    state::Account,
    text,
};

/// `POST /sales-credit`.
pub(crate) fn create_sales_credit(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    creation::post(account, call, OrderTypeCode::SalesCredit)
}

/// `GET /sales-credit/{ids}`: 200, or 207 if only some exist.
pub(crate) fn get_sales_credit(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    get(account, call, &OrderTypeCode::SalesCredit)
}

/// `POST /sales-credit/{id}/close`.
pub(crate) fn close_sales_credit(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    close::close(account, call, &OrderTypeCode::SalesCredit)
}

/// `POST /sales-order`: with the body, the checks and the key of a sales credit.
pub(crate) fn create_sales_order(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    creation::post(account, call, OrderTypeCode::SalesOrder)
}

/// `GET /sales-order/{ids}`: like sales credits. The 207 is an assumption.
pub(crate) fn get_sales_order(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    get(account, call, &OrderTypeCode::SalesOrder)
}

/// `OPTIONS /sales-order[/{ids}]`.
pub(crate) fn sales_order_options(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let is_sale = |order: &&Order| order.order_type_code == OrderTypeCode::SalesOrder;
    get_uris(call, "sales-order", account.orders.values().filter(is_sale).map(|order| order.id))
}

/// `POST /sales-order/{id}/close`.
pub(crate) fn close_sales_order(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    close::close(account, call, &OrderTypeCode::SalesOrder)
}

/// Answers with the orders of this type: 207 if only some exist, 200 for all or none.
fn get(account: &mut Account, call: &Call<'_>, kind: &OrderTypeCode) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    answer_pending_closes(account, &ids, call.now);
    let found: Vec<Value> = super::order::by_ids(account, &ids)
        .into_iter()
        .filter(|order| order.order_type_code == *kind)
        .map(|order| view(account, order))
        .collect();
    let shows_it = *kind == OrderTypeCode::SalesCredit || call.switches.partly_found_sales_orders_are_207;
    let partly = shows_it && !found.is_empty() && (found.len() as u64) < ids.len();
    Ok(Answer::of(found).status(if partly { 207 } else { 200 }))
}

fn view(account: &Account, order: &Order) -> Value {
    let assigned = &order.assignment.current;
    let customer = order.parties.customer.as_ref();
    let billing = order.parties.billing.as_ref();
    let total = order.total_value.as_ref();
    let invoice = order.invoices.first();
    let rows: Vec<Value> = order.order_rows.iter().map(|(id, row)| row_view(*id, row)).collect();
    let mut view = json!({
        "id": order.id,
        "customer": { "id": customer.and_then(|party| party.contact_id), "address": address(customer) },
        "customerId": customer.and_then(|party| party.contact_id),
        "billing": { "contactId": billing.and_then(|party| party.contact_id), "address": address(billing) },
        "ref": order.reference,
        "externalRef": order.external_ref,
        "installedIntegrationInstanceId": order.installed_integration_instance_id,
        "placedOn": order.placed_on,
        "taxDate": invoice.and_then(|invoice| invoice.tax_date),
        "parentId": id_or_zero(order.parent_order_id),
        "statusId": order.order_status.order_status_id,
        "warehouseId": id_or_zero(order.warehouse_id),
        "channelId": id_or_zero(assigned.channel_id),
        "staffOwnerId": id_or_zero(assigned.staff_owner_contact_id),
        "projectId": id_or_zero(assigned.project_id),
        "leadSourceId": id_or_zero(assigned.lead_source_id),
        "teamId": id_or_zero(assigned.team_id),
        "priceListId": order.price_list_id,
        "priceModeCode": order.price_mode_code,
        "currency": {
            "code": order.currency.order_currency_code,
            "fixedExchangeRate": order.currency.fixed_exchange_rate,
            "exchangeRate": text(order.currency.exchange_rate),
        },
        "delivery": {
            "date": order.delivery.delivery_date,
            "shippingMethodId": id_or_zero(order.delivery.shipping_method_id),
            "address": address(order.parties.delivery.as_ref()),
        },
        "rows": rows,
        "total": total.map(|total| json!({
            "net": text(total.net), "tax": text(total.tax_amount), "gross": text(total.total),
            "baseNet": text(total.base_net), "baseTax": text(total.base_tax_amount), "baseGross": text(total.base_total),
        })),
        "stockStatusCode": order.stock_status_code,
        "createdBy": order.created_by_id,
        "createdOn": order.created_on,
        "updatedOn": order.updated_on,
    });
    if order.order_type_code == OrderTypeCode::SalesOrder {
        let cancelled = account.configured("cancelledOrderStatusId");
        view["isCanceled"] = json!(
            cancelled.map(|status: brightpearl::OrderStatusId| status == order.order_status.order_status_id)
        );
        view["orderPaymentStatus"] = json!(order.order_payment_status);
        view["allocationStatusCode"] = json!(order.allocation_status_code);
        view["shippingStatusCode"] = json!(order.shipping_status_code);
        view["invoice"] = json!(invoice);
        view["orderWeighting"] = json!(order.order_weighting);
        view["costPriceListId"] = json!(order.cost_price_list_id);
    }
    view
}

fn row_view(id: OrderRowId, row: &OrderRow) -> Value {
    let value = &row.row_value;
    json!({
        "id": id,
        "productId": row.product_id,
        "name": row.product_name,
        "sku": row.product_sku,
        "quantity": text(row.quantity.magnitude),
        "taxCode": value.tax_code,
        "net": text(value.row_net.value),
        "tax": text(value.row_tax.value),
        "nominalCode": row.nominal_code,
        "externalRef": row.external_ref,
        "bundleParent": row.composition.bundle_parent,
        "bundleChild": row.composition.bundle_child,
        "parentRowId": row.composition.parent_order_row_id,
        "productPrice": text(row.product_price.as_ref().map(|price| price.value)),
        "discountPercentage": text(row.discount_percentage),
        "sequence": row.order_row_sequence,
        "taxClassId": value.tax_class_id,
        "taxCalculator": value.tax_calculator,
    })
}

fn address(party: Option<&Party>) -> Value {
    json!(party.map(|party| &party.address))
}
