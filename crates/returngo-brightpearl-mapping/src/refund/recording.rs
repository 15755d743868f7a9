//! Going through an RMA's transactions: what is recorded, what has to be, what has to be asked.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashSet},
};

use brightpearl::{
    OrderId,
    accounting::CustomerPayment,
    order::{CurrencyValue, NewOrderRow, Order, Quantity, row::NewRowValue},
};
use returngo::{ReturnedItemId, RmaId, Transaction, TransactionId, TransactionType};
use rust_decimal::Decimal;

use super::{
    Keyed, Movement, amount_on,
    books::{Books, Recorded, Unmoved, is_open, tolerance},
    manual_payment::{self, ManualPayment, Place},
    method, movement, note, payment_for,
};
use crate::{
    amounts::{self, RowScales},
    decisions::Settled,
    fees,
    findings::Findings,
    keys,
    plan::{Effect, RefundState, RefundStatus, Review, ReviewCode, WarningCode},
    rma_facts::Calendar,
    settings::{ConnectionSettings, RefundRecording},
    world::World,
};

/// A review about a refund names no more payments than this.
const MOST_SHOWN: usize = 3;

/// What the refunds of an RMA are recorded on.
pub(crate) struct Refunding<'w> {
    pub(crate) world: &'w World,
    pub(crate) settings: &'w ConnectionSettings,
    /// The RMA's transactions, oldest first.
    pub(crate) transactions: Vec<Keyed<'w>>,
    /// The RMA's credit and what is paid on it.
    pub(crate) books: Books<'w>,
    /// Where to note money that came in while there is no credit.
    pub(crate) order: Option<OrderId>,
    /// Why there will never be a credit, if so.
    pub(crate) impossible: Option<String>,
    /// Units whose return method is not synchronised.
    pub(crate) skipped: HashSet<&'w ReturnedItemId>,
    /// How many units are on the credit.
    pub(crate) credited_units: usize,
    /// What people settled by hand.
    pub(crate) settled: &'w Settled,
}

/// Plans what has to be written about each transaction, oldest first, and says how each stands.
pub(crate) fn record(refunding: &Refunding<'_>, findings: &mut Findings) -> (Vec<Effect>, Vec<RefundStatus>) {
    let mut recording = Recording::new(refunding, findings);
    let statuses = refunding.transactions.iter().map(|Keyed { transaction, key }| RefundStatus {
        transaction_id: transaction.id.clone(),
        state: recording.transaction(transaction, key),
    });
    let statuses = statuses.collect();
    recording.ask_about_unlisted();
    (recording.effects, statuses)
}

struct Recording<'r, 'w> {
    refunding: &'r Refunding<'w>,
    findings: &'r mut Findings,
    calendar: Calendar,
    /// The keys that notes on the credit and the order mention.
    noted: HashSet<&'w str>,
    /// The refunds that may have been entered by hand.
    manual: BTreeMap<&'r TransactionId, Vec<ManualPayment<'w>>>,
    /// The keys that rows of the credit mention; read once a row is to be added.
    on_rows: OnceCell<HashSet<&'w str>>,
    /// What is paid on the credit once the planned payments are recorded.
    paid: Decimal,
    /// What the credit comes to once the planned rows are added.
    total: Decimal,
    effects: Vec<Effect>,
}

impl<'r, 'w> Recording<'r, 'w> {
    fn new(refunding: &'r Refunding<'w>, findings: &'r mut Findings) -> Self {
        let notes = refunding.world.order_notes.iter();
        Self {
            refunding,
            findings,
            calendar: Calendar::of(&refunding.world.account),
            noted: notes.flat_map(|note| keys::mentioned(&note.text)).collect(),
            manual: refunding.books.manual_payments(&refunding.transactions),
            on_rows: OnceCell::new(),
            paid: refunding.books.paid,
            total: refunding.books.total,
            effects: Vec::new(),
        }
    }

