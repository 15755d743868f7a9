//! The end of a credit: closing it, and its status once it is finished or its RMA is cancelled.

use brightpearl::{
    OrderStatusId,
    order::{Order, OrderStatus, OrderTypeCode, StatusChange},
};
use returngo::{Rma, RmaStatus};

use crate::{
    findings::Findings,
    keys,
    plan::{Effect, Empty, RefundState, RefundStatus, UnitState, UnitStatus},
    review::{Choice, Review, ReviewCode},
    rma_facts::{self, ids},
    settings::{CloseCredit, ConnectionSettings},
    world::AccountFacts,
};

/// Whether nothing more is expected on a credit, so that units that were not received are missing: it has the complete
/// status, or is closed. If refunds close credits, the parcel may still be on its way.
pub(crate) fn is_finished(credit: &Order, settings: &ConnectionSettings) -> bool {
    let is_complete = settings.complete_status_id == Some(credit.order_status.order_status_id);
    is_complete || (credit.is_closed() && settings.close_credit != CloseCredit::WhenRefunded)
}

/// The progress of a credit.
pub(crate) struct CreditProgress<'a> {
    /// Whether the payments reach the credit's total, less the units that are exchanged.
    pub(crate) is_paid: bool,
    pub(crate) units: &'a [UnitStatus],
    pub(crate) refunds: &'a [RefundStatus],
    /// Whether the credit was finished before, according to the caller's store.
    pub(crate) was_finished: bool,
}

impl CreditProgress<'_> {
    fn is_refunded(&self) -> bool {
        self.is_paid && !self.refunds.iter().any(|refund| refund.state == RefundState::Pending)
    }

    fn is_received(&self) -> bool {
        !self.units.iter().any(|unit| unit.state == UnitState::Expected)
    }
}

/// Returns the writes that finish a credit once its return is complete: its status, then closing it. The caller makes sure that
/// no review is open. A credit that was finished before and is open again is left as it is: a person opened it.
pub(crate) fn effects(
    rma: &Rma,
    credit: &Order,
    progress: &CreditProgress<'_>,
    settings: &ConnectionSettings,
) -> Vec<Effect> {
    // Finishing a credit in the cancelled status would take it out of that status, and its units would be credited twice.
    let is_cancelled = settings.cancelled_status_id == Some(credit.order_status.order_status_id);
    let is_pending = *rma.status() == RmaStatus::Pending;
    let is_complete = settings.complete_status_id == Some(credit.order_status.order_status_id);
    let is_reopened = progress.was_finished && !credit.is_closed() && !is_complete;
    if credit.is_invoice_pending() || is_cancelled || is_pending || is_reopened {
        return Vec::new();
    }
    let (is_refunded, is_received) = (progress.is_refunded(), progress.is_received());
    let may_close = match settings.close_credit {
        CloseCredit::Never => false,
        CloseCredit::WhenRefunded => is_refunded,
        CloseCredit::WhenReceived => is_received,
        CloseCredit::WhenBoth => is_refunded && is_received,
    };
    let closes = (may_close && !credit.is_closed()).then(|| Effect::CloseSalesCredit {
        key: keys::close(rma.id()),
        order_id: credit.id,
        body: Empty {},
    });
    let completes = is_refunded && is_received;
    let status = settings.complete_status_id.filter(|_| completes);
    status.and_then(|status| set_status(rma, credit, status)).into_iter().chain(closes).collect()
}

/// Whether anything was paid or received on the credit of a cancelled or rejected RMA.
pub(crate) struct Movements {
    pub(crate) is_paid: bool,
    pub(crate) is_received: bool,
}

