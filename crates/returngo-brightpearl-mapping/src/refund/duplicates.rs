//! The refunds that payments without a key may record: those that a person decided, and those to ask about.

use std::collections::{BTreeMap, HashSet};

use brightpearl::{PaymentId, order::Order};
use returngo::TransactionId;

use super::{
    context::RefundContext,
    counted_payments::CountedPayments,
    credit_payments::RefundRecord,
    keyed_transaction::KeyedTransaction,
    manual_payment::ManualPayment,
    money_flow::MoneyFlow,
    questions::{self, DuplicateAnswer},
};
use crate::{findings::Findings, world::World};

/// The payments that may record each refund.
type MayRecord<'w> = BTreeMap<&'w TransactionId, Vec<ManualPayment<'w>>>;

/// What payments without a key mean for the refunds of an RMA.
pub(super) struct Duplicates<'w> {
    may_record: MayRecord<'w>,
    /// The refunds that payments record, as a person decided.
    counted: CountedPayments<'w>,
    /// The refunds for which a person named a payment, whether the decision is applied or not.
    named: BTreeMap<&'w TransactionId, PaymentId>,
}

impl<'w> Duplicates<'w> {
    pub(super) fn of(context: &RefundContext<'w>, findings: &Findings) -> Self {
        let at_first = context.payments.manual_payments(&context.transactions, &CountedPayments::default());
        let named = named_payments(context, findings);
        let Some(credit) = context.payments.credit.filter(|_| !named.is_empty()) else {
            return Self { may_record: at_first, counted: CountedPayments::default(), named };
        };
        let case = Naming { context, credit, findings, at_first, named };
        let mut counted = CountedPayments::default();
        let mut too_small = HashSet::new();
        while let Some((refund, payment)) = case.next_answer(&counted, &too_small) {
            if !counted.count(refund, payment) {
                too_small.insert(&refund.transaction.id);
            }
        }
        let may_record = case.to_ask_about(&counted, &too_small);
        Self { may_record, counted, named: case.named }
    }

    /// Whether a payment records the refund, as a person decided.
    pub(super) fn is_recorded(&self, refund: &TransactionId) -> bool {
        self.counted.records(refund)
    }

    /// Returns the payments that may record the refund.
    pub(super) fn of_refund(&self, refund: &TransactionId) -> &[ManualPayment<'w>] {
        self.may_record.get(refund).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the payment that a person named for the refund, if it is not there any more.
    pub(super) fn missing_for(&self, refund: &TransactionId) -> Option<PaymentId> {
        let named = self.named.get(refund).copied()?;
        self.of_refund(refund).iter().all(|manual| manual.payment.payment_id != named).then_some(named)
    }
}

/// Returns the payments that a person named for refunds that are not recorded under their keys.
fn named_payments<'w>(
    context: &RefundContext<'w>,
    findings: &Findings,
) -> BTreeMap<&'w TransactionId, PaymentId> {
    let named = |refund: &KeyedTransaction<'w>| {
        let is_missing = matches!(context.payments.record_of(refund), RefundRecord::Missing);
        let id = &refund.transaction.id;
        let choice = findings.decisions().choice_of(&questions::duplicate_id(id))?;
        match DuplicateAnswer::read(choice) {
            Ok(DuplicateAnswer::RecordedBy(payment)) if is_missing => Some((id, payment)),
            _ => None,
        }
    };
    let refunds = context.transactions.iter().filter(|keyed| keyed.flow == MoneyFlow::Refund);
    refunds.filter_map(named).collect()
}

/// Refunds for which a person named payments.
struct Naming<'r, 'w> {
    context: &'r RefundContext<'w>,
    credit: &'w Order,
    findings: &'r Findings,
    /// The payments that may record each refund, without decisions.
    at_first: MayRecord<'w>,
    named: BTreeMap<&'w TransactionId, PaymentId>,
}

