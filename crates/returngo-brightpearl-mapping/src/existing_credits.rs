//! The existing credits of an order: the RMA's own, those of other RMAs, and those of other programs.
//!
//! ReturnGO also creates returns in the commerce platform, and Brightpearl's own connector can create credits from them
//! (docs/evidence/brightpearl-orders.md#process-of-a-return). A credit of another program may therefore be for the same
//! return.

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
    review::{Choice, Review, ReviewCode},
    rma_facts::ids,
    settings::{ConnectionSettings, ExistingCredit},
    unique,
    world::World,
};

/// The credits of an order, from the perspective of one RMA.
pub(crate) struct ExistingCredits<'w> {
    /// The RMA's own credit.
    pub(crate) own: Option<&'w Order>,
    /// Credits with the RMA's key that may not be its own, and why.
    ambiguous: Vec<(&'w Order, String)>,
    /// All other credits of the order.
    others: Vec<&'w Order>,
    /// Credits of other RMAs that are about to be created.
    in_flight: Vec<&'w InFlight>,
    /// The integration instance of the connection.
    instance: Option<InstanceId>,
}

impl<'w> ExistingCredits<'w> {
    /// Sorts the credits of a snapshot, lowest id first. Orders that are not credits of the order are ignored.
    pub(crate) fn of(world: &'w World, order: Option<&Order>, findings: &mut Findings) -> Self {
        let key = keys::credit(world.rma.id());
        let in_flight = in_flight::counted(&world.in_flight, world.rma.id(), &world.credits);
        let mut sorted = Self {
            own: None,
            ambiguous: Vec::new(),
            others: Vec::new(),
            in_flight,
            instance: world.account.instance_id,
        };
        for credit in unique::by_id(&world.credits, |credit| credit.id) {
            let of_order = belongs(credit, order);
            if credit.order_type_code != OrderTypeCode::SalesCredit {
                findings.add_ignored(format!(
                    "Order {} is not a sales credit (type {}). The order was ignored.",
                    credit.id, credit.order_type_code
                ));
            } else if credit.external_ref.as_deref() == Some(key.as_str()) {
                match sorted.ambiguity(credit, of_order, world.account.instance_id) {
                    Some(ambiguity) => sorted.ambiguous.push((credit, ambiguity)),
                    None => sorted.own = Some(credit),
                }
            } else if of_order {
                sorted.others.push(credit);
            } else {
                findings.add_ignored(format!(
                    "Sales credit {} belongs to another order than the RMA. The credit was ignored.",
                    credit.id
                ));
            }
        }
        sorted
    }

    /// Returns why a credit with the RMA's key may not be its own, if so. The key consists of the reference and the
    /// integration instance, or of the reference alone if one side has no instance.
    fn ambiguity(&self, credit: &Order, of_order: bool, instance: Option<InstanceId>) -> Option<String> {
        match (self.own, credit.installed_integration_instance_id, instance) {
            (Some(own), ..) => Some(format!("sales credit {} has the same key", own.id)),
            (_, Some(theirs), Some(ours)) if theirs != ours => {
                Some(format!("it was created by integration instance {theirs} instead of {ours}"))
            }
            _ if !of_order => Some("it belongs to another order".to_owned()),
            _ => None,
        }
    }