/// Sets the cancelled status on the credit of a cancelled or rejected RMA on which nothing was paid or received. Adds a review
/// otherwise, or if no such status is configured: a credit in that status credits nothing, so its units could be credited and
/// refunded again.
pub(crate) fn cancel(
    rma: &Rma,
    credit: &Order,
    movements: &Movements,
    settings: &ConnectionSettings,
    account: &AccountFacts,
    findings: &mut Findings,
) -> Option<Effect> {
    let Movements { is_paid, is_received } = *movements;
    let status = settings.cancelled_status_id;
    if status == Some(credit.order_status.order_status_id) && !is_paid && !is_received {
        return None;
    }
    let problem = match (is_paid, is_received, status) {
        (true, true, _) => "money was refunded and goods were received on it",
        (true, false, _) => "money was refunded on it",
        (false, true, _) => "goods were received on it",
        (false, false, Some(status)) => return set_status(rma, credit, status),
        (false, false, None) => {
            "no status is configured for cancelled credits (`cancelled_status_id`), so it still credits the units"
        }
    };
    let message =
        format!("The RMA is {}, but its sales credit {} exists, and {problem}.", rma.status(), credit.id);
    let typed_in = (!is_paid && !is_received).then(|| {
        let effect = format!("Sets this status on sales credit {}.", credit.id);
        Choice::new("status", "Set the cancelled status, by its id", effect)
    });
    let keep = format!("Leaves sales credit {} as it is.", credit.id);
    let review = Review::about_units(ReviewCode::RequestCancelled, message, ids(&rma_facts::units(rma)))
        .resting_on([
            ("status", rma.status().to_string()),
            ("credit", credit.id.to_string()),
            ("paid", is_paid.to_string()),
            ("received", is_received.to_string()),
        ])
        .offering(typed_in.into_iter().chain([Choice::new("keep", "Keep the credit", keep)]));
    let status = findings.ask(review, |choice| match choice.strip_prefix("status:") {
        Some(id) => cancelled_status(id.trim(), settings, account).map(Some),
        None => Ok(None),
    })?;
    status.and_then(|status| set_status(rma, credit, status))
}

/// Reads the status that a person chose for a cancelled credit.
fn cancelled_status(
    id: &str,
    settings: &ConnectionSettings,
    account: &AccountFacts,
) -> Result<OrderStatusId, String> {
    let status: OrderStatusId = id.parse().map_err(|_| format!("{id} is not the id of an order status"))?;
    let is_of_credits = |known: &OrderStatus| {
        known.status_id == status && known.order_type_code == OrderTypeCode::SalesCredit
    };
    if settings.complete_status_id == Some(status) {
        return Err(format!("status {status} is for finished credits (`complete_status_id`)"));
    }
    if !account.order_statuses.is_empty() && !account.order_statuses.iter().any(is_of_credits) {
        return Err(format!("the account has no status {status} for sales credits"));
    }
    Ok(status)
}

/// Adds a review for a reopened RMA whose credit has the cancelled status: such a credit credits nothing, so its units
/// could be credited again with another RMA.
pub(crate) fn review_cancelled_status(
    rma: &Rma,
    credit: &Order,
    settings: &ConnectionSettings,
    findings: &mut Findings,
) {
    let status = credit.order_status.order_status_id;
    if settings.cancelled_status_id == Some(status) {
        let message = format!(
            "The RMA is {} again, but its sales credit {} has status {status}, which is for cancelled credits. Change the \
             credit's status, or cancel the RMA.",
            rma.status(),
            credit.id
        );
        let keep = format!("Leaves sales credit {} as it is.", credit.id);
        let review = Review::about_units(ReviewCode::RequestCancelled, message, ids(&rma_facts::units(rma)))
            .resting_on([("status", rma.status().to_string()), ("credit", format!("{} {status}", credit.id))])
            .offering([Choice::new("keep", "Keep the credit", keep)]);
        findings.ask(review, |_| Ok(()));
    }
}

fn set_status(rma: &Rma, credit: &Order, status: OrderStatusId) -> Option<Effect> {
    let body = StatusChange { order_status_id: status, order_note: None };
    let effect = Effect::SetOrderStatus { key: keys::status(rma.id(), status), order_id: credit.id, body };
    (credit.order_status.order_status_id != status).then_some(effect)
}
