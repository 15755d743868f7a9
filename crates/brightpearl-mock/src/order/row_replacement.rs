//! `PUT /sales-order/{id}/row/{ids}`: replaces rows of a sales order, each with a result of its own
//! (docs/evidence/brightpearl-orders.md#order-rows).

use std::collections::BTreeMap;

use api_client_core::wire;
use brightpearl::{
    IdSet, NominalCode, OrderId, OrderRowId, ProductId, TaxCode,
    order::{Order, OrderRow, OrderTypeCode},
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    computed::{compute, modified, received_on_row},
    row::{CheckedRow, NewRow, RowDecimals, combined},
};
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    state::Account,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplacementBody {
    id: OrderRowId,
    product_id: Option<ProductId>,
    name: Option<String>,
    #[serde(default, with = "wire::optional_decimal")]
    quantity: Option<Decimal>,
    tax_code: Option<TaxCode>,
    #[serde(default, with = "wire::optional_decimal")]
    net: Option<Decimal>,
    #[serde(default, with = "wire::optional_decimal")]
    tax: Option<Decimal>,
    nominal_code: Option<NominalCode>,
}

/// `PUT /sales-order/{id}/row/{ids}`: 200 if all rows are replaced, 400 if none is. 207 for some of them is an
/// assumption.
pub(crate) fn put(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let bodies: Vec<ReplacementBody> = call.body()?;
    let (id, rows) = (call.id(0)?, call.ids(1)?.unwrap_or_default());
    check_order(account, id)?;
    if IdSet::of(bodies.iter().map(|body| body.id.get())) != rows {
        return Err(Problem::client(
            placeholder_codes::ROW,
            "The row IDs of the path and of the body differ",
        ));
    }
    let mut statuses = BTreeMap::new();
    let mut errors: BTreeMap<String, Value> = BTreeMap::new();
    let mut problems = Vec::new();
    let count = bodies.len();
    for body in bodies {
        let row = body.id;
        let outcome = replace(account, id, body);
        statuses.insert(row.to_string(), outcome.as_ref().map_or_else(|problem| problem.status, |()| 200));
        let listed = outcome.as_ref().map_or_else(Problem::listed, |()| json!([]));
        errors.insert(row.to_string(), listed);
        problems.extend(outcome.err());
    }
    let status = match problems.len() {
        0 => 200,
        refused if refused == count => return Problem::all(problems).map(|()| Answer::nothing()),
        _ => 207,
    };
    compute(account, id);
    modified(account, id, call.now);
    Ok(Answer::of(json!({ "resourceStatuses": statuses, "resourceErrors": errors })).status(status))
}

fn check_order(account: &Account, id: OrderId) -> Result<(), Problem> {
    let order = account.order(id)?;
    if order.order_type_code != OrderTypeCode::SalesOrder {
        return Err(Problem::client("ORDC-003", format!("Order {id} is not a sales order")));
    }
    if order.is_closed() {
        return Err(Problem::client(
            placeholder_codes::INVOICED,
            format!("Order {id} is invoiced: its rows cannot change"),
        ));
    }
    Ok(())
}

/// Replaces a row. It keeps its position and its external reference.
fn replace(account: &mut Account, order_id: OrderId, body: ReplacementBody) -> Result<(), Problem> {
    let id = body.id;
    let order = account.order(order_id)?;
    let currency = order.currency.order_currency_code.clone();
    let before = order.order_rows.get(&id).cloned();
    let before =
        before.ok_or_else(|| Problem::not_found(format!("Cannot find row {id} of order {order_id}")))?;
    if received_on_row(account, order_id, id) > 0 {
        return Err(Problem::client(
            placeholder_codes::ROW,
            format!("Goods moved on row {id}: it cannot be replaced"),
        ));
    }
    let new = NewRow {
        id: Some(id),
        product_id: body.product_id,
        name: body.name,
        quantity: body.quantity,
        tax_code: body.tax_code,
        net: body.net,
        tax: body.tax,
        nominal_code: body.nominal_code.or(before.nominal_code),
        external_ref: before.external_ref,
    };
    let checked = CheckedRow::check(account, &OrderTypeCode::SalesOrder, new, RowDecimals::Four);
    let checked = checked.map_err(combined)?;
    let rows = checked.build(account, &currency, before.order_row_sequence.get().saturating_sub(10));
    if let Some(order) = account.orders.get_mut(&order_id) {
        remove_components(order, id);
        order.order_rows.extend(rows);
    }
    Ok(())
}

fn remove_components(order: &mut Order, bundle: OrderRowId) {
    let stays = |row: &OrderRow| row.composition.parent_order_row_id != Some(bundle);
    order.order_rows.retain(|_, row| stays(row));
}
