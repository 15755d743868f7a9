//! Custom fields of orders (docs/evidence/brightpearl-orders.md#order-custom-fields).

use brightpearl::OrderId;

use super::computed::modified;
use crate::{
    gateway::{Answer, Call, Operation, Problem},
    state::Account,
};

/// `GET /sale/custom-field-meta-data[/{ids}]`: of sales orders and sales credits.
pub(crate) fn sale_meta_data(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    account.order_custom_fields.meta_data(call.ids(0)?.as_ref())
}

/// `GET /purchase/custom-field-meta-data[/{ids}]`: purchases have none here.
pub(crate) fn purchase_meta_data(_account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    Err(Problem::not_found("No custom fields found"))
}

/// `GET /order/{id}/custom-field`: those that are set.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: OrderId = call.id(0)?;
    account.order(id)?;
    Ok(Answer::of(account.order_custom_fields.of(id)))
}

/// `PATCH /order/{id}/custom-field`.
pub(crate) fn patch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id: OrderId = call.id(0)?;
    account.order(id)?;
    let answer = account.order_custom_fields.patch(id, &operations, call.switches)?;
    if call.switches.custom_fields_modify_the_order {
        modified(account, id, call.now);
    }
    Ok(answer)
}
