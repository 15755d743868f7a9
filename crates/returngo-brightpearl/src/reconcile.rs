//! Reconciliation: what ReturnGO says was refunded, what Brightpearl recorded, and every difference named.
//!
//! Three-way for each RMA: transactions that succeeded ⇄ payments on the credit ⇄ the credit itself and its
//! journals. A line is for a bookkeeper: it says what is the matter and what to do next.

use std::{collections::BTreeMap, fmt};

use brightpearl::{
    CurrencyCode, NominalCode, PaymentId,
    accounting::{CustomerPayment, PaymentType},
    order::Order,
};
use returngo::{RmaId, Transaction, TransactionId};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    keys, plan,
    plan::{Effect, Plan, UnitState},
    rma_facts,
    settings::ConnectionSettings,
    tender::{self, PostsTo, Tender},
    unique,
    world::World,
};

/// One line for the bookkeeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The RMA.
    pub rma_id: RmaId,
    /// The refund in ReturnGO, where the line is about one.
    pub transaction_id: Option<TransactionId>,
    /// The payment in Brightpearl, where there is one.
    pub payment_id: Option<PaymentId>,
    /// What is the matter.
    pub code: LineCode,
    /// The amount, positive, where the line is about one: ReturnGO's if both have it.
    pub amount: Option<Decimal>,
    /// Its currency.
    pub currency: Option<CurrencyCode>,
    /// The bank account that the payment is posted to, as far as that is known.
    pub bank_account: Option<NominalCode>,
    /// What is the matter and what to do next, in words.
    pub message: String,
}

/// What is the matter with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum LineCode {
    /// Both systems agree and accounting was made.
    Matched,
    /// ReturnGO refunded and Brightpearl has no payment.
    MissingInBrightpearl,
    /// Brightpearl has a payment to the customer and ReturnGO has no such refund.
    MissingInReturngo,
    /// Both have it, with different amounts.
    AmountDiffers,
    /// Both have it, in different currencies.
    CurrencyDiffers,
    /// The payment is recorded and no journal was made for it.
    NoJournal,
    /// The payment is recorded under another bank account than configured.
    WrongBankAccount,
    /// A payment of the same amount is there that was not made for this refund.
    PossibleDuplicate,
    /// ReturnGO refunded and there is no sales credit.
    CreditMissing,
    /// The refund is recorded and the credit, which was to be closed then, is open.
    CreditNotClosed,
    /// The customer has the money and the goods have not come.
    GoodsOutstanding,
}

impl fmt::Display for LineCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// What was refunded in one currency through one bank account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    /// The currency.
    pub currency: CurrencyCode,
    /// The bank account; none where there is none or it is not known.
    pub bank_account: Option<NominalCode>,
    /// How many payments.
    pub payments: usize,
    /// Their sum, positive.
    pub amount: Decimal,
}

/// Reconciles one RMA: its refunds in the order in which they were made, then what Brightpearl has beyond
/// them, then the credit.
pub fn reconcile(world: &World, settings: &ConnectionSettings) -> Vec<Line> {
    let rma = world.rma.id();
    let plan = plan(world, settings);
    let refunds = rma_facts::transactions(&world.rma).into_iter();
    let refunds: Vec<&Transaction> =
        refunds.filter(|refund| refund.is_refund() && refund.happened()).collect();
    let credit = plan
        .state
        .credit
        .as_ref()
        .and_then(|state| world.credits.iter().find(|credit| credit.id == state.id));
    let Some(credit) = credit else {
        return refunds.into_iter().map(|refund| credit_missing(rma, refund)).collect();
    };
    let books = Books { world, settings, credit };
    let mut lines: Vec<Line> = refunds.iter().map(|refund| books.line_of(refund)).collect();
    lines.extend(books.payments_beyond(&lines));
    lines.extend(books.state_of_the_credit(&plan, !refunds.is_empty()));
    lines
}

/// Sums of what was paid out, by currency and bank account.
pub fn totals<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<Total> {
    let mut sums: BTreeMap<(CurrencyCode, Option<NominalCode>), (usize, Decimal)> = BTreeMap::new();
    for line in lines {
        if let (Some(_), Some(amount), Some(currency)) = (line.payment_id, line.amount, &line.currency) {
            let sum = sums.entry((currency.clone(), line.bank_account.clone())).or_default();
            *sum = (sum.0 + 1, sum.1.saturating_add(amount));
        }
    }
    sums.into_iter()
        .map(|((currency, bank_account), (payments, amount))| Total {
            currency,
            bank_account,
            payments,
            amount,
        })
        .collect()
}

