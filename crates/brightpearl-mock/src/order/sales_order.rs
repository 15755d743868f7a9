//! Sales orders as their own resource (brightpearl-orders.md §8).

use brightpearl::order::OrderTypeCode;

use super::{creation, typed_view};
use crate::{
    gateway::{Answer, Call, Problem},
    integration::Event,
    state::Account,
};

/// `POST /sales-order`: the body, the rules and the key of a sales credit.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let answer = creation::post(account, call, OrderTypeCode::SalesOrder)?;
    if answer.status == 201
        && let Some(id) = answer.body["response"].as_u64()
    {
        account.raise(Event::sales_order_created(id));
    }
    Ok(answer)
}

/// `GET /sales-order/{ids}`: as sales credits, which is an assumption for the 207.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    typed_view::get(account, call, &OrderTypeCode::SalesOrder)
}
