//! The credits that exist for an order: the RMA's own, those of other RMAs, those of other programs.
//!
//! ReturnGO also makes returns in the commerce platform, and Brightpearl's own connector can make credits from
//! those (docs/evidence/brightpearl-orders.md#process-of-a-return), so a credit of the same order that is not
//! ours may be for the very same return.

use std::collections::BTreeMap;

use brightpearl::{
    InstanceId, OffsetDateTime, OrderId, ProductId,
    order::{Order, OrderTypeCode},
};
use returngo::{Item, Rma};
use rust_decimal::Decimal;

use crate::{
    claims::{self, Holder, HolderEvidence, OtherHolder},
    credit,
    findings::Findings,
    in_flight::{self, InFlight},
    keys,
    matching::{EarlierCredits, OrderRows, RemainingQuantities},
    plan::ReviewCode,
    rma_facts::ids,
    settings::{ConnectionSettings, ExistingCredit},
    unique,
    world::World,
};

/// The credits of an order, seen from one RMA.
pub(crate) struct ExistingCredits<'w> {
    /// The RMA's own.
    pub(crate) own: Option<&'w Order>,
    /// Those that carry the RMA's key without being its own for certain, and why not.
    doubtful: Vec<(&'w Order, String)>,
    /// All others of the order.
    others: Vec<&'w Order>,
    /// What other RMAs of the order are about to credit.
    in_flight: Vec<&'w InFlight>,
}

impl<'w> ExistingCredits<'w> {
    /// Sorts a world's credits, lowest id first. What is no credit of the order is ignored.
    pub(crate) fn of(world: &'w World, order: Option<&Order>, findings: &mut Findings) -> Self {
        let key = keys::credit(world.rma.id());
        let in_flight = in_flight::counted(&world.in_flight, world.rma.id(), &world.credits);
        let mut sorted = Self { own: None, doubtful: Vec::new(), others: Vec::new(), in_flight };
        for credit in unique::by_id(&world.credits, |credit| credit.id) {
            let of_order = belongs(credit, order);
            if credit.order_type_code != OrderTypeCode::SalesCredit {
                findings.add_ignored(format!(
                    "Order {} is of type {}, no sales credit.",
                    credit.id, credit.order_type_code
                ));
            } else if credit.external_ref.as_deref() == Some(key.as_str()) {
                match sorted.doubt(credit, of_order, world.account.instance_id) {
                    Some(doubt) => sorted.doubtful.push((credit, doubt)),
                    None => sorted.own = Some(credit),
                }
            } else if of_order {
                sorted.others.push(credit);
            } else {
                findings.add_ignored(format!(
                    "Sales credit {} is not of the order that the RMA is for.",
                    credit.id
                ));
            }
        }
        sorted
    }

    /// Why a credit that carries the RMA's key is not its own for certain, if so. The key is the pair of
    /// reference and instance; without an instance on either side the reference alone.
    fn doubt(&self, credit: &Order, of_order: bool, instance: Option<InstanceId>) -> Option<String> {
        match (self.own, credit.installed_integration_instance_id, instance) {
            (Some(own), ..) => Some(format!("so does sales credit {}", own.id)),
            (_, Some(theirs), Some(ours)) if theirs != ours => {
                Some(format!("under integration instance {theirs} instead of {ours}"))
            }
            _ if !of_order => Some("it belongs to another order".to_owned()),
            _ => None,
        }
    }

