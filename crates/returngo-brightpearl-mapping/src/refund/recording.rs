//! The state of each transaction of an RMA: recorded, to be recorded, or in need of a review.

use std::collections::HashSet;

use brightpearl::{accounting::CustomerPayment, order::Order};
use returngo::{RmaId, TransactionId, TransactionType};

use super::{
    context::RefundContext,
    credit_payments::{RefundRecord, UnbackedPayment},
    duplicates::{Duplicates, is_sale_cancelled},
    keyed_transaction::KeyedTransaction,
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
    review::{ReturnPart, Review, ReviewCode},
    rma_facts::Calendar,
    settings::RefundRecording,
    tender,
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
    /// What payments without a key mean for the refunds.
    duplicates: Duplicates<'w>,
    payment_effects: PaymentEffects<'r, 'w>,
    effects: Vec<Effect>,
}

impl<'r, 'w> RefundRecorder<'r, 'w> {
    fn new(context: &'r RefundContext<'w>, findings: &'r mut Findings) -> Self {
        let notes = context.world.order_notes.iter();
        let duplicates = Duplicates::of(context, findings);
        Self {
            context,
            findings,
            calendar: Calendar::of(&context.world.account),
            noted: notes.flat_map(|note| keys::mentioned(&note.text)).collect(),
            duplicates,
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
                if !self.duplicates.of_refund(&transaction.id).is_empty() {
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
        let id = &refund.transaction.id;
        if self.duplicates.is_recorded(id) {
            return RefundState::Recorded;
        }
        let payments = self.duplicates.of_refund(id);
        let missing = self.duplicates.missing_for(id);
        let is_sale_cancelled = is_sale_cancelled(self.context.world, credit);
        if !payments.is_empty() || is_sale_cancelled || missing.is_some() {
            let (rma, recorded) = (self.rma(), None);
            let question =
                questions::possible_duplicate(refund, payments, recorded, is_sale_cancelled, credit, rma);
            let question = match missing {
                Some(payment) => questions::naming_missing(question, payment),
                None => question,
            };
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
        let concerns = |part, subject: &str| part == ReturnPart::Transaction && subject == id.as_str();
        if self.findings.ask_about_unasked(concerns) {
            return RefundState::NeedsReview;
        }
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
        let payments = self.duplicates.of_refund(&refund.transaction.id);
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
                 bank account. Post the journal by hand.",
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
