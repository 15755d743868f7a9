//! Order notes about refunds and payments.

use brightpearl::order::NewOrderNote;
use returngo::{RmaId, Transaction};

use crate::{amounts, keys, rma_facts::Calendar, updates::escaped};

/// Returns the note about a refund that staff record themselves.
pub(super) fn of_refund(rma: &RmaId, refund: &Transaction, calendar: &Calendar) -> NewOrderNote {
    note(rma, refund, calendar, "refunded the customer")
}

/// Returns the note about a transaction that is not recorded on a credit.
pub(super) fn of_transaction(rma: &RmaId, transaction: &Transaction, calendar: &Calendar) -> NewOrderNote {
    note(rma, transaction, calendar, "lists a transaction of")
}

/// Returns the note about a payment by the shopper.
pub(super) fn of_money_in(rma: &RmaId, payment: &Transaction, calendar: &Calendar) -> NewOrderNote {
    note(rma, payment, calendar, "was paid by the customer")
}

/// Returns a note with amount, type, reference, time, and the key that identifies it. Its text has no quotation marks:
/// Brightpearl returns them with backslashes (docs/evidence/brightpearl-orders.md#order-notes).
fn note(rma: &RmaId, transaction: &Transaction, calendar: &Calendar, happened: &str) -> NewOrderNote {
    let money = &transaction.amount;
    let text = format!(
        "ReturnGO {happened} {} for RMA {rma} ({}, reference {}) at {}. [{}]",
        amounts::shown(money.amount.abs(), &money.currency),
        plain(transaction.kind.as_str()),
        transaction.external_reference_id.as_deref().map_or_else(|| "none".to_owned(), plain),
        calendar.local(transaction.settled_at()),
        keys::refund(rma, &transaction.id)
    );
    NewOrderNote { text, is_public: false }
}

fn plain(text: &str) -> String {
    let basic = text.chars().filter(|c| !c.is_control() && (*c as u32) < 0x1_0000);
    escaped(&basic.take(100).collect::<String>())
}
