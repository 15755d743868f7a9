//! The state of each transaction of an RMA: recorded, to be recorded, or in need of a review.

use std::collections::{BTreeMap, HashSet};

use brightpearl::{accounting::CustomerPayment, order::Order};
use returngo::{RmaId, TransactionId, TransactionType};

use super::{
    context::RefundContext,
    credit_payments::{RefundRecord, UnbackedPayment},
    keyed_transaction::KeyedTransaction,
    manual_payment::{self, ManualPayment, OrderRole},
    money_flow::MoneyFlow,
    note,
    payment::{PaymentDraft, RefundPayment},
    payment_effects::PaymentEffects,
};
use crate::{
    amounts,
    findings::Findings,
    keys,
    plan::{Effect, RefundState, RefundStatus, Review, ReviewCode, WarningCode},
    rma_facts::Calendar,
    settings::RefundRecording,
    tender,
};

/// The largest number of payments that a review about a refund lists.
const MAX_LISTED: usize = 3;

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
    payment_effects: PaymentEffects<'r, 'w>,
    effects: Vec<Effect>,
}

impl<'r, 'w> RefundRecorder<'r, 'w> {
    fn new(context: &'r RefundContext<'w>, findings: &'r mut Findings) -> Self {
        let notes = context.world.order_notes.iter();
        Self {
            context,
            findings,
            calendar: Calendar::of(&context.world.account),
            noted: notes.flat_map(|note| keys::mentioned(&note.text)).collect(),
            manual: context.payments.manual_payments(&context.transactions),
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
                let message = format!("{} {} failed; no money was transferred.", transaction.kind, transaction.id);
                self.findings.add_warning_for_transaction(WarningCode::RefundFailed, message, transaction);
                RefundState::Failed
            }
            MoneyFlow::Unknown => self.review(
                ReviewCode::UnknownTransaction,
                format!(
                    "Transaction {} is a {} with status {}. The connector does not support this combination and recorded \
                     nothing. If money was transferred, record it manually.",
                    transaction.id, transaction.kind, transaction.status
                ),
                keyed,
            ),
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
            self.review(ReviewCode::RecordedDifferently, message, keyed);
            has_reviews = true;
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
            self.findings.add_review(Review {
                code: ReviewCode::RecordedDifferently,
                message,
                item_ids: Vec::new(),
                transaction_ids: vec![TransactionId::new(id)],
            });
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
                    return self.review_second_payment(refund, payment);
                }
                RefundState::Recorded
            }
            RefundRecord::Differing(difference) => {
                let message = format!(
                    "{difference} Correct the payment in Brightpearl; the connector does not record the refund again."
                );
                self.review(ReviewCode::RecordedDifferently, message, refund)
            }
            RefundRecord::Missing => self.unrecorded(refund),
        }
    }

    fn unrecorded(&mut self, refund: &KeyedTransaction<'_>) -> RefundState {
        let is_skipped = self.is_for_skipped_units_only(refund);
        let skipped = is_skipped.then_some("the return method of its units is not synchronized");
        if let Some(reason) = self.context.impossible.as_deref().or(skipped) {
            let message = format!(
                "Refund {} was paid, but it will not get a sales credit: {reason}. Decide where to record the refund.",
                refund.transaction.id
            );
            return self.review(ReviewCode::CreditImpossible, message, refund);
        }
        match (self.context.payments.credit, self.context.settings.refunds) {
            (None, _) => RefundState::Pending,
            (Some(credit), RefundRecording::Note) => self.note_refund(refund, credit),
            (Some(credit), RefundRecording::Record) => self.record_refund(refund, credit),
        }
    }

    fn is_for_skipped_units_only(&self, refund: &KeyedTransaction<'_>) -> bool {
        let units = &refund.transaction.return_item_ids;
        !units.is_empty() && units.iter().all(|unit| self.context.skipped.contains(unit))
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
        if self.manual.contains_key(&refund.transaction.id) {
            return self.review_possible_duplicate(refund, credit);
        }
        if self.is_sale_cancelled(credit) {
            let message = format!(
                "The sales order of refund {} is cancelled and may have been refunded there. If the refund is not recorded \
                 yet, record it manually on sales credit {} with the reference {}. Then resolve the review.",
                refund.transaction.id, credit.id, refund.key
            );
            return self.review(ReviewCode::PossibleDuplicate, message, refund);
        }
        let world = self.context.world;
        let (account, settings) = (&world.account, self.context.settings);
        let currency = &credit.currency.order_currency_code;
        let draft = refund.amount_on(credit).and_then(|amount| {
            let tender = tender::for_refund(refund.transaction, currency, account, settings)?;
            let payment =
                RefundPayment { rma: self.rma(), refund: refund.transaction, credit, account, settings };
            Ok(payment.draft(amount, &tender))
        });
        let planned = draft.and_then(|PaymentDraft { body, warning }| {
            Ok((self.payment_effects.of(refund, credit, body)?, warning))
        });
        match planned {
            Ok((effects, warning)) => {
                warning.into_iter().for_each(|warning| self.findings.add_warning(warning));
                self.effects.extend(effects);
                RefundState::Pending
            }
            Err(review) => {
                self.findings.add_review(review);
                RefundState::NeedsReview
            }
        }
    }

    /// Whether the order was cancelled after it was credited: the shop's own connector then posts a reversal on it.
    fn is_sale_cancelled(&self, credit: &Order) -> bool {
        let world = self.context.world;
        let cancelled = world.account.configuration.cancelled_order_status();
        let mut orders = world.order.iter().chain(&world.orders);
        cancelled.is_some()
            && orders.any(|order| {
                credit.parent_order_id.is_none_or(|sale| sale == order.id)
                    && Some(order.order_status.order_status_id) == cancelled
            })
    }

    /// Adds a review for a refund that is not recorded under its key and may have been entered manually.
    fn review_possible_duplicate(&mut self, refund: &KeyedTransaction<'_>, credit: &Order) -> RefundState {
        let message = format!(
            "Refund {} may already be recorded: {}. If it is not, record it manually on sales credit {} with the reference \
             {}. Then resolve the review.",
            refund.transaction.id,
            self.manual_payments(refund),
            credit.id,
            refund.key
        );
        self.review(ReviewCode::PossibleDuplicate, message, refund)
    }

    /// Adds a review for payments that may record a refund a second time.
    fn review_second_payment(
        &mut self,
        refund: &KeyedTransaction<'_>,
        recorded: &CustomerPayment,
    ) -> RefundState {
        let message = format!(
            "Refund {} is recorded as payment {} and may be recorded a second time: {}. If so, delete one of the payments in \
             Brightpearl. Then resolve the review.",
            refund.transaction.id,
            recorded.payment_id,
            self.manual_payments(refund)
        );
        self.review(ReviewCode::PossibleDuplicate, message, refund)
    }

    /// Lists the payments that may record a refund.
    fn manual_payments(&self, refund: &KeyedTransaction<'_>) -> String {
        let payments = self.manual.get(&refund.transaction.id).map(Vec::as_slice).unwrap_or_default();
        let first = payments.iter().take(MAX_LISTED).map(|manual| described(*manual, self.rma()));
        let more = payments.len().saturating_sub(MAX_LISTED);
        let more = (more > 0).then(|| format!("{more} more"));
        first.chain(more).collect::<Vec<_>>().join("; ")
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

fn described(manual: ManualPayment<'_>, rma: &RmaId) -> String {
    let payment = manual.payment;
    let order = match manual.role {
        OrderRole::Credit => "sales credit",
        OrderRole::Sale => "sales order",
    };
    let reference = manual_payment::reference(payment);
    let reference = match reference.filter(|key| keys::rma_of_refund(key).as_ref() == Some(rma)) {
        Some(key) => format!("with the reference {key}, a transaction that ReturnGO does not list"),
        None => "without a reference of this RMA".to_owned(),
    };
    format!(
        "payment {} of {} on {order}{} {reference}",
        payment.payment_id,
        amounts::shown(payment.amount(), &payment.currency_code),
        payment.order_id.map(|order| format!(" {order}")).unwrap_or_default()
    )
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
