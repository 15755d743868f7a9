//! Changing and removing rows (docs/evidence/brightpearl-orders.md#order-rows).

use api_client_core::wire;
use brightpearl::{
    NominalCode, OrderId, OrderRowId,
    order::{Order, OrderRow, TaxCalculator, row::Sequence},
};
use rust_decimal::Decimal;

use super::{
    computed::{compute, modified, received_on_row},
    row::scaled,
};
use crate::{
    decimals::two_decimals,
    gateway::{Answer, Call, Operation, Problem, apply_all, placeholder_codes},
    state::Account,
};

/// The maximum number of decimals of quantities and amounts in a PATCH.
const MAX_DECIMALS: u32 = 4;

/// `PATCH /order/{id}/row/{id}`: answers with the row, without its id.
pub(crate) fn patch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let (order_id, row_id): (OrderId, OrderRowId) = (call.id(0)?, call.id(1)?);
    let before = changeable(account, order_id, row_id)?;
    let mut row = before.clone();
    let refused = apply_all(&operations, &mut row, call.switches, apply)?;
    check_quantity(account, order_id, row_id, &row)?;
    let names = |path: &str| operations.iter().any(|operation| operation.path == path);
    let follows = row.row_value.tax_calculator == Some(TaxCalculator::Brightpearl);
    if names("/rowValue/rowNet/value") && !names("/rowValue/rowTax/value") && follows {
        recompute_tax(&mut row);
    }

    let per_bundle = row.quantity.magnitude / before.quantity.magnitude;
    if let Some(order) = account.orders.get_mut(&order_id) {
        for component in components_mut(order, row_id) {
            component.quantity.magnitude = scaled(component.quantity.magnitude * per_bundle, MAX_DECIMALS);
        }
        order.order_rows.insert(row_id, row.clone());
    }
    compute(account, order_id);
    modified(account, order_id, call.now);
    refused.map_or_else(|| Ok(Answer::of(row)), Err)
}

/// `DELETE /order/{id}/row/{id}`: deletes a bundle with its component rows. That a row with receipts cannot be
/// deleted is an assumption.
pub(crate) fn delete(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let (order_id, row_id): (OrderId, OrderRowId) = (call.id(0)?, call.id(1)?);
    changeable(account, order_id, row_id)?;
    let goes =
        |id: OrderRowId, row: &OrderRow| id == row_id || row.composition.parent_order_row_id == Some(row_id);
    let rows = &account.order(order_id)?.order_rows;
    if rows.iter().any(|(id, row)| goes(*id, row) && received_on_row(account, order_id, *id) > 0) {
        let message = format!("Goods were received on row {row_id}: it cannot be removed");
        return Err(Problem::client(placeholder_codes::ROW, message));
    }
    if let Some(order) = account.orders.get_mut(&order_id) {
        order.order_rows.retain(|id, row| !goes(*id, row));
    }
    compute(account, order_id);
    modified(account, order_id, call.now);
    Ok(Answer::nothing())
}

/// Returns the row. An invoiced order is an error.
fn changeable(account: &Account, order_id: OrderId, row_id: OrderRowId) -> Result<OrderRow, Problem> {
    let order = account.order(order_id)?;
    if order.is_closed() {
        let message = format!("Order {order_id} is invoiced: its rows cannot change");
        return Err(Problem::client(placeholder_codes::INVOICED, message));
    }
    let row = order.order_rows.get(&row_id).cloned();
    row.ok_or_else(|| Problem::not_found(format!("Cannot find row {row_id} of order {order_id}")))
}

fn apply(row: &mut OrderRow, operation: &Operation) -> Result<(), Problem> {
    match operation.path.as_str() {
        "/quantity/magnitude" => {
            let quantity = decimal(operation)?;
            if quantity <= Decimal::ZERO {
                return Err(Problem::client("ORDC-024", "Invalid quantity"));
            }
            row.quantity.magnitude = scaled(quantity, MAX_DECIMALS);
        }
        "/rowValue/rowNet/value" => row.row_value.row_net.value = scaled(decimal(operation)?, MAX_DECIMALS),
        "/rowValue/rowTax/value" => row.row_value.row_tax.value = two_decimals(decimal(operation)?),
        "/nominalCode" => row.nominal_code = Some(operation.replacement::<NominalCode>()?),
        "/rowValue/taxCalculator" => row.row_value.tax_calculator = Some(operation.replacement()?),
        "/orderRowSequence" => row.order_row_sequence = operation.replacement::<Sequence>()?,
        _ => return Err(operation.unsupported()),
    }
    Ok(())
}

fn decimal(operation: &Operation) -> Result<Decimal, Problem> {
    let wire::Number(value) = operation.replacement()?;
    if value.normalize().scale() > MAX_DECIMALS {
        let message = format!("{} takes at most {MAX_DECIMALS} decimals", operation.path);
        return Err(Problem::client(placeholder_codes::AMOUNT, message));
    }
    Ok(value)
}

/// Checks that a quantity is not below the received quantity.
fn check_quantity(account: &Account, order: OrderId, id: OrderRowId, row: &OrderRow) -> Result<(), Problem> {
    let received = received_on_row(account, order, id);
    if row.quantity.magnitude < Decimal::from(received) {
        return Err(Problem::client(
            "ORDC-024",
            format!("Invalid quantity: {received} are received already"),
        ));
    }
    Ok(())
}

/// As seen on a live account: a net change from 100 to 200 at 13 % changed the tax to 26.00.
fn recompute_tax(row: &mut OrderRow) {
    let rate = row.row_value.tax_rate.unwrap_or_default();
    row.row_value.row_tax.value = two_decimals(row.row_value.row_net.value * rate / Decimal::ONE_HUNDRED);
}

fn components_mut(order: &mut Order, bundle: OrderRowId) -> impl Iterator<Item = &mut OrderRow> {
    order.order_rows.values_mut().filter(move |row| row.composition.parent_order_row_id == Some(bundle))
}
