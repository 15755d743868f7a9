//! Sales orders as their own resource (docs/evidence/brightpearl-orders.md#sales-orders).

use brightpearl::order::{Order, OrderTypeCode};

use super::{close, creation, typed_view};
use crate::{
    gateway::{Answer, Call, Problem, get_uris},
    state::Account,
};

/// `POST /sales-order`: the body, the rules and the key of a sales credit.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    creation::post(account, call, OrderTypeCode::SalesOrder)
}

/// `GET /sales-order/{ids}`: as sales credits, which is an assumption for the 207.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    typed_view::get(account, call, &OrderTypeCode::SalesOrder)
}

/// `OPTIONS /sales-order[/{ids}]`.
pub(crate) fn options(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let is_sale = |order: &&Order| order.order_type_code == OrderTypeCode::SalesOrder;
    get_uris(call, "sales-order", account.orders.values().filter(is_sale).map(|order| order.id))
}

/// `POST /sales-order/{id}/close`.
pub(crate) fn close(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    close::close(account, call, &OrderTypeCode::SalesOrder)
}
