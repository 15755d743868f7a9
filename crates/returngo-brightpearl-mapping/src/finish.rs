//! The end of a credit: closing it, the status of a finished one, the status of one whose RMA was cancelled.

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

/// Whether nothing more is awaited on a credit, so that what did not come is missing: somebody set the
/// complete status, or closed it. Where a refund closes it, the parcel may still be under way.
pub(crate) fn is_finished(credit: &Order, settings: &ConnectionSettings) -> bool {
    let complete = settings.complete_status_id == Some(credit.order_status.order_status_id);
    complete || (credit.is_closed() && settings.close_credit != CloseCredit::WhenRefunded)
}

/// What a credit needs once its return is over. The caller knows that nothing has to be asked.
pub(crate) fn effects(
    rma: &Rma,
    credit: &Order,
    is_refunded: bool,
    units: &[UnitStatus],
    refunds: &[RefundStatus],
    settings: &ConnectionSettings,
) -> Vec<Effect> {
    // Finishing a credit that was set aside would take it out of that status, and its units would be credited twice.
    let is_set_aside = settings.cancelled_status_id == Some(credit.order_status.order_status_id);
    if credit.is_invoice_pending() || is_set_aside {
        return Vec::new();
    }
    let refunded = is_refunded && !refunds.iter().any(|refund| refund.state == RefundState::Pending);
    let received = !units.iter().any(|unit| unit.state == UnitState::Expected);
    let is_due = match settings.close_credit {
        CloseCredit::Never => false,
        CloseCredit::WhenRefunded => refunded,
        CloseCredit::WhenReceived => received,
        CloseCredit::WhenBoth => refunded && received,
    };
    if is_due && !credit.is_closed() {
        return vec![Effect::CloseSalesCredit {
            key: keys::close(rma.id()),
            order_id: credit.id,
            body: Empty {},
        }];
    }
    let is_closed_or_stays_open = credit.is_closed() || settings.close_credit == CloseCredit::Never;
    let is_over = refunded && received && is_closed_or_stays_open;
    settings
        .complete_status_id
        .filter(|_| is_over)
        .and_then(|status| set_status(rma, credit, status))
        .into_iter()
        .collect()
}

/// The credit of a cancelled or rejected RMA gets the status for that, or a person is asked. A person is asked as
/// well when money went out on it: a credit that is set aside counts as crediting nothing, and its units could be
/// credited and refunded once more.
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
                "The RMA is {}, so its sales credit {} is set aside, but a refund was paid on it: the units could be \
                 credited and refunded once more. Claim the money back, or reopen the RMA.",
                rma.status(),
                credit.id
            );
            findings.add_review_for_units(ReviewCode::RequestCancelled, message, ids(&rma_facts::units(rma)));
        }
        return set_status(rma, credit, status);
    }
    let message = format!(
        "The RMA is {} and its sales credit {} exists. Decide what becomes of the credit; with the setting \
         `cancelled_status_id` it would be set aside.",
        rma.status(),
        credit.id
    );
    findings.add_review_for_units(ReviewCode::RequestCancelled, message, ids(&rma_facts::units(rma)));
    None
}

/// An RMA that was reopened keeps its credit; but one that was set aside counts as crediting nothing, and its
/// units could be credited once more with another RMA.
pub(crate) fn review_cancelled_status(
    rma: &Rma,
    credit: &Order,
    settings: &ConnectionSettings,
    findings: &mut Findings,
) {
    let status = credit.order_status.order_status_id;
    if settings.cancelled_status_id == Some(status) {
        let message = format!(
            "The RMA is {} again, but its sales credit {} is in status {status}, that of cancelled ones. Put the credit \
             into another status, or cancel the RMA.",
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
