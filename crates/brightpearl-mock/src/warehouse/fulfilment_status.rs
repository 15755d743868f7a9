//! The fulfilment status of an order by row (docs/evidence/brightpearl-warehouse.md#fulfilment-status). It does not
//! include returned goods: on a sales credit it is zero.

use std::collections::BTreeMap;

use brightpearl::{
    OrderId,
    order::{OrderTypeCode, ShippingStatusCode},
};
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    order::is_received_row,
    state::Account,
};

/// `GET /order/{id}/fulfilment-status`: a map by row id.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: OrderId = call.id(0)?;
    let order = account.orders.get(&id);
    let order = order.ok_or_else(|| Problem::not_found(format!("Cannot find order: {id}")))?;
    let went_out = order.order_type_code == OrderTypeCode::SalesOrder
        && order.shipping_status_code == Some(ShippingStatusCode::AllShipped);
    let rows: BTreeMap<String, Value> = order
        .order_rows
        .iter()
        .filter(|(_, row)| is_received_row(account, row))
        .map(|(id, row)| {
            let quantity = row.quantity.magnitude.to_i64().unwrap_or_default();
            let gone = if went_out { quantity } else { 0 };
            (id.to_string(), json!({ "quantity": quantity, "fulfilled": gone, "shipped": gone }))
        })
        .collect();
    Ok(Answer::of(rows))
}
