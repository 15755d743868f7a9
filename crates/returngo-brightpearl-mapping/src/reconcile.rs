//! Reconciliation: what ReturnGO says was refunded, what Brightpearl recorded, and every difference named.
//!
//! Three-way for each RMA: transactions that succeeded ⇄ payments on the credit ⇄ the credit itself and its
//! journals. A [`Line`] is for a bookkeeper: it says what is the matter and what to do next. A [`Report`] holds
//! the lines of some days with totals by currency and bank account; it goes out as JSON by serde, and as a table
//! by [`COLUMNS`] and [`Line::cells`], and as CSV by [`Report::to_csv`].

mod csv;
mod matching;
mod report;

use std::fmt;

use brightpearl::{CurrencyCode, JournalId, NominalCode, OrderId, PaymentId, accounting::Journal};
use jiff::civil::Date;
use returngo::{RmaId, TransactionId};
use rust_decimal::Decimal;
use serde::Serialize;

use self::matching::CreditReconciliation;
pub use self::report::{COLUMNS, Days, InvalidDays, Report, Total, UnreconciledItem, totals};
use crate::{plan, settings::ConnectionSettings, world::World};

/// One line for the bookkeeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The RMA.
    pub rma_id: RmaId,
    /// Its sales credit, once there is one.
    pub sales_credit_id: Option<OrderId>,
    /// The refund in ReturnGO, where the line is about one.
    pub transaction_id: Option<TransactionId>,
    /// The payment in Brightpearl, where there is one.
    pub payment_id: Option<PaymentId>,
    /// The payment's journal, where there is one.
    pub journal_id: Option<JournalId>,
    /// The day on which the money moved, in the account's time zone: the refund's, else the payment's.
    pub date: Option<Date>,
    /// What is the matter.
    pub code: LineCode,
    /// What ReturnGO says was refunded: in the credit's currency where it is known in it.
    pub refunded: Option<Amount>,
    /// What Brightpearl has of it.
    pub recorded: Option<Amount>,
    /// The bank account that it is posted to; the one that it would be posted to while nothing is recorded.
    pub bank_account: Option<NominalCode>,
    /// What is the matter and what to do next, in words.
    pub message: String,
}

/// Money on one side of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// How much, positive.
    pub value: Decimal,
    /// Of what.
    pub currency: CurrencyCode,
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

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.currency)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Reconciles one RMA: its refunds in the order in which they were made, then what Brightpearl has beyond
/// them, then the credit.
///
/// `journals` are those of the payments, as far as they were read: they say which bank account was really
/// posted to. For a payment whose journal is not among them, the bank account is its method's.
pub fn reconcile(world: &World, journals: &[Journal], settings: &ConnectionSettings) -> Vec<Line> {
    let plan = plan(world, settings);
    let state = plan.state.credit.as_ref();
    let credit = state.and_then(|state| world.credits.iter().find(|credit| credit.id == state.id));
    match credit {
        Some(credit) => CreditReconciliation::new(world, journals, settings, credit).lines(&plan),
        None => matching::without_a_credit(world),
    }
}
