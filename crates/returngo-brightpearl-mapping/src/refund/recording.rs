//! The state of each transaction of an RMA: recorded, to be recorded, or in need of a review.

use std::collections::{BTreeMap, HashSet};

use brightpearl::{PaymentId, accounting::CustomerPayment, order::Order};
use returngo::{RmaId, TransactionId, TransactionType};
use rust_decimal::Decimal;

use super::{
    context::RefundContext,
    credit_payments::{RefundRecord, UnbackedPayment},
    keyed_transaction::KeyedTransaction,
    manual_payment::{self, ManualPayment},
    money_flow::MoneyFlow,
    note,
    payment::{PaymentDraft, RefundPayment},
    payment_effects::PaymentEffects,
    questions::{self, DuplicateAnswer, NoCreditAnswer},
};
use crate::{
    amounts,
    findings::Findings,
    keys,
    plan::{Effect, RefundState, RefundStatus, WarningCode},
    review::{Review, ReviewCode},
    rma_facts::Calendar,
    settings::RefundRecording,
    tender,
    world::World,
};

/// Plans the writes for each transaction, oldest first, and returns the state of each.
pub(crate) fn record(
    context: &RefundContext<'_>,
    findings: &mut Findings,
) -> (Vec<Effect>, Vec<RefundStatus>) {
    let mut recorder = RefundRecorder::new(context, findings);
    let statuses = context.transactions.iter().map(|keyed| RefundStatus {
        transaction_id: keyed.transaction.id.clone(),
        state: recorder.state_of(keyed),
    });
    let statuses = statuses.collect();
    recorder.review_unlisted();
    (recorder.effects, statuses)
}

struct RefundRecorder<'r, 'w> {
    context: &'r RefundContext<'w>,
    findings: &'r mut Findings,
    calendar: Calendar,
    /// The keys that notes on the credit and the order mention.
    noted: HashSet<&'w str>,
    /// The refunds that may have been entered manually.
    manual: BTreeMap<&'r TransactionId, Vec<ManualPayment<'w>>>,
    /// The refunds that payments record, as a person decided.
    decided: BTreeMap<&'r TransactionId, PaymentId>,
    payment_effects: PaymentEffects<'r, 'w>,
    effects: Vec<Effect>,
}

impl<'r, 'w> RefundRecorder<'r, 'w> {
    fn new(context: &'r RefundContext<'w>, findings: &'r mut Findings) -> Self {
        let notes = context.world.order_notes.iter();
        let mut manual =
            context.payments.manual_payments(&context.transactions, &BTreeMap::new(), &HashSet::new());
        let mut decided = BTreeMap::new();
        if !findings.decisions().is_empty() {
            let named = DecidedDuplicates::of(context, &manual, findings);
            if !named.recorded.is_empty() {
                let mut others =
                    context.payments.manual_payments(&context.transactions, &named.recorded, &named.used_up);
                // A refund that does not fit into its payment any more is asked about again.
                manual.retain(|refund, _| named.too_many.contains(refund));
                others.extend(manual);
                manual = others;
            }
            decided = named.recorded;
        }
        Self {
            context,
            findings,
            calendar: Calendar::of(&context.world.account),
            noted: notes.flat_map(|note| keys::mentioned(&note.text)).collect(),
            manual,
            decided,
            payment_effects: PaymentEffects::new(context),
            effects: Vec::new(),
        }
    }

