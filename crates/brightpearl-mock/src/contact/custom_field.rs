//! Custom fields of contacts (docs/evidence/brightpearl-platform.md#patch).

use brightpearl::ContactId;

use crate::{
    gateway::{Answer, Call, Operation, Problem},
    state::Account,
};

/// `GET /contact/{id}/custom-field`: those that are set.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = existing(account, call)?;
    Ok(Answer::of(account.contact_custom_fields.of(id)))
}

/// `PATCH /contact/{id}/custom-field`.
pub(crate) fn patch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id = existing(account, call)?;
    account.contact_custom_fields.patch(id, &operations, call.switches)
}

fn existing(account: &Account, call: &Call<'_>) -> Result<ContactId, Problem> {
    let id: ContactId = call.id(0)?;
    if account.contacts.contains_key(&id) { Ok(id) } else { Err(Problem::not_found("No Contact Found")) }
}
