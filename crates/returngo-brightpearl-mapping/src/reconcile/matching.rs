//! The reconciliation of one RMA: each refund with the payments on the credit.

use std::collections::BTreeSet;

use brightpearl::{
    CurrencyCode, NominalCode, OffsetDateTime, PaymentId,
    accounting::{CustomerPayment, Journal, PaymentType},
    order::Order,
};
use jiff::civil::Date;
use returngo::{RmaId, Transaction};
use rust_decimal::Decimal;

use super::line::{Amount, Line, LineCode};
use crate::{
    amounts, keys,
    plan::{Effect, Plan, UnitState},
    rma_facts::{self, Calendar},
    settings::{ConnectionSettings, RefundRecording},
    tender::{self, PostingTarget, Tender},
    unique,
    world::World,
};

/// Returns the successful refunds of an RMA in the order of their creation.
fn refunds(world: &World) -> Vec<&Transaction> {
    let transactions = rma_facts::transactions(&world.rma).into_iter();
    transactions.filter(|transaction| transaction.is_refund() && transaction.happened()).collect()
}

/// Returns a line for each refund of an RMA without a credit.
pub(super) fn without_a_credit(world: &World) -> Vec<Line> {
    let rma = world.rma.id();
    refunds(world)
        .into_iter()
        .map(|refund| {
            let refunded = amount_of(refund, None);
            Line {
                date: Some(day(refund.settled_at(), world)),
                message: format!(
                    "{refunded} was refunded, but RMA {rma} has no sales credit: check the RMA's plan for the reason"
                ),
                refunded: Some(refunded),
                transaction_id: Some(refund.id.clone()),
                ..blank(rma, LineCode::CreditMissing)
            }
        })
        .collect()
}

/// Returns the amount of a refund in this currency if it is known, else in the customer's currency.
fn amount_of(refund: &Transaction, currency: Option<&CurrencyCode>) -> Amount {
    let known = currency.and_then(|currency| Some((refund.amount.in_currency(currency)?, currency)));
    let (value, currency) = known.unwrap_or((refund.amount.amount, &refund.amount.currency));
    amount(value.abs(), currency)
}

/// Returns the day in the account's time zone.
fn day(time: OffsetDateTime, world: &World) -> Date {
    Calendar::of(&world.account).local(time).date()
}

fn blank(rma: &RmaId, code: LineCode) -> Line {
    Line {
        rma_id: rma.clone(),
        sales_credit_id: None,
        transaction_id: None,
        payment_id: None,
        journal_id: None,
        date: None,
        code,
        refunded: None,
        recorded: None,
        bank_account: None,
        message: String::new(),
    }
}

/// An RMA's credit with the payments on it.
pub(super) struct CreditReconciliation<'w> {
    world: &'w World,
    journals: &'w [Journal],
    settings: &'w ConnectionSettings,
    credit: &'w Order,
    /// Payments to the customer on the credit, lowest id first.
    payments: Vec<&'w CustomerPayment>,
}

impl<'w> CreditReconciliation<'w> {
    pub(super) fn new(
        world: &'w World,
        journals: &'w [Journal],
        settings: &'w ConnectionSettings,
        credit: &'w Order,
    ) -> Self {
        let on_credit = |payment: &&CustomerPayment| {
            payment.payment_type == PaymentType::Payment
                && payment.order_id.is_none_or(|order| order == credit.id)
        };
        let payments = unique::by_id(&world.payments, |payment| payment.payment_id);
        let payments = payments.into_iter().filter(on_credit).collect();
        Self { world, journals, settings, credit, payments }
    }

    pub(super) fn lines(&self, plan: &Plan) -> Vec<Line> {
        let refunds = refunds(self.world);
        let mut taken = BTreeSet::new();
        let mut lines = Vec::with_capacity(refunds.len());
        for refund in &refunds {
            let line = self.line_of(refund, &taken);
            taken.extend(line.payment_id);
            lines.push(line);
        }
        let others = self.payments.iter().filter(|payment| !taken.contains(&payment.payment_id));
        lines.extend(others.map(|payment| self.line_without_refund(payment)));
        lines.extend(self.goods_outstanding(plan, &refunds));
        lines.extend(self.credit_not_closed(plan));
        lines
    }

    fn rma(&self) -> &RmaId {
        self.world.rma.id()
    }

    fn currency(&self) -> &CurrencyCode {
        &self.credit.currency.order_currency_code
    }