    /// Returns the order's credits other than the RMA's own, including those about to be created.
    pub(crate) fn earlier(&self, settings: &ConnectionSettings) -> EarlierCredits<'w> {
        let credits = credit::not_cancelled(&self.others, settings);
        EarlierCredits { credits, in_flight: self.in_flight.clone() }
    }

    /// Whether there are credits with the RMA's key that may not be its own.
    pub(crate) fn is_ambiguous(&self) -> bool {
        !self.ambiguous.is_empty()
    }

    /// Adds a review for each credit with the RMA's key that may not be its own.
    pub(crate) fn review_ambiguous(&self, rma: &Rma, units: &[&Item], findings: &mut Findings) {
        for (credit, ambiguity) in &self.ambiguous {
            let message = format!(
                "Sales credit {} has the key {} of this RMA, but {ambiguity}. Identify who created it, and keep the key on one \
                 credit of the correct order only.",
                credit.id,
                keys::credit(rma.id())
            );
            findings.add_review(
                Review::about_units(ReviewCode::ForeignCredit, message, ids(units)).named(credit.id),
            );
        }
    }

    /// Returns the RMA's credit: its own, or an adopted one.
    pub(crate) fn of_rma(&self, world: &World, settings: &ConnectionSettings) -> Option<&'w Order> {
        let adopts = settings.existing_credit == ExistingCredit::Adopt && !self.is_ambiguous();
        let adopted =
            || self.made_elsewhere().find(|credit| claims::holder(credit, world) == Holder::Claimed);
        let paid_on = || {
            let mut foreign = self.foreign(settings).filter(|_| adopts);
            foreign.find(|credit| claims::holder(credit, world) == Holder::Paid)
        };
        self.own.or_else(adopted).or_else(paid_on)
    }

    /// Whether the RMA adopted a credit that another RMA adopted first.
    pub(crate) fn lost_claim(&self, world: &World) -> bool {
        self.own.is_none() && self.contested(world).next().is_some()
    }

    /// Adds a review for each credit that the RMA adopted and another RMA adopted first.
    pub(crate) fn review_lost_claim(&self, world: &World, units: &[&Item], findings: &mut Findings) {
        for (credit, other) in self.contested(world) {
            let message = format!(
                "RMA {} adopted sales credit {credit}, but {}. Nothing is written for RMA {} until this is resolved. Decide \
                 which RMA the credit belongs to, and record the other RMA by hand.",
                world.rma.id(),
                held_by(&other),
                world.rma.id()
            );
            findings.add_review(
                Review::about_units(ReviewCode::ForeignCredit, message, ids(units)).named(credit),
            );
        }
    }

    fn contested(&self, world: &World) -> impl Iterator<Item = (OrderId, OtherHolder)> {
        self.made_elsewhere().filter_map(|credit| match claims::holder(credit, world) {
            Holder::Other(other) if other.is_contested => Some((credit.id, other)),
            _ => None,
        })
    }

    /// Returns the credit of another program that the RMA may adopt: the settings allow it, its products are exactly the
    /// RMA's units, and no other RMA holds it. A cancelled RMA adopts no credit.
    pub(crate) fn adoptable(
        &self,
        world: &World,
        order_rows: &OrderRows<'_>,
        units: &[&Item],
        settings: &ConnectionSettings,
    ) -> Option<&'w Order> {
        let adopts = settings.existing_credit == ExistingCredit::Adopt
            && !world.rma.status().is_cancelled_or_rejected();
        if !adopts || self.is_ambiguous() {
            return None;
        }
        let mut exact = self
            .foreign(settings)
            .filter(|credit| claims::holder(credit, world) == Holder::None)
            .filter(|credit| !has_history_before(credit, world))
            .filter(|credit| is_exactly(credit, order_rows, self.earlier(settings), units));
        exact.next().filter(|_| exact.next().is_none())
    }

    /// Returns the credit of another program that a person chose as the RMA's.
    pub(crate) fn chosen(
        &self,
        world: &World,
        units: &[&Item],
        settings: &ConnectionSettings,
        findings: &Findings,
    ) -> Option<&'w Order> {
        let question = self.foreign_question(world, units, settings)?;
        match findings.decisions().answer(question, |choice| self.foreign_answer(choice)) {
            Ok(ForeignAnswer::Adopt(credit)) => Some(credit),
            _ => None,
        }
    }

    /// Adds a review about credits of other programs, unless the settings or a person allow a second credit. Returns whether the
    /// RMA's credit waits for it.
    pub(crate) fn review_foreign(
        &self,
        world: &World,
        units: &[&Item],
        settings: &ConnectionSettings,
        findings: &mut Findings,
    ) -> bool {
        let question = self.foreign_question(world, units, settings);
        question
            .is_some_and(|question| findings.ask(question, |choice| self.foreign_answer(choice)).is_none())
    }

    fn foreign_answer(&self, choice: &str) -> Result<ForeignAnswer<'w>, String> {
        let Some(id) = choice.strip_prefix("adopt:") else { return Ok(ForeignAnswer::Create) };
        let credit = self.made_elsewhere().find(|credit| credit.id.to_string() == id);
        credit.map(ForeignAnswer::Adopt).ok_or_else(|| format!("sales credit {id} is not there"))
    }

    /// Returns the review about credits of other programs, if the settings ask for one.
    fn foreign_question(
        &self,
        world: &World,
        units: &[&Item],
        settings: &ConnectionSettings,
    ) -> Option<Review> {
        if settings.existing_credit == ExistingCredit::Create {
            return None;
        }
        let (mut credits, mut choices) = (Vec::new(), Vec::new());
        let mut held = String::new();
        for credit in self.foreign(settings) {
            credits.push(credit.id.to_string());
            if let Holder::Other(other) = claims::holder(credit, world) {
                held += &format!(" Sales credit {} belongs to another RMA: {}.", credit.id, held_by(&other));
                continue;
            }
            let effect = format!(
                "Writes the note {} on sales credit {}, which then is the RMA's credit. No other credit is created.",
                keys::adopted(world.rma.id()),
                credit.id
            );
            let label = format!("Adopt sales credit {}", credit.id);
            choices.push(Choice::new(format!("adopt:{}", credit.id), label, effect));
        }
        if credits.is_empty() {
            return None;
        }
        let listed = credits.join(", ");
        let effect = format!("Creates a sales credit for the RMA beside {listed}.");
        choices.push(Choice::new("create", "Create another credit", effect));
        let message = format!(
            "Another program created sales credit {listed} for the same order, possibly for this return.{held} {} If it is for another return, set \
             `existing_credit` to `create`, or move that credit to the cancelled status.",
            match settings.existing_credit {
                ExistingCredit::Adopt =>
                    "It cannot be adopted: its products are not exactly the RMA's units, another RMA holds it, or it was \
                     paid, received or closed before the RMA was requested.",
                _ =>
                    "If it is for this return, set `existing_credit` to `adopt`, and stop the other program from creating credits.",
            }
        );
        let review = Review::about_units(ReviewCode::ForeignCredit, message, ids(units))
            .resting_on([("credits", listed), ("others", held)])
            .offering(choices);
        Some(review)
    }

    /// Iterates over the credits of other programs that are not cancelled.
    fn foreign(&self, settings: &ConnectionSettings) -> impl Iterator<Item = &'w Order> {
        let credits = credit::not_cancelled(&self.others, settings).into_iter();
        credits.filter(|credit| self.is_made_elsewhere(credit))
    }

    /// Whether another program created a credit: it has no key, or that of another integration instance.
    fn is_made_elsewhere(&self, credit: &Order) -> bool {
        let is_of_other_instance = credit
            .installed_integration_instance_id
            .zip(self.instance)
            .is_some_and(|(theirs, ours)| theirs != ours);
        is_of_other_instance || !credit.external_ref.as_deref().is_some_and(keys::is_credit)
    }

    /// Iterates over the credits of other programs.
    fn made_elsewhere(&self) -> impl Iterator<Item = &'w Order> {
        self.others.iter().copied().filter(|credit| self.is_made_elsewhere(credit))
    }
}