impl<'r, 'w> Naming<'r, 'w> {
    /// Returns the next refund whose decision is applied, and its payment. A refund was asked about before or after others were
    /// decided, so either list of payments may be the one that was shown.
    fn next_answer(
        &self,
        counted: &CountedPayments<'w>,
        too_small: &HashSet<&'w TransactionId>,
    ) -> Option<(&'r KeyedTransaction<'w>, ManualPayment<'w>)> {
        let now = self.may_record(counted);
        let is_open = |id: &TransactionId| !counted.records(id) && !too_small.contains(id);
        let refunds = self.context.transactions.iter();
        refunds.filter(|refund| is_open(&refund.transaction.id)).find_map(|refund| {
            let payment = self.named_for(&refund.transaction.id)?;
            let is_applied = [&self.at_first, &now].into_iter().any(|may_record| {
                let payments = self.with_named(&refund.transaction.id, may_record);
                self.is_answered(refund, &payments)
            });
            is_applied.then_some((refund, payment))
        })
    }

    fn is_answered(&self, refund: &KeyedTransaction<'w>, payments: &[ManualPayment<'w>]) -> bool {
        let (world, credit) = (self.context.world, self.credit);
        let is_sale_cancelled = is_sale_cancelled(world, credit);
        let rma = world.rma.id();
        let question = questions::possible_duplicate(refund, payments, None, is_sale_cancelled, credit, rma);
        self.findings.decisions().answer(question, DuplicateAnswer::read).is_ok()
    }

    /// Returns the payments that may record each refund that is not counted: those that it may be without decisions, unless
    /// they are used up, and those of which the counted refunds leave as much.
    fn may_record(&self, counted: &CountedPayments<'w>) -> MayRecord<'w> {
        let mut may_record = self.context.payments.manual_payments(&self.context.transactions, counted);
        for (refund, payments) in &self.at_first {
            let list = may_record.entry(refund).or_default();
            add(list, payments.iter().filter(|manual| !counted.is_used_up(manual)).copied());
        }
        may_record.retain(|refund, payments| !counted.records(refund) && !payments.is_empty());
        may_record
    }

    /// Returns the payments to ask about. A payment that a person named is listed as long as it is there.
    fn to_ask_about(
        &self,
        counted: &CountedPayments<'w>,
        too_small: &HashSet<&'w TransactionId>,
    ) -> MayRecord<'w> {
        let mut may_record = self.may_record(counted);
        for id in self.named.keys().filter(|id| !counted.records(id)) {
            let shown = if too_small.contains(id) { &self.at_first } else { &may_record };
            let payments = self.with_named(id, shown);
            may_record.insert(id, payments);
        }
        may_record
    }

    fn with_named(&self, refund: &TransactionId, may_record: &MayRecord<'w>) -> Vec<ManualPayment<'w>> {
        let mut payments = may_record.get(refund).cloned().unwrap_or_default();
        add(&mut payments, self.named_for(refund));
        payments
    }

    fn named_for(&self, refund: &TransactionId) -> Option<ManualPayment<'w>> {
        self.context.payments.manual_payment(*self.named.get(refund)?)
    }
}

/// Adds payments that the list does not have.
fn add<'w>(list: &mut Vec<ManualPayment<'w>>, payments: impl IntoIterator<Item = ManualPayment<'w>>) {
    for manual in payments {
        if list.iter().all(|known| known.payment.payment_id != manual.payment.payment_id) {
            list.push(manual);
        }
    }
}

/// Whether the order was cancelled after it was credited: the shop's own connector then posts a reversal on it.
pub(super) fn is_sale_cancelled(world: &World, credit: &Order) -> bool {
    let cancelled = world.account.configuration.cancelled_order_status();
    let mut orders = world.order.iter().chain(&world.orders);
    cancelled.is_some()
        && orders.any(|order| {
            credit.parent_order_id.is_none_or(|sale| sale == order.id)
                && Some(order.order_status.order_status_id) == cancelled
        })
}
