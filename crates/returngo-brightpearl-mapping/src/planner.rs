//! The plan for one RMA.

use brightpearl::{OrderId, order::Order};
use returngo::{Item, RmaStatus};
use rust_decimal::Decimal;

use crate::{
    amounts, changes, claims,
    credit::{self, CreditRequest},
    credit_rows::UnitsOnCredit,
    decisions::{Decisions, SettledReviews},
    existing_credits::ExistingCredits,
    field_map::FieldValues,
    findings::Findings,
    finish::{self, CreditProgress, Movements},
    goods::{self, ReturnedGoods, StockRows},
    keys,
    matching::{OrderRows, RemainingQuantities},
    original_order,
    plan::{
        CreditState, Effect, Plan, RefundState, RefundStatus, ReturnState, Review, ReviewCode, UnitState,
        UnitStatus,
    },
    refund::{self, CreditPayments, MoneyFlow, RefundContext},
    review::ReturnPart,
    rma_facts,
    settings::ConnectionSettings,
    updates,
    world::World,
};

/// Returns the plan for an RMA: the writes, reviews and warnings that follow from a snapshot of both systems.
///
/// The same snapshot gives the same plan, whatever the order of its lists. Before the RMA reaches the settings' trigger,
/// the plan has no writes and no reviews. Once the RMA has a credit, the credit is kept up to date, whatever the RMA's
/// status.
#[must_use = "a plan does nothing until its effects are applied"]
pub fn plan(world: &World, settings: &ConnectionSettings) -> Plan {
    let mut findings = Findings::with(Decisions::of(&world.decisions));
    let case = Case::of(world, settings, &mut findings);
    if case.is_before_trigger() { case.idle_plan() } else { case.plan(findings) }
}

/// One RMA with all facts about it.
struct Case<'w> {
    world: &'w World,
    settings: &'w ConnectionSettings,
    /// All units of the RMA, lowest id first.
    units: Vec<&'w Item>,
    /// The units whose return method is synchronized.
    synchronized: Vec<&'w Item>,
    /// The synchronized units that were not settled manually.
    to_credit: Vec<&'w Item>,
    /// Reviews that were resolved manually.
    settled: SettledReviews,
    order: Result<&'w Order, Box<Review>>,
    order_rows: Option<OrderRows<'w>>,
    existing: ExistingCredits<'w>,
    /// Whether the RMA reached its trigger before, whatever its status is now.
    has_reached_trigger: bool,
    /// The RMA's credit: its own, or an adopted one.
    credit: Option<&'w Order>,
    /// A credit to adopt. The claim is written before anything else.
    to_claim: Option<&'w Order>,
    /// Whether another RMA adopted the RMA's credit first.
    has_lost_claim: bool,
}

impl<'w> Case<'w> {
    fn of(world: &'w World, settings: &'w ConnectionSettings, findings: &mut Findings) -> Self {
        let units = rma_facts::units(&world.rma);
        let synchronized = rma_facts::synchronized(&units, settings);
        let settled = findings.settled().clone();
        let mut to_credit = settled.to_credit(&synchronized);
        let order = original_order::find(world);
        let known = order.as_ref().ok().copied();
        let order_rows = known.map(OrderRows::of);
        let existing = ExistingCredits::of(world, known, findings);
        let credit = existing.of_rma(world, settings);
        let may_leave_out = world.decisions.iter().any(|decision| decision.choice == credit::ON_CREDIT);
        if let Some(order_rows) = order_rows.as_ref().filter(|_| may_leave_out && credit.is_none()) {
            let earlier = &existing.earlier(settings);
            let (rma, account, units) = (&world.rma, &world.account, &to_credit);
            let request = CreditRequest { rma, units, order_rows, earlier, account, settings };
            let left_out = request.left_out(findings);
            to_credit
                .retain(|unit| left_out.iter().all(|left| left.returned_item_id != unit.returned_item_id));
        }
        let is_own_order = known.is_some_and(|order| original_order::is_of_rma(order, world).is_ok());
        let adoptable = || existing.adoptable(world, order_rows.as_ref()?, &to_credit, settings);
        let has_lost_claim = credit.is_none() && existing.lost_claim(world);
        let is_settled = settled.credit().is_some();
        let is_closed = world.rma.status().is_cancelled_or_rejected();
        let to_claim = if credit.is_some() || has_lost_claim || !is_own_order || is_settled || is_closed {
            None
        } else {
            adoptable().or_else(|| existing.chosen(world, &to_credit, settings, findings))
        };
        let has_reached_trigger = credit.is_some() || has_lost_claim;
        Self {
            world,
            settings,
            units,
            synchronized,
            to_credit,
            settled,
            order,
            order_rows,
            existing,
            has_reached_trigger,
            credit,
            to_claim,
            has_lost_claim,
        }
    }

