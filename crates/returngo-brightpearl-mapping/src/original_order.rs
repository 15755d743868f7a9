//! The original order of an RMA: exactly one sales order. Otherwise, a review is needed.

use std::{collections::BTreeSet, convert::Infallible};

use brightpearl::{
    OrderId,
    order::{Order, OrderTypeCode, ShippingStatusCode},
};
use returngo::{Item, Rma};

use crate::{
    decisions::{Decision, Decisions},
    findings::Findings,
    keys,
    review::{Choice, Review, ReviewCode},
    rma_facts::{ids, units},
    unique,
    world::World,
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

/// Returns the sales order that a person chose as the RMA's, if any. Read this order: it is the RMA's even if a search by the
/// shop's order finds others or none.
pub fn chosen_order(rma: &Rma, decisions: &[Decision]) -> Option<OrderId> {
    chosen(rma, decisions).map(|(_, id)| id)
}

/// Returns the order that a person chose, and the review that was answered.
fn chosen(rma: &Rma, decisions: &[Decision]) -> Option<(ReviewCode, OrderId)> {
    if decisions.is_empty() {
        return None;
    }
    let decisions = Decisions::of(decisions);
    let codes = [ReviewCode::OrderNotFound, ReviewCode::OrderAmbiguous, ReviewCode::OrderMismatch];
    let chosen = codes.into_iter().filter_map(|code| {
        let decision = decisions.latest(&about_order(code, String::new(), rma, &[]))?;
        Some((decision.at.map(|at| at.timestamp()), code, id_of(&decision.choice)?))
    });
    chosen.max_by_key(|(at, ..)| *at).map(|(_, code, id)| (code, id))
}

/// Returns the order that a choice names: `order:300871`.
fn id_of(choice: &str) -> Option<OrderId> {
    choice.strip_prefix("order:")?.trim().parse().ok()
}

/// A review that asks for the RMA's order, with these orders to choose from.
fn about_order(code: ReviewCode, message: String, rma: &Rma, candidates: &[&Order]) -> Review {
    let (name, id) = shop_order(rma);
    let effect = |order: &str| {
        format!("Credits the RMA on {order}, although nothing else shows that it is the RMA's order.")
    };
    let candidate = |order: &&Order| {
        let Order { id, reference, .. } = order;
        let order = format!("sales order {id}");
        Choice::new(format!("order:{id}"), format!("Use {order} (reference {reference:?})"), effect(&order))
    };
    let other = Choice::new("order", "Use another sales order, by its id", effect("this sales order"));
    Review::about_units(code, message, ids(&units(rma)))
        .resting_on([("order-name", name.to_owned()), ("order-id", id.to_owned())])
        .offering(candidates.iter().map(candidate).chain([other]))
}

/// Returns the order of an RMA. Of several orders, it is the one that the RMA's credit belongs to, if there is a credit.
///
/// # Errors
/// A review if no order or several orders match.
pub(crate) fn find(world: &World) -> Result<&Order, Box<Review>> {
    let candidates = candidates(world);
    let rma = &world.rma;
    let asked = |code, message: String| {
        let question = about_order(code, message, rma, &candidates);
        let not_usable = |choice: &str| match id_of(choice) {
            Some(id) => Err(format!("{id} is not a sales order of the account")),
            None => Err(format!("{choice} does not name an order by its id")),
        };
        match Decisions::of(&world.decisions).answer::<Infallible>(question, not_usable) {
            Err(review) => review,
            Ok(never) => match never {},
        }
    };
    if let Some((code, id)) = chosen(rma, &world.decisions) {
        let chosen = candidates.iter().find(|order| order.id == id).copied();
        return chosen.ok_or_else(|| {
            let (name, id) = shop_order(rma);
            asked(code, format!("The sales order of shop order {name} (id {id}) is not known for certain."))
        });
    }
    let credited = || candidates.iter().find(|order| is_credited(order, world));
    match candidates.as_slice() {
        [order] => Ok(order),
        [] => Err(asked(ReviewCode::OrderNotFound, not_found(world))),
        several => {
            credited().copied().ok_or_else(|| asked(ReviewCode::OrderAmbiguous, ambiguous(rma, several)))
        }
    }
}

fn is_credited(order: &Order, world: &World) -> bool {
    let key = keys::credit(world.rma.id());
    let of_rma = |credit: &&Order| credit.external_ref.as_ref() == Some(&key);
    world.credits.iter().filter(of_rma).any(|credit| credit.parent_order_id == Some(order.id))
}

/// Whether an order can be credited. Adds the reviews that keep it from being credited.
pub(crate) fn is_creditable(
    order: &Order,
    world: &World,
    to_credit: &[&Item],
    findings: &mut Findings,
) -> bool {
    let cancelled = cancelled(order, world, to_credit);
    let mismatch = is_of_rma(order, world).err();
    let unshipped = unshipped(order, to_credit);
    let mut is_creditable = true;
    for review in [cancelled, unshipped].into_iter().flatten() {
        is_creditable &= findings.ask(review, |_| Ok(())).is_some();
    }
    if let Some(review) = mismatch {
        findings.add_review(review);
        is_creditable = false;
    }
    if customer(order).is_none() {
        let message = format!(
            "Sales order {} has no customer, so a credit cannot be created. Add the customer in Brightpearl.",
            order.id
        );
        findings.add_review(
            Review::about_units(ReviewCode::OrderNotFound, message, ids(to_credit)).named("customer"),
        );
        is_creditable = false;
    }
    is_creditable
}

fn cancelled(order: &Order, world: &World, to_credit: &[&Item]) -> Option<Review> {
    let status = order.order_status.order_status_id;
    let is_cancelled = world.account.configuration.cancelled_order_status() == Some(status);
    let message = format!(
        "Sales order {} is cancelled (status {status}). A cancelled sale may have been refunded on the sale itself.",
        order.id
    );
    is_cancelled.then(|| credited_anyway(ReviewCode::OrderCancelled, message, order, to_credit))
}

/// Brightpearl's own shop connectors reverse a sale of which nothing was shipped instead of crediting it
/// (docs/evidence/brightpearl-accounting.md#refunds-booked-on-the-sale).
fn unshipped(order: &Order, to_credit: &[&Item]) -> Option<Review> {
    let is_unshipped = order.shipping_status_code == Some(ShippingStatusCode::NotShipped);
    let message = format!(
        "Nothing of sales order {} was shipped (shipping status SNS). Brightpearl's shop connector reverses such a sale \
         instead of crediting it, so the money may be returned there.",
        order.id
    );
    is_unshipped.then(|| credited_anyway(ReviewCode::NothingShipped, message, order, to_credit))
}

fn credited_anyway(code: ReviewCode, message: String, order: &Order, to_credit: &[&Item]) -> Review {
    let effect = format!("Creates the sales credit for sales order {} as usual.", order.id);
    Review::about_units(code, message, ids(to_credit))
        .resting_on([
            ("order", order.id.to_string()),
            ("status", order.order_status.order_status_id.to_string()),
        ])
        .offering([Choice::new("credit", "Credit it all the same", effect)])
}

/// Checks that the order is the RMA's own. Orders are looked up by name, and two shops of one account can use the same
/// order names. The shop's order id and order lines distinguish them.
///
/// # Errors
/// A review if it is another shop order.
pub(crate) fn is_of_rma(order: &Order, world: &World) -> Result<(), Box<Review>> {
    let rma = &world.rma;
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
    if chosen_order(rma, &world.decisions) == Some(order.id) {
        return Ok(());
    }
    let message = format!(
        "Sales order {} is not the order of the RMA: its external reference is {}, but the RMA's shop order has the id \
         {}.{difference} Find the sales order with that id, and set the shop's order name as its reference only.",
        order.id,
        reference.unwrap_or("empty"),
        id.unwrap_or("(none)")
    );
    Err(about_order(ReviewCode::OrderMismatch, message, rma, &[order]).into())
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
    let (name, id) = shop_order(&world.rma);
    let found = match &world.order {
        Some(other) => format!(" Order {} matches, but has type {}.", other.id, other.order_type_code),
        None => String::new(),
    };
    format!(
        "No sales order found in Brightpearl for shop order {name} (id {id}).{found} Find the order in Brightpearl, and set \
         the shop's order name as its reference."
    )
}

fn ambiguous(rma: &Rma, candidates: &[&Order]) -> String {
    let (name, id) = shop_order(rma);
    let list: Vec<_> =
        candidates.iter().map(|order| format!("{} (reference {:?})", order.id, order.reference)).collect();
    format!(
        "Several sales orders match shop order {name} (id {id}): {}. Keep the reference on the correct order only.",
        list.join(", ")
    )
}

fn shop_order(rma: &Rma) -> (&str, &str) {
    let name = rma.rma_summary.order_name.as_deref().or(rma.order_details.order_name.as_deref());
    let id = rma.order_details.order_id.as_ref().map(|id| id.as_str());
    (name.unwrap_or("unknown"), id.unwrap_or("unknown"))
}
