//! Custom fields of products (docs/evidence/brightpearl-platform.md#patch).

use brightpearl::ProductId;

use crate::{
    gateway::{Answer, Call, Operation, Problem},
    state::Account,
};

/// `GET /product/{id}/custom-field`: those that are set.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = existing(account, call)?;
    Ok(Answer::of(account.product_custom_fields.of(id)))
}

/// `PATCH /product/{id}/custom-field`.
pub(crate) fn patch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id = existing(account, call)?;
    account.product_custom_fields.patch(id, &operations, call.switches)
}

fn existing(account: &Account, call: &Call<'_>) -> Result<ProductId, Problem> {
    let id: ProductId = call.id(0)?;
    if account.products.contains_key(&id) { Ok(id) } else { Err(Problem::not_found("No Products Found")) }
}