    fn rma(&self) -> &'w RmaId {
        self.context.world.rma.id()
    }

    fn state_of(&mut self, keyed: &KeyedTransaction<'_>) -> RefundState {
        if self.context.settled.transaction(&keyed.transaction.id) {
            self.review_unbacked(keyed);
            return self.settled_state(keyed);
        }
        let state = self.open_state(keyed);
        if self.review_unbacked(keyed) { RefundState::NeedsReview } else { state }
    }

    /// Returns the state of a transaction that was settled manually: nothing is written for it. Other problems with it
    /// still need a review.
    fn settled_state(&mut self, keyed: &KeyedTransaction<'_>) -> RefundState {
        match keyed.flow {
            MoneyFlow::Refund => {
                if let RefundRecord::Matching(payment) = self.context.payments.record_of(keyed) {
                    self.check_journal(payment, keyed);
                }
                RefundState::Recorded
            }
            MoneyFlow::Unknown => RefundState::Recorded,
            MoneyFlow::RefundRequested => RefundState::Pending,
            MoneyFlow::MoneyIn | MoneyFlow::MoneyInRequested => RefundState::NotARefund,
            MoneyFlow::Failed => RefundState::Failed,
        }
    }

    fn open_state(&mut self, keyed: &KeyedTransaction<'_>) -> RefundState {
        let transaction = keyed.transaction;
        match keyed.flow {
            MoneyFlow::Refund => self.refund(keyed),
            MoneyFlow::RefundRequested => RefundState::Pending,
            MoneyFlow::MoneyIn => self.money_in(keyed),
            MoneyFlow::MoneyInRequested => RefundState::NotARefund,
            MoneyFlow::Failed => {
                let message =
                    format!("{} {} failed; no money was transferred.", transaction.kind, transaction.id);
                self.findings.add_warning_for_transaction(WarningCode::RefundFailed, message, transaction);
                RefundState::Failed
            }
            MoneyFlow::Unknown => {
                let message = format!(
                    "Transaction {} is a {} with status {}. The connector does not support this combination and recorded \
                     nothing.",
                    transaction.id, transaction.kind, transaction.status
                );
                self.ask_without_credit(ReviewCode::UnknownTransaction, message, keyed)
            }
        }
    }

    fn review(&mut self, code: ReviewCode, message: String, keyed: &KeyedTransaction<'_>) -> RefundState {
        self.findings.add_review_for_transaction(code, message, keyed.transaction);
        RefundState::NeedsReview
    }

    /// Adds a review for each payment under the key of a transaction that did not return money to the shopper. Returns
    /// whether there are any.
    fn review_unbacked(&mut self, keyed: &KeyedTransaction<'_>) -> bool {
        let mut has_reviews = false;
        for unbacked in self.context.payments.unbacked().filter(|unbacked| unbacked.key == keyed.key) {
            let message = format!(
                "{}, but {} {} has the status {} in ReturnGO: it did not return this money to the shopper. Reverse the \
                 payment in Brightpearl with a receipt of the same amount, or correct the transaction in ReturnGO.",
                recorded_under(unbacked),
                keyed.transaction.kind,
                keyed.transaction.id,
                keyed.transaction.status
            );
            let review =
                Review::about_transaction(ReviewCode::RecordedDifferently, message, keyed.transaction);
            let facts = questions::unbacked_facts(unbacked, keyed.transaction.status.as_str());
            let is_accepted =
                self.findings.ask(questions::recorded_differently(review, facts), |_| Ok(())).is_some();
            has_reviews |= !is_accepted;
        }
        has_reviews
    }

    /// Adds a review for each payment under a key of the RMA whose transaction ReturnGO does not list.
    fn review_unlisted(&mut self) {
        for unbacked in self.context.payments.unbacked().filter(|unbacked| !unbacked.is_listed) {
            let own = format!("{}-", keys::credit(self.rma()));
            let id = unbacked.key.strip_prefix(&own).unwrap_or(unbacked.key);
            let message = format!(
                "{}, but ReturnGO does not list transaction {id} of RMA {}. Reverse the payment in Brightpearl with a receipt \
                 of the same amount, or change its reference to that of the refund it records.",
                recorded_under(unbacked),
                self.rma()
            );
            let review =
                Review::about_unlisted(ReviewCode::RecordedDifferently, message, TransactionId::new(id));
            let facts = questions::unbacked_facts(unbacked, "unlisted");
            self.findings.ask(questions::recorded_differently(review, facts), |_| Ok(()));
        }
    }

    fn refund(&mut self, refund: &KeyedTransaction<'_>) -> RefundState {
        let transaction = refund.transaction;
        if matches!(transaction.kind, TransactionType::Other(_)) {
            let message = format!(
                "{} is an unknown type of refund; it is recorded like any other refund.",
                transaction.kind
            );
            self.findings.add_warning_for_transaction(WarningCode::UnknownTransaction, message, transaction);
        }
        if refund.known_amount().unwrap_or(transaction.amount.amount).is_zero() {
            return RefundState::NotARefund;
        }
        match self.context.payments.record_of(refund) {
            RefundRecord::Matching(payment) => {
                self.check_journal(payment, refund);
                if self.manual.contains_key(&transaction.id) {
                    return self.ask_second_payment(refund, payment);
                }
                RefundState::Recorded
            }
            RefundRecord::Differing(difference) => {
                let message = format!(
                    "{difference} Correct the payment in Brightpearl; the connector does not record the refund again."
                );
                let review =
                    Review::about_transaction(ReviewCode::RecordedDifferently, message, refund.transaction);
                let question = questions::recorded_differently(review, difference);
                match self.findings.ask(question, |_| Ok(())) {
                    Some(()) => RefundState::Recorded,
                    None => RefundState::NeedsReview,
                }
            }
            RefundRecord::Missing => self.unrecorded(refund),
        }
    }

    fn unrecorded(&mut self, refund: &KeyedTransaction<'_>) -> RefundState {
        if self.is_for_skipped_units_only(refund) {
            return RefundState::NotSynchronized;
        }
        if let Some(reason) = self.context.impossible.as_deref() {
            let message = format!(
                "Refund {} was paid, but it will not get a sales credit: {reason}. Decide where to record the refund.",
                refund.transaction.id
            );
            return self.ask_without_credit(ReviewCode::CreditImpossible, message, refund);
        }
        match (self.context.payments.credit, self.context.settings.refunds) {
            (None, _) => RefundState::Pending,
            (Some(credit), RefundRecording::Note) => self.note_refund(refund, credit),
            (Some(credit), RefundRecording::Record) => self.record_refund(refund, credit),
        }
    }

    /// Whether a refund is for units whose return method is not synchronized only. One that names no units is for all units.
    fn is_for_skipped_units_only(&self, refund: &KeyedTransaction<'_>) -> bool {
        let units = &refund.transaction.return_item_ids;
        let skipped = &self.context.skipped;
        if units.is_empty() {
            self.context.units > 0 && skipped.len() == self.context.units
        } else {
            units.iter().all(|unit| skipped.contains(unit))
        }
    }

    /// Asks about a transaction that is not recorded on a credit.
    fn ask_without_credit(
        &mut self,
        code: ReviewCode,
        message: String,
        keyed: &KeyedTransaction<'_>,
    ) -> RefundState {
        let question = questions::without_credit(code, message, keyed, self.context);
        match self.findings.ask(question, NoCreditAnswer::read) {
            None => RefundState::NeedsReview,
            Some(NoCreditAnswer::NotOurs) => RefundState::NotSynchronized,
            Some(NoCreditAnswer::Note) if self.noted.contains(keyed.key.as_str()) => RefundState::Recorded,
            Some(NoCreditAnswer::Note) => {
                let order_id = self.context.order_to_note_on();
                let key = keys::note(self.rma(), &keyed.transaction.id);
                let body = note::of_transaction(self.rma(), keyed.transaction, &self.calendar);
                self.effects.extend(order_id.map(|order_id| Effect::AddOrderNote { key, order_id, body }));
                RefundState::Pending
            }
        }
    }

    fn note_refund(&mut self, refund: &KeyedTransaction<'_>, credit: &Order) -> RefundState {
        if self.noted.contains(refund.key.as_str()) {
            return RefundState::Recorded;
        }
        let body = note::of_refund(self.rma(), refund.transaction, &self.calendar);
        self.effects.push(Effect::AddOrderNote {
            key: keys::note(self.rma(), &refund.transaction.id),
            order_id: credit.id,
            body,
        });
        RefundState::Pending
    }

    fn record_refund(&mut self, refund: &KeyedTransaction<'_>, credit: &'w Order) -> RefundState {
        if self.decided.contains_key(&refund.transaction.id) {
            return RefundState::Recorded;
        }
        let payments = self.manual.get(&refund.transaction.id).map(Vec::as_slice).unwrap_or_default();
        let is_sale_cancelled = is_sale_cancelled(self.context.world, credit);
        if !payments.is_empty() || is_sale_cancelled {
            let (rma, recorded) = (self.rma(), None);
            let question =
                questions::possible_duplicate(refund, payments, recorded, is_sale_cancelled, credit, rma);
            let is_other_money = |choice: &str| match DuplicateAnswer::read(choice)? {
                DuplicateAnswer::OtherMoney => Ok(()),
                DuplicateAnswer::RecordedBy(payment) => {
                    Err(format!("payment {payment} is too small for all refunds for which it was named"))
                }
            };
            if self.findings.ask(question, is_other_money).is_none() {
                return RefundState::NeedsReview;
            }
        }
        let Some(mut draft) = self.draft(refund, credit) else { return RefundState::NeedsReview };
        let account = &self.context.world.account;
        if let Some(question) = questions::period_locked(refund, &draft.body, account) {
            if self.findings.ask(question, |_| Ok(())).is_none() {
                return RefundState::NeedsReview;
            }
            if let Some(day) = questions::first_open_day(account) {
                draft.body.payment_date = day;
            }
        }
        let effects = self.payment_effects.of(refund, credit, draft.body, self.findings);
        let Some(effects) = effects else { return RefundState::NeedsReview };
        draft.warning.into_iter().for_each(|warning| self.findings.add_warning(warning));
        self.effects.extend(effects);
        RefundState::Pending
    }

    /// Returns the payment of a refund. Adds the review if its amount or payment method is not known.
    fn draft(&mut self, refund: &KeyedTransaction<'_>, credit: &Order) -> Option<PaymentDraft> {
        let (account, settings) = (&self.context.world.account, self.context.settings);
        let (transaction, currency) = (refund.transaction, &credit.currency.order_currency_code);
        let amount = refund.amount_on(credit).map_err(|review| self.findings.add_review(review)).ok()?;
        let tender = match tender::for_refund(transaction, currency, account, settings) {
            Ok(tender) => tender,
            Err(review) if review.code == ReviewCode::TenderMissing => {
                let question = questions::offering_methods(*review, refund, account);
                self.findings.ask(question, |choice| {
                    let method = choice.strip_prefix("method:").unwrap_or_default();
                    tender::resolve(method, currency, account).map_err(|error| error.to_string())
                })?
            }
            Err(review) => {
                self.findings.add_review(review);
                return None;
            }
        };
        let payment = RefundPayment { rma: self.rma(), refund: transaction, credit, account, settings };
        Some(payment.draft(amount, &tender))
    }

    /// Asks about payments that may record a refund a second time.
    fn ask_second_payment(
        &mut self,
        refund: &KeyedTransaction<'_>,
        recorded: &CustomerPayment,
    ) -> RefundState {
        let Some(credit) = self.context.payments.credit else { return RefundState::Recorded };
        let payments = self.manual.get(&refund.transaction.id).map(Vec::as_slice).unwrap_or_default();
        let is_sale_cancelled = is_sale_cancelled(self.context.world, credit);
        let question = questions::possible_duplicate(
            refund,
            payments,
            Some(recorded),
            is_sale_cancelled,
            credit,
            self.rma(),
        );
        match self.findings.ask(question, DuplicateAnswer::read) {
            Some(_) => RefundState::Recorded,
            None => RefundState::NeedsReview,
        }
    }

    /// A method with a bank account creates a journal (docs/evidence/brightpearl-accounting.md#payment-rules);
    /// without a journal nothing was posted. Vouchers and store credit have neither.
    fn check_journal(&mut self, payment: &CustomerPayment, refund: &KeyedTransaction<'_>) {
        let code = payment.payment_method_code.as_ref();
        let method = code.and_then(|code| self.context.world.account.payment_method(code));
        let Some(method) = method.filter(|method| !method.bank_accounts.is_empty()) else { return };
        if payment.journal_id.is_none() {
            let message = format!(
                "Payment {} with method {} in {} has no journal: the credit shows as paid, but nothing was posted to the \
                 bank account. Post the journal manually.",
                payment.payment_id, method.code, payment.currency_code
            );
            self.review(ReviewCode::NoJournal, message, refund);
        }
    }

    /// Notes money from the shopper on the credit, or on the order while there is no credit.
    fn money_in(&mut self, payment: &KeyedTransaction<'_>) -> RefundState {
        let credit = self.context.payments.credit.map(|credit| credit.id);
        let is_recorded = !matches!(self.context.payments.record_of(payment), RefundRecord::Missing);
        let is_known = is_recorded || self.noted.contains(payment.key.as_str());
        if let (false, Some(order_id)) = (is_known, credit.or(self.context.order)) {
            let body = note::of_money_in(self.rma(), payment.transaction, &self.calendar);
            self.effects.push(Effect::AddOrderNote {
                key: keys::note(self.rma(), &payment.transaction.id),
                order_id,
                body,
            });
        }
        RefundState::NotARefund
    }
}

