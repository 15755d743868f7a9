use returngo::{Transaction, TransactionStatus, TransactionType};

/// The effect of a transaction on the shopper's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MoneyFlow {
    /// Money or store credit was returned to the shopper.
    Refund,
    /// A refund was requested.
    RefundRequested,
    /// The shopper paid.
    MoneyIn,
    /// A payment by the shopper was requested.
    MoneyInRequested,
    /// No money was transferred.
    Failed,
    /// The type or status is unknown.
    Unknown,
}

/// Classifies a transaction by type and status (docs/evidence/returngo.md#refund-transactions). The type gives the
/// direction; money was transferred only if the status is `Success`.
pub(crate) fn money_flow(transaction: &Transaction) -> MoneyFlow {
    let refund = transaction.is_refund();
    if !refund && transaction.kind != TransactionType::InvoicePayment {
        return MoneyFlow::Unknown;
    }
    match (&transaction.status, refund) {
        (TransactionStatus::Success, true) => MoneyFlow::Refund,
        (TransactionStatus::Success, false) => MoneyFlow::MoneyIn,
        (TransactionStatus::Requested, true) => MoneyFlow::RefundRequested,
        (TransactionStatus::Requested, false) => MoneyFlow::MoneyInRequested,
        (TransactionStatus::Failed, _) => MoneyFlow::Failed,
        _ => MoneyFlow::Unknown,
    }
}
