//! The order that an RMA is for: exactly one sales order, or a person is asked.

use brightpearl::order::{Order, OrderTypeCode};
use returngo::Item;

use crate::{
    findings::about_units,
    keys,
    plan::{Review, ReviewCode},
    rma_facts::{ids, units},
    unique,
    world::{AccountFacts, World},
};

/// The sales orders of a world, lowest id first, each once.
fn candidates(world: &World) -> Vec<&Order> {
    let given = world.order.iter().chain(&world.orders);
    let sales = given.filter(|order| order.order_type_code == OrderTypeCode::SalesOrder);
    unique::by_id(sales, |order| order.id)
}

/// The order that an RMA is for. Of several it is the one that the RMA's credit belongs to, once there is one.
///
/// # Errors
/// What to ask when there is none, or more than one.
pub(crate) fn find(world: &World) -> Result<&Order, Review> {
    let concerned = || units(&world.rma);
    let candidates = candidates(world);
    let credited = || candidates.iter().find(|order| is_credited(order, world));
    match candidates.as_slice() {
        [order] => Ok(order),
        [] => Err(about_units(ReviewCode::OrderNotFound, not_found(world), ids(&concerned()))),
        several => credited().copied().ok_or_else(|| {
            about_units(ReviewCode::OrderAmbiguous, ambiguous(world, several), ids(&concerned()))
        }),
    }
}

fn is_credited(order: &Order, world: &World) -> bool {
    let key = keys::credit(world.rma.id());
    let of_rma = |credit: &&Order| credit.external_ref.as_ref() == Some(&key);
    world.credits.iter().filter(of_rma).any(|credit| credit.parent_order_id == Some(order.id))
}

/// Whether an order can be credited.
///
/// # Errors
/// What to ask when it cannot.
pub(crate) fn creditable(order: &Order, units: &[&Item], account: &AccountFacts) -> Result<(), Review> {
    let status = &order.order_status;
    if account.configuration.cancelled_order_status() == Some(status.order_status_id) {
        let message = format!(
            "Sales order {} is cancelled (status {}). Decide whether the return is credited at all; make the credit by \
             hand, or take the order out of that status.",
            order.id, status.order_status_id
        );
        return Err(about_units(ReviewCode::OrderCancelled, message, ids(units)));
    }
    if customer(order).is_none() {
        let message = format!("Sales order {} names no customer, so there is nobody to credit.", order.id);
        return Err(about_units(ReviewCode::OrderNotFound, message, ids(units)));
    }
    Ok(())
}

/// The contact that an order belongs to.
pub(crate) fn customer(order: &Order) -> Option<brightpearl::ContactId> {
    order.parties.customer.as_ref().and_then(|party| party.contact_id)
}

fn not_found(world: &World) -> String {
    let (name, id) = shop_order(world);
    let found = match &world.order {
        Some(other) => format!(" Order {} was given, but it is of type {}.", other.id, other.order_type_code),
        None => String::new(),
    };
    format!(
        "No sales order in Brightpearl matches the shop's order {name} (id {id}).{found} Look for the order there, and \
         put the shop's order name into its reference."
    )
}

fn ambiguous(world: &World, candidates: &[&Order]) -> String {
    let (name, id) = shop_order(world);
    let list: Vec<_> =
        candidates.iter().map(|order| format!("{} (reference {:?})", order.id, order.reference)).collect();
    format!(
        "Several sales orders match the shop's order {name} (id {id}): {}. Leave the reference on the right one only.",
        list.join(", ")
    )
}

fn shop_order(world: &World) -> (&str, &str) {
    let rma = &world.rma;
    let name = rma.rma_summary.order_name.as_deref().or(rma.order_details.order_name.as_deref());
    let id = rma.order_details.order_id.as_ref().map(|id| id.as_str());
    (name.unwrap_or("unknown"), id.unwrap_or("unknown"))
}
