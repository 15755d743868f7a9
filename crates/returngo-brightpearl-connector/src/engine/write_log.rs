//! The log of what was written: one line for each write, with ids and amounts as fields.

use returngo_brightpearl_mapping::Effect;
use rust_decimal::Decimal;
use tracing::field::display;

use crate::{
    apply::describe,
    store::{EffectOutcome, Lease},
};

/// Tells of a write that was made. One that was refused or is doubtful is told with the attempt that it ends.
pub(super) fn tell(lease: &Lease, effect: &Effect, outcome: &EffectOutcome) {
    let EffectOutcome::Applied { remote_id, already_existed } = outcome else { return };
    let (connection, rma) = (&lease.connection, &lease.rma);
    let id = remote_id.as_ref().map(display);
    macro_rules! told {
        ($message:literal $(, $($field:tt)+)?) => {
            tracing::info!(%connection, %rma $(, $($field)+)?, $message)
        };
    }
    match effect {
        Effect::CreateSalesCredit { key, body } => {
            let gross: Decimal = body.rows.iter().map(|row| row.net + row.tax).sum();
            let currency = body.currency.as_ref().map(|currency| display(&currency.code));
            match already_existed {
                false => told!("sales credit created", credit = id, %gross, currency, key),
                true => {
                    told!("sales credit found, created by an earlier attempt", credit = id, %gross, currency, key)
                }
            }
        }
        Effect::AddOrderRow { key, order_id, body } => {
            told!("credit row added", credit = %order_id, net = %body.row_value.row_net.value, key)
        }
        Effect::RecordPayment { key, order_id, body } => {
            let (amount, currency) = (&body.amount_paid, &body.currency_iso_code);
            let method = &body.payment_method_code;
            match already_existed {
                false => {
                    told!("payment recorded", credit = %order_id, payment = id, %amount, %currency, %method, key)
                }
                true => told!(
                    "payment found, recorded by an earlier attempt",
                    credit = %order_id, payment = id, %amount, %currency, %method, key
                ),
            }
        }
        Effect::AddOrderNote { key, order_id, .. } => told!("order note added", order = %order_id, key),
        Effect::CloseSalesCredit { key, order_id, .. } => {
            told!("sales credit closed", credit = %order_id, key)
        }
        Effect::SetOrderStatus { key, order_id, body } => {
            told!("credit status set", credit = %order_id, status = %body.order_status_id, key)
        }
        Effect::SetCustomFields { key, order_id, .. } => told!("custom fields set", credit = %order_id, key),
        Effect::UpdateShipment { key, shipment_id, body } => {
            let status = body.status.as_ref().map(display);
            told!("shipment updated", shipment = %shipment_id, status, key)
        }
        Effect::SetRmaStatus { key, body } => told!("RMA status set", status = %body.status, key),
        Effect::AddRmaComment { key, .. } => told!("RMA comment added", key),
        other => told!("written", what = describe(other), key = other.key()),
    }
}