fn credit_missing(rma: &RmaId, refund: &Transaction) -> Line {
    Line {
        rma_id: rma.clone(),
        transaction_id: Some(refund.id.clone()),
        payment_id: None,
        code: LineCode::CreditMissing,
        amount: Some(refund.amount.amount.abs()),
        currency: Some(refund.amount.currency.clone()),
        bank_account: None,
        message: format!(
            "{} {} was refunded and there is no sales credit for RMA {rma}: look at the RMA's plan for what it waits for",
            refund.amount.amount, refund.amount.currency
        ),
    }
}

/// One RMA's side in Brightpearl.
struct Books<'w> {
    world: &'w World,
    settings: &'w ConnectionSettings,
    credit: &'w Order,
}

impl Books<'_> {
    fn rma(&self) -> &RmaId {
        self.world.rma.id()
    }

    /// Payments to the customer on the credit, lowest id first.
    fn payments(&self) -> Vec<&CustomerPayment> {
        let on_credit = |payment: &&CustomerPayment| {
            payment.payment_type == PaymentType::Payment
                && payment.order_id.is_none_or(|order| order == self.credit.id)
        };
        unique::by_id(&self.world.payments, |payment| payment.payment_id)
            .into_values()
            .filter(on_credit)
            .collect()
    }

    fn line_of(&self, refund: &Transaction) -> Line {
        let key = keys::refund(self.rma(), &refund.id);
        let currency = &self.credit.currency.order_currency_code;
        let amount = refund.amount.in_currency(currency).map(|amount| amount.abs());
        let recorded =
            self.payments().into_iter().find(|payment| payment.transaction_ref.as_deref() == Some(&key));
        let line = |code, message| Line {
            rma_id: self.rma().clone(),
            transaction_id: Some(refund.id.clone()),
            payment_id: recorded.map(|payment| payment.payment_id),
            code,
            amount: Some(amount.unwrap_or(refund.amount.amount.abs())),
            currency: Some(if amount.is_some() { currency } else { &refund.amount.currency }.clone()),
            bank_account: recorded.and_then(|payment| self.bank_account_of(payment)),
            message,
        };
        match (recorded, amount) {
            (None, _) => self.unrecorded(refund, amount, line),
            (Some(payment), Some(amount)) if payment.currency_code == *currency => {
                let (code, message) = self.verdict(payment, refund, amount);
                line(code, message)
            }
            (Some(payment), _) => line(
                LineCode::CurrencyDiffers,
                format!(
                    "refunded in {} and recorded as payment {} in {}: correct the payment in Brightpearl",
                    refund.amount.currency, payment.payment_id, payment.currency_code
                ),
            ),
        }
    }

    fn unrecorded(
        &self,
        refund: &Transaction,
        amount: Option<Decimal>,
        line: impl Fn(LineCode, String) -> Line,
    ) -> Line {
        let Some(amount) = amount else {
            return line(
                LineCode::CurrencyDiffers,
                format!(
                    "{} {} was refunded and the credit is in {}: record it by hand at the rate that was used",
                    refund.amount.amount, refund.amount.currency, self.credit.currency.order_currency_code
                ),
            );
        };
        match self.payments().into_iter().find(|payment| !self.is_ours(payment) && payment.amount() == amount)
        {
            Some(payment) => line(
                LineCode::PossibleDuplicate,
                format!(
                    "not recorded, but payment {} of the same amount is on the credit: if it is this refund, give it the reference {}",
                    payment.payment_id,
                    keys::refund(self.rma(), &refund.id)
                ),
            ),
            None => line(
                LineCode::MissingInBrightpearl,
                format!(
                    "refunded and not recorded on credit {}: run the RMA's plan, or see what it asks",
                    self.credit.id
                ),
            ),
        }
    }

    /// What is to be said of a payment that has the refund's key and currency.
    fn verdict(
        &self,
        payment: &CustomerPayment,
        refund: &Transaction,
        amount: Decimal,
    ) -> (LineCode, String) {
        let id = payment.payment_id;
        let expected = self.expected_bank_account(refund);
        let actual = self.bank_account_of(payment);
        if payment.amount() != amount {
            let message = format!(
                "refunded {amount} and recorded {} as payment {id}: correct the payment",
                payment.amount()
            );
            (LineCode::AmountDiffers, message)
        } else if payment.journal_id.is_none() && actual.is_some() {
            let message = format!(
                "payment {id} has no journal although its method has a bank account: post the journal by hand, or delete the payment and record it again"
            );
            (LineCode::NoJournal, message)
        } else if let (Some(expected), Some(actual)) = (&expected, &actual)
            && expected != actual
        {
            let message =
                format!("payment {id} is posted to bank account {actual}, configured is {expected}: move it");
            (LineCode::WrongBankAccount, message)
        } else {
            let journal =
                payment.journal_id.map(|journal| format!(", journal {journal}")).unwrap_or_default();
            let bank = actual.map(|bank| format!(", bank account {bank}")).unwrap_or_default();
            (LineCode::Matched, format!("recorded as payment {id}{journal}{bank}"))
        }
    }

    /// Payments on the credit that are on no line yet: a second one under a refund's key, or somebody else's.
    fn payments_beyond(&self, lines: &[Line]) -> Vec<Line> {
        let on_a_line =
            |payment: &CustomerPayment| lines.iter().any(|line| line.payment_id == Some(payment.payment_id));
        let beyond = self.payments().into_iter().filter(|payment| !on_a_line(payment));
        beyond.map(|payment| self.line_beyond(payment)).collect()
    }

    fn line_beyond(&self, payment: &CustomerPayment) -> Line {
        let (id, credit) = (payment.payment_id, self.credit.id);
        let (code, message) = if self.is_ours(payment) {
            let message = format!(
                "payment {id} on credit {credit} has the reference of a refund that is recorded already: delete one of the two"
            );
            (LineCode::PossibleDuplicate, message)
        } else {
            let message = format!(
                "payment {id} on credit {credit} belongs to no refund in ReturnGO: somebody recorded it by hand, or ReturnGO lost it"
            );
            (LineCode::MissingInReturngo, message)
        };
        Line {
            rma_id: self.rma().clone(),
            transaction_id: None,
            payment_id: Some(id),
            code,
            amount: Some(payment.amount()),
            currency: Some(payment.currency_code.clone()),
            bank_account: self.bank_account_of(payment),
            message,
        }
    }

    fn state_of_the_credit(&self, plan: &Plan, refunded: bool) -> Vec<Line> {
        let line = |code, message| Line {
            rma_id: self.rma().clone(),
            transaction_id: None,
            payment_id: None,
            code,
            amount: None,
            currency: None,
            bank_account: None,
            message,
        };
        let units = &plan.state.units;
        let outstanding: Vec<_> = units
            .iter()
            .filter(|unit| unit.state == UnitState::Expected)
            .map(|unit| unit.returned_item_id.as_str())
            .collect();
        let mut lines = Vec::new();
        if refunded && !outstanding.is_empty() {
            let message = format!(
                "the customer has the money and {} of {} units have not come ({}): wait, or ask the customer",
                outstanding.len(),
                units.len(),
                outstanding.join(", ")
            );
            lines.push(line(LineCode::GoodsOutstanding, message));
        }
        let to_be_closed = |effect: &Effect| matches!(effect, Effect::CloseSalesCredit { .. });
        if plan.effects.iter().any(to_be_closed) {
            let message = format!(
                "credit {} was to be closed by now: run the RMA's plan, or close it in Brightpearl",
                self.credit.id
            );
            lines.push(line(LineCode::CreditNotClosed, message));
        }
        lines
    }

    /// Whether a payment carries a key of this RMA's.
    fn is_ours(&self, payment: &CustomerPayment) -> bool {
        let refunds = self.world.rma.transactions.iter().filter(|transaction| transaction.is_refund());
        let mut keys = refunds.map(|refund| keys::refund(self.rma(), &refund.id));
        keys.any(|key| payment.transaction_ref.as_ref() == Some(&key))
    }

    fn expected_bank_account(&self, refund: &Transaction) -> Option<NominalCode> {
        let currency = &self.credit.currency.order_currency_code;
        let code = self.settings.tender(&refund.kind, currency)?;
        posted_to(tender::resolve(code, currency, &self.world.account).ok()?)
    }

    /// Where the payment's own method posts to.
    fn bank_account_of(&self, payment: &CustomerPayment) -> Option<NominalCode> {
        let method = payment.payment_method_code.as_ref()?;
        posted_to(tender::resolve(method.as_str(), &payment.currency_code, &self.world.account).ok()?)
    }
}

fn posted_to(tender: Tender) -> Option<NominalCode> {
    match tender.posts_to {
        PostsTo::OwnAccount(account) | PostsTo::BaseCurrencyAccount(account) => Some(account),
        PostsTo::Nowhere => None,
    }
}