/// Whether the order was cancelled after it was credited: the shop's own connector then posts a reversal on it.
fn is_sale_cancelled(world: &World, credit: &Order) -> bool {
    let cancelled = world.account.configuration.cancelled_order_status();
    let mut orders = world.order.iter().chain(&world.orders);
    cancelled.is_some()
        && orders.any(|order| {
            credit.parent_order_id.is_none_or(|sale| sale == order.id)
                && Some(order.order_status.order_status_id) == cancelled
        })
}

/// The refunds that a person named payments for.
struct DecidedDuplicates<'r> {
    /// The payments that record refunds.
    recorded: BTreeMap<&'r TransactionId, PaymentId>,
    /// Refunds whose payment is used up by others: all refunds of a payment are at most its amount.
    too_many: HashSet<&'r TransactionId>,
    /// Payments of which nothing is left for other refunds.
    used_up: HashSet<PaymentId>,
}

impl<'r> DecidedDuplicates<'r> {
    fn of(
        context: &'r RefundContext<'_>,
        manual: &BTreeMap<&'r TransactionId, Vec<ManualPayment<'_>>>,
        findings: &Findings,
    ) -> Self {
        let mut named = Self { recorded: BTreeMap::new(), too_many: HashSet::new(), used_up: HashSet::new() };
        let Some(credit) = context.payments.credit else { return named };
        let is_sale_cancelled = is_sale_cancelled(context.world, credit);
        let mut left: BTreeMap<PaymentId, Decimal> = BTreeMap::new();
        let is_unrecorded = |refund: &&KeyedTransaction<'_>| {
            let is_missing = matches!(context.payments.record_of(refund), RefundRecord::Missing);
            refund.flow == MoneyFlow::Refund && is_missing
        };
        for refund in context.transactions.iter().filter(is_unrecorded) {
            let id = &refund.transaction.id;
            let Some(payments) = manual.get(id) else { continue };
            let rma = context.world.rma.id();
            let question =
                questions::possible_duplicate(refund, payments, None, is_sale_cancelled, credit, rma);
            let answer = findings.decisions().answer(question, DuplicateAnswer::read);
            let Ok(DuplicateAnswer::RecordedBy(payment)) = answer else { continue };
            let of_payment = payments.iter().find(|manual| manual.payment.payment_id == payment);
            let whole = of_payment.map_or(Decimal::ZERO, |manual| manual_payment::comparable(manual.payment));
            // The first refund of a payment is taken as decided, whatever its amount.
            let is_first = !left.contains_key(&payment);
            let left = left.entry(payment).or_insert(whole);
            let amount = refund.known_amount().unwrap_or_default();
            if is_first || amount <= *left {
                *left = left.saturating_sub(amount);
                named.recorded.insert(id, payment);
            } else {
                named.too_many.insert(id);
            }
        }
        named.used_up =
            left.into_iter().filter(|(_, left)| *left <= Decimal::ZERO).map(|(id, _)| id).collect();
        named
    }
}

fn recorded_under(unbacked: UnbackedPayment<'_>) -> String {
    let payment = unbacked.payment;
    format!(
        "Payment {} of {} is recorded on {} with the reference {}",
        payment.payment_id,
        amounts::shown(payment.amount(), &payment.currency_code),
        payment.order_id.map_or_else(|| "no order".to_owned(), |order| format!("order {order}")),
        unbacked.key
    )
}
