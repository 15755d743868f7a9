//! The original order of an RMA: exactly one sales order. Otherwise, a review is needed.

use std::collections::BTreeSet;

use brightpearl::{
    OrderId,
    order::{Order, OrderTypeCode},
};
use returngo::{Item, Rma};

use crate::{
    keys,
    plan::{Review, ReviewCode},
    rma_facts::{ids, units},
    unique,
    world::{AccountFacts, World},
};

/// Lists the sales orders of a snapshot, lowest id first, each once.
fn candidates(world: &World) -> Vec<&Order> {
    let given = world.order.iter().chain(&world.orders);
    let sales = given.filter(|order| order.order_type_code == OrderTypeCode::SalesOrder);
    unique::by_id(sales, |order| order.id)
}

/// Returns the sales order that [`plan`](fn@crate::plan) takes as the RMA's. `None` if no order or several orders match.
pub fn original_order(world: &World) -> Option<OrderId> {
    find(world).ok().map(|order| order.id)
}

/// Returns the order of an RMA. Of several orders, it is the one that the RMA's credit belongs to, if there is a credit.
///
/// # Errors
/// A review if no order or several orders match.
pub(crate) fn find(world: &World) -> Result<&Order, Review> {
    let concerned = || units(&world.rma);
    let candidates = candidates(world);
    let credited = || candidates.iter().find(|order| is_credited(order, world));
    match candidates.as_slice() {
        [order] => Ok(order),
        [] => Err(Review::about_units(ReviewCode::OrderNotFound, not_found(world), ids(&concerned()))),
        several => credited().copied().ok_or_else(|| {
            Review::about_units(ReviewCode::OrderAmbiguous, ambiguous(world, several), ids(&concerned()))
        }),
    }
}

fn is_credited(order: &Order, world: &World) -> bool {
    let key = keys::credit(world.rma.id());
    let of_rma = |credit: &&Order| credit.external_ref.as_ref() == Some(&key);
    world.credits.iter().filter(of_rma).any(|credit| credit.parent_order_id == Some(order.id))
}

/// Checks that an order can be credited.
///
/// # Errors
/// A review if it cannot.
pub(crate) fn creditable(
    order: &Order,
    rma: &Rma,
    units: &[&Item],
    account: &AccountFacts,
) -> Result<(), Review> {
    let status = &order.order_status;
    if account.configuration.cancelled_order_status() == Some(status.order_status_id) {
        let message = format!(
            "Sales order {} is cancelled (status {}). Decide whether to credit the return. To credit it, change the order's \
             status, or create the credit manually.",
            order.id, status.order_status_id
        );
        return Err(Review::about_units(ReviewCode::OrderCancelled, message, ids(units)));
    }
    is_of_rma(order, rma)?;
    if customer(order).is_none() {
        let message = format!(
            "Sales order {} has no customer, so a credit cannot be created. Add the customer in Brightpearl.",
            order.id
        );
        return Err(Review::about_units(ReviewCode::OrderNotFound, message, ids(units)));
    }
    Ok(())
}

/// Checks that the order is the RMA's own. Orders are looked up by name, and two shops of one account can use the same
/// order names. The shop's order id and order lines distinguish them.
///
/// # Errors
/// A review if it is another shop order.
pub(crate) fn is_of_rma(order: &Order, rma: &Rma) -> Result<(), Review> {
    let reference = order.external_ref.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let id = rma.order_details.order_id.as_ref().map(|id| id.as_str().trim()).filter(|text| !text.is_empty());
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let difference = match reference.zip(id) {
        Some((reference, id)) if reference == id => return Ok(()),
        Some((reference, id)) if is_number(reference) && is_number(id) => String::new(),
        _ => match other_lines(order, rma) {
            Some(lines) => lines,
            None => return Ok(()),
        },
    };
    let message = format!(
        "Sales order {} is not the order of the RMA: its external reference is {}, but the RMA's shop order has the id \
         {}.{difference} Find the sales order with that id, and set the shop's order name as its reference only.",
        order.id,
        reference.unwrap_or("empty"),
        id.unwrap_or("(none)")
    );
    Err(Review::about_units(ReviewCode::OrderMismatch, message, ids(&units(rma))))
}

/// Returns the difference if the order has none of the RMA's order lines. Rows without a product, bundle components and
/// units without an order line are ignored.
fn other_lines(order: &Order, rma: &Rma) -> Option<String> {
    let rows = order.order_rows.values();
    let products = rows.filter(|row| !row.composition.bundle_child && row.product().is_some());
    let references = products.map(|row| row.external_ref.as_deref().filter(|text| !text.is_empty()));
    let references: BTreeSet<&str> = references.collect::<Option<_>>()?;
    let lines: BTreeSet<&str> =
        rma.items.iter().filter_map(|unit| unit.shop_line_item_id.as_ref()).map(|id| id.as_str()).collect();
    let are_comparable = !references.is_empty() && !lines.is_empty();
    (are_comparable && references.is_disjoint(&lines)).then(|| {
        let listed = |ids: BTreeSet<&str>| ids.into_iter().take(MAX_LISTED).collect::<Vec<_>>().join(", ");
        format!(" Its rows have the order lines {}, the RMA's units {}.", listed(references), listed(lines))
    })
}

/// The largest number of order lines in a message.
const MAX_LISTED: usize = 5;

/// Returns the customer of an order.
pub(crate) fn customer(order: &Order) -> Option<brightpearl::ContactId> {
    order.parties.customer.as_ref().and_then(|party| party.contact_id)
}

fn not_found(world: &World) -> String {
    let (name, id) = shop_order(world);
    let found = match &world.order {
        Some(other) => format!(" Order {} matches, but has type {}.", other.id, other.order_type_code),
        None => String::new(),
    };
    format!(
        "No sales order found in Brightpearl for shop order {name} (id {id}).{found} Find the order in Brightpearl, and set \
         the shop's order name as its reference."
    )
}

fn ambiguous(world: &World, candidates: &[&Order]) -> String {
    let (name, id) = shop_order(world);
    let list: Vec<_> =
        candidates.iter().map(|order| format!("{} (reference {:?})", order.id, order.reference)).collect();
    format!(
        "Several sales orders match shop order {name} (id {id}): {}. Keep the reference on the correct order only.",
        list.join(", ")
    )
}

fn shop_order(world: &World) -> (&str, &str) {
    let rma = &world.rma;
    let name = rma.rma_summary.order_name.as_deref().or(rma.order_details.order_name.as_deref());
    let id = rma.order_details.order_id.as_ref().map(|id| id.as_str());
    (name.unwrap_or("unknown"), id.unwrap_or("unknown"))
}