    fn known_order(&self) -> Option<&'w Order> {
        self.order.as_ref().ok().copied()
    }

    fn is_cancelled_or_rejected(&self) -> bool {
        self.world.rma.status().is_cancelled_or_rejected()
    }

    /// Whether the RMA has not reached its trigger. Cancelled and rejected RMAs never do.
    fn is_before_trigger(&self) -> bool {
        let reached = rma_facts::reached_trigger(&self.world.rma, &self.synchronized, self.settings);
        !self.has_reached_trigger && !self.is_cancelled_or_rejected() && !reached
    }

    fn idle_plan(&self) -> Plan {
        let mut findings = Findings::default();
        if let RmaStatus::Other(status) = self.world.rma.status() {
            findings.add_ignored(format!(
                "The RMA has the unknown status {status:?}. Nothing is written for it."
            ));
        }
        let refunds = rma_facts::transactions(&self.world.rma).into_iter().map(|transaction| RefundStatus {
            transaction_id: transaction.id.clone(),
            state: match refund::money_flow(transaction) {
                MoneyFlow::MoneyIn | MoneyFlow::MoneyInRequested => RefundState::NotARefund,
                MoneyFlow::Failed => RefundState::Failed,
                MoneyFlow::Refund | MoneyFlow::RefundRequested | MoneyFlow::Unknown => RefundState::Pending,
            },
        });
        let state =
            ReturnState { credit: None, units: self.units_without_credit(), refunds: refunds.collect() };
        let (reviews, warnings) = findings.into_lists();
        Plan { effects: Vec::new(), reviews, warnings, state }
    }

    fn plan(&self, mut findings: Findings) -> Plan {
        self.existing.review_ambiguous(&self.world.rma, &self.synchronized, &mut findings);
        if self.has_lost_claim {
            self.existing.review_lost_claim(self.world, &self.synchronized, &mut findings);
        }
        let mut effects: Vec<Effect> = self.create_credit(&mut findings).into_iter().collect();
        effects.extend(self.set_custom_fields(&mut findings));
        if let Some(credit) = self.credit.filter(|_| !self.is_cancelled_or_rejected()) {
            finish::review_cancelled_status(&self.world.rma, credit, self.settings, &mut findings);
        }

        let mut by_claim = self.to_credit.clone();
        by_claim.extend(self.synchronized.iter().filter(|unit| self.settled.unit(&unit.returned_item_id)));
        let on_credit =
            self.credit.map(|credit| UnitsOnCredit::of(credit, self.order_rows.as_ref(), &by_claim));
        let units = match (self.credit, &on_credit) {
            (Some(credit), Some(on_credit)) => self.units_on_credit(credit, on_credit, &mut findings),
            _ => self.units_without_credit(),
        };
        let credited = on_credit.as_ref().map_or(0, UnitsOnCredit::len);
        let context = self.context(credited, &mut findings);
        let (recorded, refunds) = refund::record(&context, &mut findings);
        effects.extend(recorded);

        if let Some(credit) = self.credit {
            let is_settled = self.settled.cancellation();
            if self.is_cancelled_or_rejected() && !is_settled {
                let movements = Movements {
                    is_paid: !context.payments.paid.is_zero() || refund::has_refunded(&context.transactions),
                    is_received: units.iter().any(|unit| unit.state.was_received()),
                };
                let (rma, settings) = (&self.world.rma, self.settings);
                effects.extend(finish::cancel(
                    rma,
                    credit,
                    &movements,
                    settings,
                    &self.world.account,
                    &mut findings,
                ));
            } else if !self.is_cancelled_or_rejected() && !findings.has_reviews() {
                let exchanged = self.exchanged(credit, on_credit.as_ref());
                let tolerance = refund::tolerance(currency(credit), credited);
                let is_paid = context.payments.reach_total(exchanged.saturating_add(tolerance));
                let was_finished = self.world.finished;
                let progress = CreditProgress { is_paid, units: &units, refunds: &refunds, was_finished };
                effects.extend(finish::effects(&self.world.rma, credit, &progress, self.settings));
            }
            effects.extend(updates::rma_updates_for(&self.world.rma, &units));
        }
        // All other writes wait for the claim: a credit belongs to one RMA only.
        if let Some(foreign) = self.to_claim {
            effects = vec![claims::claim(self.world.rma.id(), foreign)];
        } else if self.has_lost_claim {
            effects.clear();
        }
        self.warn_of_unknown_zone(&effects, &mut findings);

        let credit = self.credit.map(|credit| credit_state(credit, &context.payments));
        let (reviews, warnings) = findings.into_lists();
        Plan { effects, reviews, warnings, state: ReturnState { credit, units, refunds } }
    }

    /// Returns the creation of the credit, if the RMA needs one and no review blocks it.
    fn create_credit(&self, findings: &mut Findings) -> Option<Effect> {
        let is_taken = self.credit.is_some() || self.to_claim.is_some() || self.has_lost_claim;
        if is_taken || self.impossible().is_some() || self.existing.is_ambiguous() {
            return None;
        }
        let order = self.order.clone().map_err(|review| findings.add_review(review)).ok()?;
        let (world, settings) = (self.world, self.settings);
        let is_of_rma = original_order::is_of_rma(order, world).is_ok();
        let is_creditable = original_order::is_creditable(order, world, &self.to_credit, findings);
        let has_foreign =
            is_of_rma && self.existing.review_foreign(world, &self.to_credit, settings, findings);
        let request = CreditRequest {
            rma: &world.rma,
            units: &self.to_credit,
            order_rows: self.order_rows.as_ref()?,
            earlier: &self.existing.earlier(settings),
            account: &world.account,
            settings,
        };
        // While the order itself is in question, only the reviews that hold up the whole credit are of use.
        if !is_creditable || has_foreign {
            if is_of_rma {
                findings.add_reviews_of_credit(|findings| drop(request.draft(findings)));
            }
            return None;
        }
        let draft = request.draft(findings)?;
        let is_credited = |subject: &str| {
            draft.rows.iter().flat_map(|row| &row.units).any(|unit| unit.returned_item_id.as_str() == subject)
        };
        let concerns = |part: ReturnPart, subject: &str| match part {
            ReturnPart::Credit => true,
            ReturnPart::Unit => is_credited(subject),
            _ => false,
        };
        if findings.ask_about_unasked(concerns) {
            return None;
        }
        Some(Effect::CreateSalesCredit { key: keys::credit(world.rma.id()), body: Box::new(draft.body) })
    }

    /// Returns the custom fields of the field map. Brightpearl accepts them once the credit exists.
    fn set_custom_fields(&self, findings: &mut Findings) -> Option<Effect> {
        let is_settled = self.settled.whole(ReviewCode::FieldMapFailed);
        let is_open =
            |credit: &&Order| !self.is_cancelled_or_rejected() && !is_settled && !credit.is_closed();
        let credit = self.certain_credit().filter(is_open)?;
        let fields = FieldValues::of(&self.world.rma, self.known_order()?, self.settings)?;
        let body = fields.custom_fields(credit, &self.synchronized, findings)?;
        let key = keys::custom_fields(self.world.rma.id());
        Some(Effect::SetCustomFields { key, order_id: credit.id, body })
    }

    /// Returns why the RMA will never have a credit, if so.
    fn impossible(&self) -> Option<String> {
        if self.credit.is_some() {
            None
        } else if self.is_cancelled_or_rejected() {
            Some(format!("the RMA is {}", self.world.rma.status()))
        } else if self.synchronized.is_empty() {
            Some("none of its units is synchronized".to_owned())
        } else if let Some(review) = self.settled.credit() {
            Some(format!("its credit was settled manually ({review})"))
        } else if self.to_credit.is_empty() {
            Some("its units were settled manually, or are on other credits as decided".to_owned())
        } else {
            None
        }
    }

    /// Returns the credit on which refunds may be recorded. `None` while a review asks which credit is the RMA's.
    fn certain_credit(&self) -> Option<&'w Order> {
        self.credit.filter(|_| !self.existing.is_ambiguous())
    }

    /// Returns the resolved review of several credits with the RMA's key, if any: refunds are recorded on none of them.
    fn settled_while_ambiguous(&self) -> Option<String> {
        let review = self.settled.credit().filter(|_| self.existing.is_ambiguous())?;
        Some(format!("the choice of its credit was settled manually ({review})"))
    }

    fn context(&self, credited_units: usize, findings: &mut Findings) -> RefundContext<'_> {
        let skipped = self.units.iter().filter(|unit| rma_facts::is_skipped(unit, self.settings));
        let credit = self.certain_credit();
        let limit =
            self.known_order().map_or_else(|| credit.map_or(Decimal::ZERO, refund::total), refund::total);
        let transactions = refund::keyed_transactions(&self.world.rma, credit, limit, findings);
        RefundContext {
            world: self.world,
            settings: self.settings,
            payments: CreditPayments::of(self.world, credit, &transactions, findings),
            transactions,
            order: self.order_to_note_on(),
            impossible: self.impossible().or_else(|| self.settled_while_ambiguous()),
            settled: &self.settled,
            skipped: skipped.map(|unit| &unit.returned_item_id).collect(),
            units: self.units.len(),
            credited_units,
        }
    }

    /// Returns the order on which money from the shopper is noted while there is no credit. `None` if the order is that of
    /// another shop order.
    fn order_to_note_on(&self) -> Option<OrderId> {
        let is_own =
            |order: &&Order| self.credit.is_some() || original_order::is_of_rma(order, self.world).is_ok();
        self.known_order().filter(is_own).map(|order| order.id)
    }

    /// Returns the remaining quantities of the order after all its credits, including the RMA's own.
    fn remaining_after_credits(&self, credit: &'w Order) -> Option<RemainingQuantities<'_, 'w>> {
        let mut earlier = self.existing.earlier(self.settings);
        if earlier.credits.iter().all(|other| other.id != credit.id) {
            earlier.credits.push(credit);
        }
        Some(RemainingQuantities::after(self.order_rows.as_ref()?, &earlier, &mut Findings::default()))
    }

    /// Returns what the credit has for units that are exchanged, including tax: no refund is expected for them.
    fn exchanged(&self, credit: &Order, on_credit: Option<&UnitsOnCredit<'_>>) -> Decimal {
        let exchanged = self.units.iter().filter(|unit| rma_facts::is_exchanged(unit));
        let gross = exchanged.filter_map(|unit| {
            let row = credit.order_rows.get(&on_credit?.row_of(&unit.returned_item_id)?)?;
            row.row_value.gross().checked_div(row.quantity.magnitude)
        });
        amounts::sum(gross)
    }

    fn units_on_credit(
        &self,
        credit: &'w Order,
        on_credit: &UnitsOnCredit<'_>,
        findings: &mut Findings,
    ) -> Vec<UnitStatus> {
        if !self.is_cancelled_or_rejected() {
            changes::add_reviews(
                credit,
                &self.to_credit,
                on_credit,
                || self.remaining_after_credits(credit),
                findings,
            );
        }
        let (world, settings, units) = (self.world, self.settings, &self.units);
        let units = ReturnedGoods { world, credit, units, on_credit, settings }.unit_states(findings);
        let came: Vec<_> = units
            .iter()
            .filter(|unit| unit.state.was_received())
            .map(|unit| &unit.returned_item_id)
            .collect();
        if self.is_cancelled_or_rejected() && !came.is_empty() {
            let message = format!(
                "Goods were received on sales credit {}, but the RMA is {}. Reopen the RMA, or send the goods back.",
                credit.id,
                world.rma.status()
            );
            findings.add_review_for_units(ReviewCode::GoodsForClosedRequest, message, came);
        }
        units
    }

    /// Returns the units' states before there is a credit: expected, unless no goods will be returned.
    fn units_without_credit(&self) -> Vec<UnitStatus> {
        let rows = self.order_rows.as_ref().map(|rows| (rows, StockRows::of(self.world, rows.order)));
        let is_received = |unit: &Item| {
            let row =
                rows.as_ref().and_then(|(rows, stock)| Some((rows.rows(rows.tier(unit)?).next()?.id, stock)));
            row.is_none_or(|(row, stock)| stock.received_rows(row).next().is_some())
        };
        let state_of = |unit: &Item| {
            let is_expected = !goods::expects_no_goods(unit, self.settings) && is_received(unit);
            if is_expected { UnitState::Expected } else { UnitState::NoReturn }
        };
        let status = |unit: &&Item| UnitStatus {
            returned_item_id: unit.returned_item_id.clone(),
            row_id: None,
            state: state_of(unit),
        };
        self.units.iter().map(status).collect()
    }

    /// Warns of an unknown time zone: with a wrong zone, a tax date can be off by one day.
    fn warn_of_unknown_zone(&self, effects: &[Effect], findings: &mut Findings) {
        let dated = |effect: &Effect| {
            matches!(
                effect,
                Effect::CreateSalesCredit { .. } | Effect::RecordPayment { .. } | Effect::AddOrderNote { .. }
            )
        };
        if self.world.account.time_zone().is_none() && effects.iter().any(dated) {
            let name = self.world.account.time_zone_name().unwrap_or("(none)");
            findings
                .add_ignored(format!("The account's time zone {name} is unknown. Times are written in UTC."));
        }
    }
}

fn currency(credit: &Order) -> &brightpearl::CurrencyCode {
    &credit.currency.order_currency_code
}

fn credit_state(credit: &Order, payments: &CreditPayments<'_>) -> CreditState {
    CreditState {
        id: credit.id,
        gross: amounts::written(refund::total(credit), currency(credit)),
        paid: amounts::written(payments.paid, currency(credit)),
        currency: currency(credit).clone(),
        stock: credit.stock_status_code.clone(),
        closed: credit.is_closed(),
    }
}
