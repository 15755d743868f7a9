//! Selection of orders for a search by index, so that an account with 100,000 orders answers as fast as a small one.

use brightpearl::{ContactId, IdSet, OrderId, order::Order};

use crate::{gateway::Call, search::Period, state::Account};

/// Returns the orders that match the first indexed filter, or all orders. The search applies every filter afterwards,
/// so these may be too many, but never too few.
pub(super) fn candidates<'a>(
    account: &'a Account,
    call: &Call<'_>,
) -> Box<dyn Iterator<Item = &'a Order> + 'a> {
    match ids(account, call) {
        Some(mut ids) => {
            ids.sort_unstable();
            ids.dedup();
            Box::new(ids.into_iter().filter_map(|id| account.orders.get(&id)))
        }
        None => Box::new(account.orders.values()),
    }
}

fn ids(account: &Account, call: &Call<'_>) -> Option<Vec<OrderId>> {
    let index = &account.index;
    let text = |name: &str| call.request.query(name);
    let set = |name: &str| call.filtered_ids(name).filter(|set| is_worth_it(account, set));
    let period = |name: &str| Period::read(text(name)?, call.switches);
    if let Some(ids) = set("orderId").or_else(|| set("salesOrderId")) {
        return Some(ids.iter().map(OrderId::new).collect());
    }
    if let Some(parents) = set("parentOrderId") {
        return Some(parents.iter().flat_map(|id| index.children(OrderId::new(id))).collect());
    }
    if let Some(texts) = text("externalRefs") {
        return Some(texts.split(',').flat_map(|text| index.orders_with_external_ref(text)).collect());
    }
    if let Some(text) = text("externalRef") {
        return Some(index.orders_with_external_ref(text).collect());
    }
    if let Some(texts) = text("customerRefs") {
        return Some(texts.split(',').flat_map(|text| index.orders_with_reference(text)).collect());
    }
    if let Some(text) = text("customerRef") {
        return Some(index.orders_with_reference(text).collect());
    }
    if let Some(contact) = text("contactId").or_else(|| text("customerId")) {
        return Some(index.orders_of(ContactId::new(contact.parse().ok()?)).collect());
    }
    if let Some(period) = period("updatedOn") {
        return Some(index.updated(period).collect());
    }
    if let Some(period) = period("createdOn") {
        return Some(index.created(period).collect());
    }
    let types = set("orderTypeId")?;
    Some(types.iter().flat_map(|id| index.orders_of_type(id)).collect())
}

/// A range may contain more ids than there are orders.
fn is_worth_it(account: &Account, set: &IdSet<u64>) -> bool {
    set.len() <= account.orders.len() as u64
}
