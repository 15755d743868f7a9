//! Sales credits: create once, read, close (docs/evidence/brightpearl-orders.md#sales-credits).

use brightpearl::order::OrderTypeCode;

use super::{close, creation, typed_view};
use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

/// `POST /sales-credit`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    creation::post(account, call, OrderTypeCode::SalesCredit)
}

/// `GET /sales-credit/{ids}`: 200, or 207 when only some exist.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    typed_view::get(account, call, &OrderTypeCode::SalesCredit)
}

/// `POST /sales-credit/{id}/close`.
pub(crate) fn close(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    close::close(account, call, &OrderTypeCode::SalesCredit)
}
