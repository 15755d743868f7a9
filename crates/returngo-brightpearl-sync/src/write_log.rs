//! The log of writes: one line for each, with ids and amounts as fields.

use returngo::RmaId;
use returngo_brightpearl_mapping::Effect;
use rust_decimal::Decimal;
use tracing::field::display;

use crate::{EffectOutcome, describe};

/// Logs a write that was made. Callers log the others with the failure of their RMA.
pub(crate) fn log_applied(connection: Option<&str>, rma: &RmaId, effect: &Effect, outcome: &EffectOutcome) {
    let EffectOutcome::Applied { remote_id, already_existed } = outcome else { return };
    let connection = connection.map(display);
    let id = remote_id.as_ref().map(display);
    macro_rules! log {
        ($message:literal $(, $($field:tt)+)?) => {
            tracing::info!(connection, %rma $(, $($field)+)?, $message)
        };
    }
    match effect {
        Effect::CreateSalesCredit { key, body } => {
            let gross: Decimal = body.rows.iter().map(|row| row.net + row.tax).sum();
            let currency = body.currency.as_ref().map(|currency| display(&currency.code));
            match already_existed {
                false => log!("sales credit created", credit = id, %gross, currency, key),
                true => {
                    log!("sales credit found, created by an earlier attempt", credit = id, %gross, currency, key)
                }
            }
        }
        Effect::AddOrderRow { key, order_id, body } => {
            log!("credit row added", credit = %order_id, net = %body.row_value.row_net.value, key)
        }
        Effect::RecordPayment { key, order_id, body } => {
            let (amount, currency) = (&body.amount_paid, &body.currency_iso_code);
            let method = &body.payment_method_code;
            match already_existed {
                false => {
                    log!("payment recorded", credit = %order_id, payment = id, %amount, %currency, %method, key)
                }
                true => log!(
                    "payment found, recorded by an earlier attempt",
                    credit = %order_id, payment = id, %amount, %currency, %method, key
                ),
            }
        }
        Effect::AddOrderNote { key, order_id, .. } => log!("order note added", order = %order_id, key),
        Effect::CloseSalesCredit { key, order_id, .. } => {
            log!("sales credit closed", credit = %order_id, key)
        }
        Effect::SetOrderStatus { key, order_id, body } => {
            log!("credit status set", credit = %order_id, status = %body.order_status_id, key)
        }
        Effect::SetCustomFields { key, order_id, .. } => log!("custom fields set", credit = %order_id, key),
        Effect::UpdateShipment { key, shipment_id, body } => {
            let status = body.status.as_ref().map(display);
            log!("shipment updated", shipment = %shipment_id, status, key)
        }
        Effect::SetRmaStatus { key, body } => log!("RMA status set", status = %body.status, key),
        Effect::AddRmaComment { key, .. } => log!("RMA comment added", key),
        other => log!("written", effect = describe(other), key = other.key()),
    }
}
