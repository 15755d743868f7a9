//! The order that an RMA is for: exactly one sales order, or a person is asked.

use std::collections::BTreeSet;

use brightpearl::{
    OrderId,
    order::{Order, OrderTypeCode},
};
use returngo::{Item, Rma};

use crate::{
    findings::finding_for_units,
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

/// Returns the sales order that [`plan`](fn@crate::plan) takes as the RMA's. `None` if no order or several orders match.
pub fn original_order(world: &World) -> Option<OrderId> {
    find(world).ok().map(|order| order.id)
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
        [] => Err(finding_for_units(ReviewCode::OrderNotFound, not_found(world), ids(&concerned()))),
        several => credited().copied().ok_or_else(|| {
            finding_for_units(ReviewCode::OrderAmbiguous, ambiguous(world, several), ids(&concerned()))
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
pub(crate) fn creditable(
    order: &Order,
    rma: &Rma,
    units: &[&Item],
    account: &AccountFacts,
) -> Result<(), Review> {
    let status = &order.order_status;
    if account.configuration.cancelled_order_status() == Some(status.order_status_id) {
        let message = format!(
            "Sales order {} is cancelled (status {}). Decide whether the return is credited at all; make the credit by \
             hand, or take the order out of that status.",
            order.id, status.order_status_id
        );
        return Err(finding_for_units(ReviewCode::OrderCancelled, message, ids(units)));
    }
    is_of_rma(order, rma)?;
    if customer(order).is_none() {
        let message = format!("Sales order {} names no customer, so there is nobody to credit.", order.id);
        return Err(finding_for_units(ReviewCode::OrderNotFound, message, ids(units)));
    }
    Ok(())
}

/// Whether the order is the RMA's own. Two shops on one account can have equal order names, which the look-up goes by;
/// the shop's order id and its order lines tell them apart.
///
/// # Errors
/// What to ask when it is another shop order.
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
        "Sales order {} is not the order of the RMA: its external reference is {}, and the shop's order of the RMA has \
         the id {}.{difference} Find the sales order with that id, and give it alone the shop's order name as its \
         reference.",
        order.id,
        reference.unwrap_or("empty"),
        id.unwrap_or("(none)")
    );
    Err(finding_for_units(ReviewCode::OrderMismatch, message, ids(&units(rma))))
}

/// Says that the order's lines are others than those of the RMA, if they are. Rows without a product and bundle
/// components do not count, and units without a line say nothing.
fn other_lines(order: &Order, rma: &Rma) -> Option<String> {
    let rows = order.order_rows.values();
    let products = rows.filter(|row| !row.composition.bundle_child && row.product().is_some());
    let references = products.map(|row| row.external_ref.as_deref().filter(|text| !text.is_empty()));
    let references: BTreeSet<&str> = references.collect::<Option<_>>()?;
    let lines: BTreeSet<&str> =
        rma.items.iter().filter_map(|unit| unit.shop_line_item_id.as_ref()).map(|id| id.as_str()).collect();
    let says_something = !references.is_empty() && !lines.is_empty();
    (says_something && references.is_disjoint(&lines)).then(|| {
        let listed = |ids: BTreeSet<&str>| ids.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
        format!(
            " Its rows are for the order lines {}, the RMA's units for {}.",
            listed(references),
            listed(lines)
        )
    })
}

/// How many order lines a message names.
const LISTED: usize = 5;

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