/// The answer to the review of credits of other programs.
enum ForeignAnswer<'w> {
    Adopt(&'w Order),
    Create,
}

fn held_by(other: &OtherHolder) -> String {
    let rma = &other.rma;
    match other.evidence {
        HolderEvidence::Note(note) => format!("RMA {rma} adopted it first (note {note} on the credit)"),
        HolderEvidence::Store => format!("RMA {rma} adopted it first"),
        HolderEvidence::PaymentOrNote => format!("it has a payment or a note of RMA {rma}"),
    }
}

/// Whether a credit may belong to the order. This is assumed if the order or the credit's parent is unknown.
fn belongs(credit: &Order, order: Option<&Order>) -> bool {
    match (order, credit.parent_order_id) {
        (Some(order), Some(parent)) => parent == order.id,
        _ => true,
    }
}

/// Whether a credit was paid, received or closed before the RMA was requested, and so is for another return.
fn has_history_before(credit: &Order, world: &World) -> bool {
    let Some(requested) = world.rma.created_at.map(OffsetDateTime::timestamp) else { return false };
    let before = |time: Option<OffsetDateTime>| time.is_some_and(|time| time.timestamp() < requested);
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

/// Counts the RMA's units by product. Returns `None` if a unit matches no row with a product.
fn products_returned(
    units: &[&Item],
    order_rows: &OrderRows<'_>,
    earlier: &EarlierCredits<'_>,
) -> Option<BTreeMap<ProductId, Decimal>> {
    let mut remaining = RemainingQuantities::after(order_rows, earlier, &mut Findings::default());
    let mut products = BTreeMap::new();
    for unit in units {
        let matched = remaining.allocate(unit, |_| ()).ok()?;
        let product = order_rows.get(matched.row)?.row.product()?;
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
