//! The end of a credit: closing it, and its status once it is finished or its RMA is cancelled.

use brightpearl::{
    OrderStatusId,
    order::{Order, StatusChange},
};
use returngo::Rma;

use crate::{
    findings::Findings,
    keys,
    plan::{Effect, Empty, RefundState, RefundStatus, ReviewCode, UnitState, UnitStatus},
    rma_facts::{self, ids},
    settings::{CloseCredit, ConnectionSettings},
};

/// Whether nothing more is expected on a credit, so that units that were not received are missing: it has the complete
/// status, or is closed. If refunds close credits, the parcel may still be on its way.
pub(crate) fn is_finished(credit: &Order, settings: &ConnectionSettings) -> bool {
    let is_complete = settings.complete_status_id == Some(credit.order_status.order_status_id);
    is_complete || (credit.is_closed() && settings.close_credit != CloseCredit::WhenRefunded)
}

/// The progress of a credit.
pub(crate) struct CreditProgress<'a> {
    /// Whether the payments reach the credit's total.
    pub(crate) is_paid: bool,
    pub(crate) units: &'a [UnitStatus],
    pub(crate) refunds: &'a [RefundStatus],
}

impl CreditProgress<'_> {
    fn is_refunded(&self) -> bool {
        self.is_paid && !self.refunds.iter().any(|refund| refund.state == RefundState::Pending)
    }

    fn is_received(&self) -> bool {
        !self.units.iter().any(|unit| unit.state == UnitState::Expected)
    }
}

/// Returns the writes that finish a credit once its return is complete. The caller makes sure that no review is open.
pub(crate) fn effects(
    rma: &Rma,
    credit: &Order,
    progress: &CreditProgress<'_>,
    settings: &ConnectionSettings,
) -> Vec<Effect> {
    // Finishing a credit in the cancelled status would take it out of that status, and its units would be credited twice.
    let is_cancelled = settings.cancelled_status_id == Some(credit.order_status.order_status_id);
    if credit.is_invoice_pending() || is_cancelled {
        return Vec::new();
    }
    let (is_refunded, is_received) = (progress.is_refunded(), progress.is_received());
    let closes = match settings.close_credit {
        CloseCredit::Never => false,
        CloseCredit::WhenRefunded => is_refunded,
        CloseCredit::WhenReceived => is_received,
        CloseCredit::WhenBoth => is_refunded && is_received,
    };
    if closes && !credit.is_closed() {
        return vec![Effect::CloseSalesCredit {
            key: keys::close(rma.id()),
            order_id: credit.id,
            body: Empty {},
        }];
    }
    let is_closed_or_stays_open = credit.is_closed() || settings.close_credit == CloseCredit::Never;
    let is_complete = is_refunded && is_received && is_closed_or_stays_open;
    settings
        .complete_status_id
        .filter(|_| is_complete)
        .and_then(|status| set_status(rma, credit, status))
        .into_iter()
        .collect()
}

/// Sets the cancelled status on the credit of a cancelled or rejected RMA, or adds a review if none is configured. A paid
/// refund needs a review as well: a credit in that status credits nothing, so its units could be credited and refunded
/// again.
pub(crate) fn cancel(
    rma: &Rma,
    credit: &Order,
    is_paid: bool,
    settings: &ConnectionSettings,
    findings: &mut Findings,
) -> Option<Effect> {
    if let Some(status) = settings.cancelled_status_id {
        if is_paid {
            let message = format!(
                "The RMA is {}, so its sales credit {} is moved to the cancelled status, but a refund was paid on it. The units \
                 could be credited and refunded again. Reclaim the money, or reopen the RMA.",
                rma.status(),
                credit.id
            );
            findings.add_review_for_units(ReviewCode::RequestCancelled, message, ids(&rma_facts::units(rma)));
        }
        return set_status(rma, credit, status);
    }
    let message = format!(
        "The RMA is {}, but its sales credit {} already exists. Decide whether to keep or cancel the credit. With the setting \
         `cancelled_status_id`, such credits are moved to that status.",
        rma.status(),
        credit.id
    );
    findings.add_review_for_units(ReviewCode::RequestCancelled, message, ids(&rma_facts::units(rma)));
    None
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
        findings.add_review_for_units(ReviewCode::RequestCancelled, message, ids(&rma_facts::units(rma)));
    }
}

fn set_status(rma: &Rma, credit: &Order, status: OrderStatusId) -> Option<Effect> {
    let body = StatusChange { order_status_id: status, order_note: None };
    let effect = Effect::SetOrderStatus { key: keys::status(rma.id(), status), order_id: credit.id, body };
    (credit.order_status.order_status_id != status).then_some(effect)
}
