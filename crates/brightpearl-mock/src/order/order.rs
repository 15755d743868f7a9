//! Reading orders of all types by id (docs/evidence/brightpearl-orders.md#reading-orders).

use brightpearl::{
    IdSet, OrderId,
    order::{CustomFields, Order},
};

use super::close::answer_pending_closes;
use crate::{
    gateway::{Answer, Call, Problem, get_uris},
    state::Account,
};

/// `GET /order/{ids}`: 200 with the existing orders, even if there are none.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    answer_pending_closes(account, &ids, call.now);
    let optional = call.names("includeOptional");
    let found = by_ids(account, &ids);
    if optional.is_empty() {
        return Ok(Answer::of(found));
    }
    let orders: Vec<Order> = found
        .into_iter()
        .cloned()
        .map(|mut order| {
            if optional.contains(&"nullCustomFields") {
                order.null_custom_fields = Some(account.order_custom_fields.unset(order.id));
            }
            if optional.contains(&"customFields") {
                order.custom_fields = Some(CustomFields(account.order_custom_fields.of(order.id)));
            }
            order
        })
        .collect();
    Ok(Answer::of(orders))
}

/// `OPTIONS /order[/{ids}]`.
pub(crate) fn options(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    get_uris(call, "order", account.orders.keys().copied())
}

/// Returns the orders with these ids. As in Brightpearl, not in the requested order: 1, 320, 321 came back as 320, 1,
/// 321 (docs/evidence/brightpearl-platform.md#id-sets).
pub(crate) fn by_ids<'a>(account: &'a Account, ids: &IdSet<OrderId>) -> Vec<&'a Order> {
    let mut found: Vec<&Order> = ids.iter().filter_map(|id| account.orders.get(&id)).collect();
    for pair in found.chunks_exact_mut(2) {
        pair.reverse();
    }
    found
}