    /// What is credited of the order already, or is about to be, apart from the RMA's own credit.
    pub(crate) fn earlier(&self, settings: &ConnectionSettings) -> EarlierCredits<'w> {
        let credits = credit::not_cancelled(&self.others, settings);
        EarlierCredits { credits, in_flight: self.in_flight.clone() }
    }

    /// Whether there are credits that carry the RMA's key without being its own.
    pub(crate) fn is_doubtful(&self) -> bool {
        !self.doubtful.is_empty()
    }

    /// Asks about credits that carry the RMA's key without being its own.
    pub(crate) fn review_doubtful(&self, rma: &Rma, units: &[&Item], findings: &mut Findings) {
        for (credit, doubt) in &self.doubtful {
            let message = format!(
                "Sales credit {} carries the key {} of this RMA, but {doubt}. Find out who made it, and leave the key on \
                 one credit of the right order.",
                credit.id,
                keys::credit(rma.id())
            );
            findings.add_review_for_units(ReviewCode::ForeignCredit, message, ids(units));
        }
    }

    /// The credit on which the RMA's return has begun: its own, or one that it adopted.
    pub(crate) fn begun(&self, world: &World, settings: &ConnectionSettings) -> Option<&'w Order> {
        let adopts = settings.existing_credit == ExistingCredit::Adopt && !self.is_doubtful();
        let adopted =
            || self.made_elsewhere().find(|credit| claims::holder(credit, world) == Holder::Claimed);
        let paid_on = || {
            let mut foreign = self.foreign(settings).filter(|_| adopts);
            foreign.find(|credit| claims::holder(credit, world) == Holder::Paid)
        };
        self.own.or_else(adopted).or_else(paid_on)
    }

    /// Whether the RMA took a credit as its own that another RMA claimed first.
    pub(crate) fn lost_claim(&self, world: &World) -> bool {
        self.own.is_none() && self.contested(world).next().is_some()
    }

    /// Asks about credits that the RMA took as its own and that another RMA claimed first.
    pub(crate) fn review_lost_claim(&self, world: &World, units: &[&Item], findings: &mut Findings) {
        for (credit, other) in self.contested(world) {
            let message = format!(
                "RMA {} adopted sales credit {credit}, but {}. Nothing is written for RMA {} until this is settled. Decide \
                 which RMA the credit belongs to, and record the other one by hand.",
                world.rma.id(),
                held_by(&other),
                world.rma.id()
            );
            findings.add_review_for_units(ReviewCode::ForeignCredit, message, ids(units));
        }
    }

    fn contested(&self, world: &World) -> impl Iterator<Item = (OrderId, OtherHolder)> {
        self.made_elsewhere().filter_map(|credit| match claims::holder(credit, world) {
            Holder::Other(other) if other.is_contested => Some((credit.id, other)),
            _ => None,
        })
    }

    /// The credit of another program that the RMA may adopt, if the settings say so, it is exactly the RMA's
    /// units and no other RMA holds it. A cancelled RMA adopts none.
    pub(crate) fn adoptable(
        &self,
        world: &World,
        order_rows: &OrderRows<'_>,
        units: &[&Item],
        settings: &ConnectionSettings,
    ) -> Option<&'w Order> {
        let adopts = settings.existing_credit == ExistingCredit::Adopt && !world.rma.status().is_off();
        if !adopts || self.is_doubtful() {
            return None;
        }
        let mut exact = self
            .foreign(settings)
            .filter(|credit| claims::holder(credit, world) == Holder::None)
            .filter(|credit| !has_history_before(credit, world))
            .filter(|credit| is_exactly(credit, order_rows, self.earlier(settings), units));
        exact.next().filter(|_| exact.next().is_none())
    }

    /// Asks about credits of other programs, if the settings want that. True when the RMA's credit has
    /// to wait for the answer.
    pub(crate) fn review_foreign(
        &self,
        world: &World,
        units: &[&Item],
        settings: &ConnectionSettings,
        findings: &mut Findings,
    ) -> bool {
        if settings.existing_credit == ExistingCredit::Create {
            return false;
        }
        let mut credits = Vec::new();
        let mut held = String::new();
        for credit in self.foreign(settings) {
            credits.push(credit.id.to_string());
            if let Holder::Other(other) = claims::holder(credit, world) {
                held += &format!(" Sales credit {} belongs to another RMA: {}.", credit.id, held_by(&other));
            }
        }
        if credits.is_empty() {
            return false;
        }
        let message = format!(
            "Another program made sales credit {} for the same order, perhaps for this very return.{held} {} Otherwise set \
             `existing_credit` to `create`, or put the credit into the cancelled status.",
            credits.join(", "),
            match settings.existing_credit {
                ExistingCredit::Adopt =>
                    "It cannot be adopted: its products are not exactly the RMA's units, another RMA has it, or it was \
                     paid, received or closed before the RMA was asked for.",
                _ => "If it is, set `existing_credit` to `adopt`, and switch off whoever makes it.",
            }
        );
        findings.add_review_for_units(ReviewCode::ForeignCredit, message, ids(units));
        true
    }

    /// Credits that were made neither for this RMA nor by us for another, and were not cancelled.
    fn foreign(&self, settings: &ConnectionSettings) -> impl Iterator<Item = &'w Order> {
        let credits = credit::not_cancelled(&self.others, settings).into_iter();
        credits.filter(|credit| is_made_elsewhere(credit))
    }

    /// Credits that were made neither for this RMA nor by us for another.
    fn made_elsewhere(&self) -> impl Iterator<Item = &'w Order> {
        self.others.iter().copied().filter(|credit| is_made_elsewhere(credit))
    }
}

