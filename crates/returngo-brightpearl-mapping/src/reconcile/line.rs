//! The lines of a reconciliation.

use std::fmt;

use api_client_core::wire;
use brightpearl::{CurrencyCode, JournalId, NominalCode, OrderId, PaymentId};
use jiff::civil::Date;
use returngo::{RmaId, TransactionId};
use rust_decimal::Decimal;
use serde::Serialize;

/// A line of the reconciliation: a refund or a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Line {
    /// The RMA.
    pub rma_id: RmaId,
    /// Its sales credit, once there is one.
    pub sales_credit_id: Option<OrderId>,
    /// The refund in ReturnGO, if the line is about one.
    pub transaction_id: Option<TransactionId>,
    /// The payment in Brightpearl, if any.
    pub payment_id: Option<PaymentId>,
    /// The payment's journal, if any.
    pub journal_id: Option<JournalId>,
    /// The day of the refund, else of the payment, in the account's time zone.
    pub date: Option<Date>,
    /// The kind of line.
    pub code: LineCode,
    /// The refunded amount according to ReturnGO, in the credit's currency if it is known.
    pub refunded: Option<Amount>,
    /// The recorded amount in Brightpearl.
    pub recorded: Option<Amount>,
    /// The bank account that the payment is posted to or, if it is not recorded, would be posted to.
    pub bank_account: Option<NominalCode>,
    /// The difference and what to do next.
    pub message: String,
}

/// An amount with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// The value, which is positive.
    #[serde(with = "wire::decimal")]
    pub value: Decimal,
    /// The currency.
    pub currency: CurrencyCode,
}

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum LineCode {
    /// Both systems agree, and the payment is posted.
    Matched,
    /// ReturnGO has a refund without a payment in Brightpearl.
    MissingInBrightpearl,
    /// Brightpearl has a payment to the customer without a refund in ReturnGO.
    MissingInReturngo,
    /// The amounts of the refund and the payment differ.
    AmountDiffers,
    /// The currencies of the refund and the payment differ.
    CurrencyDiffers,
    /// The payment has no journal.
    NoJournal,
    /// The payment is posted to another bank account than configured.
    WrongBankAccount,
    /// Another payment may record the same refund.
    PossibleDuplicate,
    /// ReturnGO has a refund, but there is no sales credit.
    CreditMissing,
    /// The credit should be closed by now, but is open.
    CreditNotClosed,
    /// The refund was paid, but goods are outstanding.
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
