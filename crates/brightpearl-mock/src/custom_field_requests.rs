//! The requests for custom fields of orders, contacts and products
//! (docs/evidence/brightpearl-orders.md#order-custom-fields, docs/evidence/brightpearl-platform.md#patch).

use brightpearl::{ContactId, OrderId, ProductId};

use crate::{
    gateway::{Answer, Call, Operation, Problem},
    order,
    state::Account,
};

/// `GET /sale/custom-field-meta-data[/{ids}]`: the fields of sales orders and sales credits.
pub(crate) fn sale_meta_data(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    account.order_custom_fields.meta_data(call.ids(0)?.as_ref())
}

/// `GET /purchase/custom-field-meta-data[/{ids}]`: the account has no custom fields for purchases.
pub(crate) fn purchase_meta_data(_account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    Err(Problem::not_found("No custom fields found"))
}

/// `GET /order/{id}/custom-field`: the fields that have a value.
pub(crate) fn get_of_order(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: OrderId = call.id(0)?;
    account.order(id)?;
    Ok(Answer::of(account.order_custom_fields.of(id)))
}

/// `PATCH /order/{id}/custom-field`.
pub(crate) fn patch_of_order(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id: OrderId = call.id(0)?;
    account.order(id)?;
    let answer = account.order_custom_fields.patch(id, &operations, call.switches)?;
    if call.switches.custom_fields_modify_the_order {
        order::modified(account, id, call.now);
    }
    Ok(answer)
}

/// `GET /contact/{id}/custom-field`: the fields that have a value.
pub(crate) fn get_of_contact(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = existing_contact(account, call)?;
    Ok(Answer::of(account.contact_custom_fields.of(id)))
}

/// `PATCH /contact/{id}/custom-field`.
pub(crate) fn patch_of_contact(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id = existing_contact(account, call)?;
    account.contact_custom_fields.patch(id, &operations, call.switches)
}

fn existing_contact(account: &Account, call: &Call<'_>) -> Result<ContactId, Problem> {
    let id: ContactId = call.id(0)?;
    if account.contacts.contains_key(&id) { Ok(id) } else { Err(Problem::not_found("No Contact Found")) }
}

/// `GET /product/{id}/custom-field`: the fields that have a value.
pub(crate) fn get_of_product(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = existing_product(account, call)?;
    Ok(Answer::of(account.product_custom_fields.of(id)))
}

/// `PATCH /product/{id}/custom-field`.
pub(crate) fn patch_of_product(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id = existing_product(account, call)?;
    account.product_custom_fields.patch(id, &operations, call.switches)
}

fn existing_product(account: &Account, call: &Call<'_>) -> Result<ProductId, Problem> {
    let id: ProductId = call.id(0)?;
    if account.products.contains_key(&id) { Ok(id) } else { Err(Problem::not_found("No Products Found")) }
}