fn is_made_elsewhere(credit: &Order) -> bool {
    !credit.external_ref.as_deref().is_some_and(keys::is_credit)
}

fn held_by(other: &OtherHolder) -> String {
    let rma = &other.rma;
    match other.evidence {
        HolderEvidence::Note(note) => format!("RMA {rma} adopted it before, as note {note} on it says"),
        HolderEvidence::Store => format!("RMA {rma} adopted it before"),
        HolderEvidence::PaymentOrNote => format!("a payment or a note of RMA {rma} is on it"),
    }
}

/// Without the order nobody can say to which order a credit belongs, and a credit whose parent was taken off
/// is not known to be another order's.
fn belongs(credit: &Order, order: Option<&Order>) -> bool {
    match (order, credit.parent_order_id) {
        (Some(order), Some(parent)) => parent == order.id,
        _ => true,
    }
}

/// Whether something happened on a credit before the RMA was asked for: that was another return.
fn has_history_before(credit: &Order, world: &World) -> bool {
    let Some(asked_for) = world.rma.created_at.map(OffsetDateTime::timestamp) else { return false };
    let before = |time: Option<OffsetDateTime>| time.is_some_and(|time| time.timestamp() < asked_for);
    let mut paid = world.payments.iter().filter(|payment| payment.order_id == Some(credit.id));
    let mut received = world.goods_in_notes.values().filter(|note| note.order_id == credit.id);
    before(credit.closed_on)
        || paid.any(|payment| before(payment.payment_date.or(payment.created_on)))
        || received.any(|note| before(note.received_on))
}

/// Whether the product rows of a credit are exactly the RMA's units, product by product.
fn is_exactly(
    credit: &Order,
    order_rows: &OrderRows<'_>,
    mut earlier: EarlierCredits<'_>,
    units: &[&Item],
) -> bool {
    earlier.credits.retain(|other| other.id != credit.id);
    let returned = products_returned(units, order_rows, &earlier);
    returned.is_some_and(|returned| !returned.is_empty() && returned == products_of(credit))
}

/// How many of each product the RMA's units are; none when one of them is on no row with a product.
fn products_returned(
    units: &[&Item],
    order_rows: &OrderRows<'_>,
    earlier: &EarlierCredits<'_>,
) -> Option<BTreeMap<ProductId, Decimal>> {
    let mut remaining = RemainingQuantities::after(order_rows, earlier, &mut Findings::default());
    let mut products = BTreeMap::new();
    for unit in units {
        let place = remaining.allocate(unit, |_| true).ok()?;
        let product = order_rows.get(place.row)?.row.product()?;
        let quantity: &mut Decimal = products.entry(product).or_default();
        *quantity = quantity.saturating_add(Decimal::ONE);
    }
    Some(products)
}

fn products_of(credit: &Order) -> BTreeMap<ProductId, Decimal> {
    let mut products = BTreeMap::new();
    for row in credit.order_rows.values().filter(|row| !row.composition.bundle_child) {
        if let Some(product) = row.product() {
            let quantity: &mut Decimal = products.entry(product).or_default();
            *quantity = quantity.saturating_add(row.quantity.magnitude);
        }
    }
    products
}