    fn rma(&self) -> &'w RmaId {
        self.refunding.world.rma.id()
    }

    fn transaction(&mut self, transaction: &Transaction, key: &str) -> RefundState {
        if self.refunding.settled.transaction(&transaction.id) {
            self.ask_about_unmoved(transaction, key);
            return self.settled(transaction, key);
        }
        let state = self.state_of(transaction, key);
        if self.ask_about_unmoved(transaction, key) { RefundState::NeedsReview } else { state }
    }

    /// How a transaction stands that a person settled: nothing is written for it. What else there is to ask about it is
    /// asked.
    fn settled(&mut self, transaction: &Transaction, key: &str) -> RefundState {
        match movement(transaction) {
            Movement::Refund => {
                let amount =
                    self.refunding.books.credit.and_then(|credit| amount_on(credit, transaction).ok());
                if let Recorded::Yes(payment) = self.refunding.books.recorded(key, amount) {
                    self.check_journal(payment, transaction);
                }
                RefundState::Recorded
            }
            Movement::Unknown => RefundState::Recorded,
            Movement::RefundRequested => RefundState::Pending,
            Movement::MoneyIn | Movement::MoneyInRequested => RefundState::NotARefund,
            Movement::Failed => RefundState::Failed,
        }
    }

    /// Asks about payments under the key of a transaction that did not move money to the shopper.
    fn ask_about_unmoved(&mut self, transaction: &Transaction, key: &str) -> bool {
        let mut asked = false;
        for unmoved in self.refunding.books.unmoved().filter(|unmoved| unmoved.key == key) {
            let message = format!(
                "{}, but {} {} is {} in ReturnGO: that money did not go to the shopper. Reverse the payment in Brightpearl \
                 with a receipt of the same amount, or correct the transaction in ReturnGO.",
                recorded_under(unmoved),
                transaction.kind,
                transaction.id,
                transaction.status
            );
            self.ask(ReviewCode::RecordedDifferently, message, transaction);
            asked = true;
        }
        asked
    }

    /// Asks about payments under keys of the RMA whose transactions ReturnGO does not list any more.
    fn ask_about_unlisted(&mut self) {
        for unmoved in self.refunding.books.unmoved().filter(|unmoved| !unmoved.is_listed) {
            let own = format!("{}-", keys::credit(self.rma()));
            let id = unmoved.key.strip_prefix(&own).unwrap_or(unmoved.key);
            let message = format!(
                "{}, but ReturnGO does not list transaction {id} of RMA {}: nothing shows that this money moved. Reverse the \
                 payment in Brightpearl with a receipt of the same amount, or give it the reference of the refund that it \
                 records.",
                recorded_under(unmoved),
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

    fn state_of(&mut self, transaction: &Transaction, key: &str) -> RefundState {
        match movement(transaction) {
            Movement::Refund => self.refund(transaction, key),
            Movement::RefundRequested => RefundState::Pending,
            Movement::MoneyIn => self.money_in(transaction, key),
            Movement::MoneyInRequested => RefundState::NotARefund,
            Movement::Failed => {
                let message = format!("{} {} failed; no money moved.", transaction.kind, transaction.id);
                self.findings.warn_about(WarningCode::RefundFailed, message, transaction);
                RefundState::Failed
            }
            Movement::Unknown => self.ask(
                ReviewCode::UnknownTransaction,
                format!(
                    "Transaction {} is a {} with status {}: nobody can say what that means for the books. Record it by \
                     hand if money moved.",
                    transaction.id, transaction.kind, transaction.status
                ),
                transaction,
            ),
        }
    }

    fn ask(&mut self, code: ReviewCode, message: String, transaction: &Transaction) -> RefundState {
        self.findings.ask_about(code, message, transaction);
        RefundState::NeedsReview
    }

    fn refund(&mut self, refund: &Transaction, key: &str) -> RefundState {
        if matches!(refund.kind, TransactionType::Other(_)) {
            let message =
                format!("{} is a kind of refund that is not known; it is treated as any other.", refund.kind);
            self.findings.warn_about(WarningCode::UnknownTransaction, message, refund);
        }
        let amount = self.refunding.books.credit.and_then(|credit| amount_on(credit, refund).ok());
        if amount.unwrap_or(refund.amount.amount).is_zero() {
            return RefundState::NotARefund;
        }
        match self.refunding.books.recorded(key, amount) {
            Recorded::Yes(payment) => {
                self.check_journal(payment, refund);
                if self.manual.contains_key(&refund.id) {
                    return self.ask_about_second(refund, payment);
                }
                RefundState::Recorded
            }
            Recorded::Differently(difference) => {
                let message =
                    format!("{difference} Put the payment right by hand; it is not recorded again.");
                self.ask(ReviewCode::RecordedDifferently, message, refund)
            }
            Recorded::No => self.unrecorded(refund, key),
        }
    }

    fn unrecorded(&mut self, refund: &Transaction, key: &str) -> RefundState {
        let not_ours = self.is_for_skipped_units_only(refund);
        let not_ours = not_ours.then_some("the return method of its units is not synchronised");
        if let Some(reason) = self.refunding.impossible.as_deref().or(not_ours) {
            let message = format!(
                "Refund {} was paid and there will be no credit for it: {reason}. Decide where it is to be recorded.",
                refund.id
            );
            return self.ask(ReviewCode::CreditImpossible, message, refund);
        }
        match (self.refunding.books.credit, self.refunding.settings.refunds) {
            (None, _) => RefundState::Pending,
            (Some(credit), RefundRecording::Note) => self.note_refund(refund, key, credit),
            (Some(credit), RefundRecording::Record) => self.record_refund(refund, key, credit),
        }
    }

    fn is_for_skipped_units_only(&self, refund: &Transaction) -> bool {
        let units = &refund.return_item_ids;
        !units.is_empty() && units.iter().all(|unit| self.refunding.skipped.contains(unit))
    }

    fn note_refund(&mut self, refund: &Transaction, key: &str, credit: &Order) -> RefundState {
        if self.noted.contains(key) {
            return RefundState::Recorded;
        }
        let body = note::of_refund(self.rma(), refund, &self.calendar);
        self.effects.push(Effect::AddOrderNote {
            key: keys::note(self.rma(), &refund.id),
            order_id: credit.id,
            body,
        });
        RefundState::Pending
    }

    fn record_refund(&mut self, refund: &Transaction, key: &str, credit: &'w Order) -> RefundState {
        let (account, settings) = (&self.refunding.world.account, self.refunding.settings);
        if self.manual.contains_key(&refund.id) {
            return self.ask_about_duplicate(refund, key, credit);
        }
        if self.is_sale_cancelled(credit) {
            let message = format!(
                "The sales order of refund {} is cancelled, and it may have been refunded there. If the refund is \
                 not recorded, record it by hand on sales credit {} under the reference {key}. Then resolve the review.",
                refund.id, credit.id
            );
            return self.ask(ReviewCode::PossibleDuplicate, message, refund);
        }
        let draft = match payment_for(self.rma(), refund, credit, account, settings) {
            Ok(draft) => draft,
            Err(review) => {
                self.findings.add_review(review);
                return RefundState::NeedsReview;
            }
        };
        let amount = draft.body.amount_paid;
        if let Err(message) = self.make_room(refund, key, credit, amount) {
            return self.ask(ReviewCode::OverRefund, message, refund);
        }
        if let Some(warning) = draft.warning {
            self.findings.add_warning(warning);
        }
        self.paid = self.paid.saturating_add(amount);
        let key = key.to_owned();
        self.effects.push(Effect::RecordPayment { key, order_id: credit.id, body: draft.body });
        RefundState::Pending
    }

    /// Whether the order was cancelled after it was credited: the shop's own connector then books a reversal on it.
    fn is_sale_cancelled(&self, credit: &Order) -> bool {
        let world = self.refunding.world;
        let cancelled = world.account.configuration.cancelled_order_status();
        let mut orders = world.order.iter().chain(&world.orders);
        cancelled.is_some()
            && orders.any(|order| {
                credit.parent_order_id.is_none_or(|sale| sale == order.id)
                    && Some(order.order_status.order_status_id) == cancelled
            })
    }

    /// Asks whether a refund that is not recorded was entered by hand.
    fn ask_about_duplicate(&mut self, refund: &Transaction, key: &str, credit: &Order) -> RefundState {
        let message = format!(
            "Refund {} may be recorded already: {}. If it is not, record it by hand on sales credit {} under the reference \
             {key}. Then resolve the review.",
            refund.id,
            self.shown_manual(refund),
            credit.id
        );
        self.ask(ReviewCode::PossibleDuplicate, message, refund)
    }

    /// Asks about payments under the processor's number of a refund that is recorded already.
    fn ask_about_second(&mut self, refund: &Transaction, recorded: &CustomerPayment) -> RefundState {
        let message = format!(
            "Refund {} is recorded as payment {} and may be recorded a second time: {}. If so, delete one of them in \
             Brightpearl. Then resolve the review.",
            refund.id,
            recorded.payment_id,
            self.shown_manual(refund)
        );
        self.ask(ReviewCode::PossibleDuplicate, message, refund)
    }

    /// The payments that a refund may have been entered as.
    fn shown_manual(&self, refund: &Transaction) -> String {
        let payments = self.manual.get(&refund.id).map(Vec::as_slice).unwrap_or_default();
        let first = payments.iter().take(MOST_SHOWN).map(|manual| shown(*manual, self.rma()));
        let more = payments.len().saturating_sub(MOST_SHOWN);
        let more = (more > 0).then(|| format!("{more} more"));
        first.chain(more).collect::<Vec<_>>().join("; ")
    }

    /// Plans the row that a refund above the credit needs, if it needs one and may have it.
    fn make_room(
        &mut self,
        refund: &Transaction,
        key: &str,
        credit: &'w Order,
        amount: Decimal,
    ) -> Result<(), String> {
        let currency = &credit.currency.order_currency_code;
        let excess = self.paid.saturating_add(amount).saturating_sub(self.total);
        if excess <= tolerance(currency, self.refunding.credited_units) {
            return Ok(());
        }
        let over = format!(
            "With refund {} of {} the payments on sales credit {} would be {} above its total of {}",
            refund.id,
            amounts::shown(amount, currency),
            credit.id,
            amounts::shown(excess, currency),
            amounts::shown(self.total, currency)
        );
        let row = self.adjustment(key, credit, excess).map_err(|reason| {
            format!("{over}, and {reason}. Put that right, or record the refund by hand.")
        })?;
        self.total = self.total.saturating_add(excess);
        let key = keys::adjustment(self.rma(), &refund.id);
        self.effects.push(Effect::AddOrderRow { key, order_id: credit.id, body: row });
        Ok(())
    }

    fn adjustment(&self, key: &str, credit: &'w Order, excess: Decimal) -> Result<NewOrderRow, String> {
        let posting = self.refunding.settings.adjustments.as_ref();
        let posting =
            posting.ok_or("the setting `adjustments` does not say where such money is posted to")?;
        if !is_open(credit) {
            return Err("no row can be added to a credit that is closed or being closed".to_owned());
        }
        if let Some(payment) =
            self.refunding.books.unexplained(&self.refunding.transactions, self.refunding.settled)
        {
            return Err(format!(
                "no row is added while payment {} of {} on it records no refund that succeeded",
                payment.payment_id,
                amounts::shown(payment.amount(), &payment.currency_code)
            ));
        }
        let mentioned = || credit.order_rows.values().flat_map(|row| keys::mentioned(&row.product_name));
        if self.on_rows.get_or_init(|| mentioned().collect()).contains(key) {
            return Err("a row was added for it already".to_owned());
        }
        let scales = RowScales::of(&credit.currency.order_currency_code);
        let split = fees::split(excess, posting, scales, &self.refunding.world.account);
        let split =
            split.ok_or_else(|| format!("{} is not one of the account's tax codes", posting.tax_code))?;
        let value = |value: Decimal| CurrencyValue { currency_code: None, value };
        Ok(NewOrderRow {
            product_id: None,
            product_name: Some(format!("Refund adjustment {key}")),
            quantity: Quantity { magnitude: Decimal::ONE },
            row_value: NewRowValue {
                tax_code: posting.tax_code.clone(),
                row_net: value(amounts::trimmed(split.net, 2)),
                row_tax: value(split.tax),
            },
            nominal_code: Some(posting.nominal_code.clone()),
        })
    }

    /// A method with a bank account makes a journal (docs/evidence/brightpearl-accounting.md#payment-rules);
    /// without one nothing was posted. Vouchers and store credit have no bank account, and never a journal.
    fn check_journal(&mut self, payment: &CustomerPayment, refund: &Transaction) {
        let code = payment.payment_method_code.as_ref();
        let method = code.and_then(|code| method(code, &self.refunding.world.account));
        let Some(method) = method.filter(|method| !method.bank_accounts.is_empty()) else { return };
        if payment.journal_id.is_none() {
            let message = format!(
                "Payment {} under {} in {} made no journal: the credit reads as paid, and the bank account does not. Post \
                 the journal by hand.",
                payment.payment_id, method.code, payment.currency_code
            );
            self.findings.ask_about(ReviewCode::NoJournal, message, refund);
        }
    }

    /// Money that came in is nobody's refund: a note says so, on the credit or while there is none on the order.
    fn money_in(&mut self, payment: &Transaction, key: &str) -> RefundState {
        let credit = self.refunding.books.credit.map(|credit| credit.id);
        let known =
            self.noted.contains(key) || !matches!(self.refunding.books.recorded(key, None), Recorded::No);
        if let (false, Some(order_id)) = (known, credit.or(self.refunding.order)) {
            let body = note::of_money_in(self.rma(), payment, &self.calendar);
            self.effects.push(Effect::AddOrderNote {
                key: keys::note(self.rma(), &payment.id),
                order_id,
                body,
            });
        }
        RefundState::NotARefund
    }
}

fn shown(manual: ManualPayment<'_>, rma: &RmaId) -> String {
    let payment = manual.payment;
    let place = match manual.place {
        Place::Credit => "sales credit",
        Place::Sale => "sales order",
    };
    let reference = manual_payment::reference(payment);
    let reference = match reference.filter(|key| keys::rma_of_refund(key).as_ref() == Some(rma)) {
        Some(key) => format!("under {key}, a transaction that ReturnGO does not list"),
        None => "without a reference of this RMA".to_owned(),
    };
    format!(
        "payment {} of {} on {place}{} {reference}",
        payment.payment_id,
        amounts::shown(payment.amount(), &payment.currency_code),
        payment.order_id.map(|order| format!(" {order}")).unwrap_or_default()
    )
}

fn recorded_under(unmoved: Unmoved<'_>) -> String {
    let payment = unmoved.payment;
    format!(
        "Payment {} of {} is recorded on {} under {}",
        payment.payment_id,
        amounts::shown(payment.amount(), &payment.currency_code),
        payment.order_id.map_or_else(|| "no order".to_owned(), |order| format!("order {order}")),
        unmoved.key
    )
}