    /// Returns the payment of a refund: the one with its key. If refunds are recorded manually (`refunds` is `note`), also one
    /// of the same amount that records no other refund.
    fn payment_of(&self, refund: &Transaction, taken: &BTreeSet<PaymentId>) -> Option<&'w CustomerPayment> {
        let key = keys::refund(self.rma(), &refund.id);
        let keyed = self.payments.iter().find(|payment| payment.transaction_ref.as_ref() == Some(&key));
        let noted = self.settings.refunds == RefundRecording::Note;
        let manual = || self.manual(&amount_of(refund, Some(self.currency())), taken).filter(|_| noted);
        keyed.copied().or_else(manual)
    }

    /// Returns a payment of this amount without the key of a refund that is on no line yet.
    fn manual(&self, amount: &Amount, taken: &BTreeSet<PaymentId>) -> Option<&'w CustomerPayment> {
        let free = |payment: &&&CustomerPayment| {
            self.refund_behind(payment).is_none()
                && !taken.contains(&payment.payment_id)
                && recorded(payment) == *amount
        };
        self.payments.iter().find(free).copied()
    }

    fn line_of(&self, refund: &Transaction, taken: &BTreeSet<PaymentId>) -> Line {
        let refunded = amount_of(refund, Some(self.currency()));
        let payment = self.payment_of(refund, taken);
        let (code, message) = match payment {
            Some(payment) => self.compare(payment, refund, &refunded),
            None => self.unrecorded(refund, &refunded, taken),
        };
        let bank_account = match payment {
            Some(payment) => self.bank_account_of(payment),
            None => self.expected_bank_account(refund),
        };
        Line {
            sales_credit_id: Some(self.credit.id),
            transaction_id: Some(refund.id.clone()),
            payment_id: payment.map(|payment| payment.payment_id),
            journal_id: payment.and_then(|payment| payment.journal_id),
            date: Some(day(refund.settled_at(), self.world)),
            refunded: Some(refunded),
            recorded: payment.map(recorded),
            bank_account,
            message,
            ..blank(self.rma(), code)
        }
    }

    fn unrecorded(
        &self,
        refund: &Transaction,
        refunded: &Amount,
        taken: &BTreeSet<PaymentId>,
    ) -> (LineCode, String) {
        let Self { credit, .. } = self;
        if refunded.currency != *self.currency() {
            let message = format!(
                "{refunded} was refunded, but credit {} is in {}: record the refund manually at the rate that was used",
                credit.id,
                self.currency()
            );
            return (LineCode::CurrencyDiffers, message);
        }
        if let Some(payment) = self.manual(refunded, taken) {
            let message = format!(
                "not recorded, but payment {} of the same amount is on credit {}: if it is this refund, record it again with the reference {} and delete payment {0}; otherwise, record the refund as well",
                payment.payment_id,
                credit.id,
                keys::refund(self.rma(), &refund.id)
            );
            return (LineCode::PossibleDuplicate, message);
        }
        let next = match self.settings.refunds {
            RefundRecording::Record => "synchronize the RMA, or decide its open reviews",
            RefundRecording::Note => "record it manually, because `refunds` is set to `note`",
        };
        (
            LineCode::MissingInBrightpearl,
            format!("refunded, but not recorded on credit {}: {next}", credit.id),
        )
    }

    /// Compares a refund with its payment.
    fn compare(
        &self,
        payment: &CustomerPayment,
        refund: &Transaction,
        refunded: &Amount,
    ) -> (LineCode, String) {
        let id = payment.payment_id;
        let actual = self.bank_account_of(payment);
        if payment.currency_code != refunded.currency {
            let message = format!(
                "refunded {refunded}, but recorded {} as payment {id}: correct the payment in Brightpearl",
                recorded(payment)
            );
            return (LineCode::CurrencyDiffers, message);
        }
        let in_minor_units = |value: Decimal| amounts::comparable(value, &payment.currency_code);
        if in_minor_units(payment.amount()) != in_minor_units(refunded.value) {
            let message = format!(
                "refunded {refunded}, but recorded {} as payment {id}: correct the payment in Brightpearl",
                recorded(payment)
            );
            return (LineCode::AmountDiffers, message);
        }
        if payment.journal_id.is_none() && actual.is_some() {
            let message = format!(
                "payment {id} has no journal although its method has a bank account: post the journal manually, or delete the payment and record it again"
            );
            return (LineCode::NoJournal, message);
        }
        match (self.expected_bank_account(refund), &actual) {
            (Some(expected), Some(actual)) if expected != *actual => {
                let message = format!(
                    "payment {id} is posted to bank account {actual} instead of {expected}: transfer the amount between the accounts"
                );
                (LineCode::WrongBankAccount, message)
            }
            _ => {
                let journal = payment.journal_id.map(|journal| format!(", journal {journal}"));
                let bank = actual.map(|bank| format!(", bank account {bank}"));
                let message = format!(
                    "recorded as payment {id}{}{}",
                    journal.unwrap_or_default(),
                    bank.unwrap_or_default()
                );
                (LineCode::Matched, message)
            }
        }
    }

    /// Returns the line of a payment that matches no refund: a second payment with a refund's key, one for an unsuccessful
    /// refund, or one without a refund.
    fn line_without_refund(&self, payment: &CustomerPayment) -> Line {
        let (id, credit) = (payment.payment_id, self.credit.id);
        let (code, message) = match self.refund_behind(payment) {
            Some(refund) if refund.happened() => (
                LineCode::PossibleDuplicate,
                format!(
                    "payment {id} on credit {credit} has the reference of refund {}, which is already recorded: delete one of the payments",
                    refund.id
                ),
            ),
            Some(refund) => (
                LineCode::MissingInReturngo,
                format!(
                    "payment {id} on credit {credit} is for refund {}, which has the status {} in ReturnGO: delete the payment unless the money was paid",
                    refund.id, refund.status
                ),
            ),
            None => (
                LineCode::MissingInReturngo,
                format!(
                    "payment {id} on credit {credit} has no refund in ReturnGO: check who recorded it, and whether the money was paid"
                ),
            ),
        };
        Line {
            sales_credit_id: Some(credit),
            payment_id: Some(id),
            journal_id: payment.journal_id,
            date: payment.payment_date.or(payment.created_on).map(|time| day(time, self.world)),
            recorded: Some(recorded(payment)),
            bank_account: self.bank_account_of(payment),
            message,
            ..blank(self.rma(), code)
        }
    }

    fn goods_outstanding(&self, plan: &Plan, refunds: &[&Transaction]) -> Option<Line> {
        let units = &plan.state.units;
        let expected = units.iter().filter(|unit| unit.state == UnitState::Expected);
        let outstanding: Vec<_> = expected.map(|unit| unit.returned_item_id.as_str()).collect();
        (!refunds.is_empty() && !outstanding.is_empty()).then(|| Line {
            sales_credit_id: Some(self.credit.id),
            message: format!(
                "the customer was refunded, but {} of {} units were not received ({}): wait, or contact the customer",
                outstanding.len(),
                units.len(),
                outstanding.join(", ")
            ),
            ..blank(self.rma(), LineCode::GoodsOutstanding)
        })
    }

    fn credit_not_closed(&self, plan: &Plan) -> Option<Line> {
        let to_be_closed = |effect: &Effect| matches!(effect, Effect::CloseSalesCredit { .. });
        plan.effects.iter().any(to_be_closed).then(|| Line {
            sales_credit_id: Some(self.credit.id),
            message: format!(
                "credit {} should be closed by now: synchronize the RMA, or close the credit in Brightpearl",
                self.credit.id
            ),
            ..blank(self.rma(), LineCode::CreditNotClosed)
        })
    }

    /// Returns the RMA's refund whose key a payment has, whatever the refund's status.
    fn refund_behind(&self, payment: &CustomerPayment) -> Option<&'w Transaction> {
        let reference = payment.transaction_ref.as_ref()?;
        let mut refunds = self.world.rma.transactions.iter().filter(|transaction| transaction.is_refund());
        refunds.find(|refund| keys::refund(self.rma(), &refund.id) == *reference)
    }

    fn expected_bank_account(&self, refund: &Transaction) -> Option<NominalCode> {
        let code = self.settings.tender(&refund.kind, self.currency())?;
        posted_to(tender::resolve(code, self.currency(), &self.world.account).ok()?)
    }

    /// Returns the bank account that the payment's journal credits or, if it is unknown, the one that its method posts to.
    fn bank_account_of(&self, payment: &CustomerPayment) -> Option<NominalCode> {
        let account = &self.world.account;
        let journal = self.journals.iter().find(|journal| Some(journal.id) == payment.journal_id);
        let is_bank = |code: &&NominalCode| {
            account.nominal_codes.iter().any(|nominal| nominal.bank && nominal.code == **code)
        };
        let posted = journal
            .and_then(|journal| journal.credits.iter().map(|line| &line.nominal_code).find(is_bank).cloned());
        posted.or_else(|| {
            let method = payment.payment_method_code.as_ref()?;
            posted_to(tender::resolve(method.as_str(), &payment.currency_code, account).ok()?)
        })
    }
}

fn recorded(payment: &CustomerPayment) -> Amount {
    amount(payment.amount(), &payment.currency_code)
}

fn amount(value: Decimal, currency: &CurrencyCode) -> Amount {
    Amount { value: amounts::written(value, currency), currency: currency.clone() }
}

fn posted_to(tender: Tender) -> Option<NominalCode> {
    match tender.posting_target {
        PostingTarget::OwnAccount(account) | PostingTarget::BaseCurrencyAccount(account) => Some(account),
        PostingTarget::Nowhere => None,
    }
}
