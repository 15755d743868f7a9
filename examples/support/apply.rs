//! Applies plans with both clients, effect by effect.

use anyhow::Context as _;
use returngo::RmaId;
use returngo_brightpearl_mapping::Effect;
use returngo_brightpearl_sync::Reader;

/// Applies one effect and returns a description.
///
/// # Errors
/// If the write failed, or its outcome is unknown. Read and plan again to find out what is left to do.
pub async fn apply(reader: &Reader, rma: &RmaId, effect: &Effect) -> anyhow::Result<String> {
    let said = match effect {
        Effect::CreateSalesCredit { body, .. } => {
            let created = reader.brightpearl.sales_credits().create(body).await?;
            let there = if created.already_existed { "already existed" } else { "created" };
            format!("sales credit {} {there}", created.id)
        }
        Effect::AddOrderRow { order_id, body, .. } => {
            let row = reader.brightpearl.order_rows().create(*order_id, body).await?;
            format!("row {row} added to credit {order_id}")
        }
        Effect::RecordPayment { order_id, body, .. } => {
            let created = reader.brightpearl.customer_payments().create(body).await?;
            format!(
                "refund of {} {} recorded on credit {order_id} as payment {} with method {}",
                body.amount_paid, body.currency_iso_code, created.id, body.payment_method_code
            )
        }
        Effect::AddOrderNote { order_id, body, .. } => {
            reader.brightpearl.order_notes().create(*order_id, body).await?;
            format!("note added to order {order_id}")
        }
        Effect::SetOrderStatus { order_id, body, .. } => {
            reader.brightpearl.order_statuses().set(*order_id, body).await?;
            format!("credit {order_id} set to status {}", body.order_status_id)
        }
        Effect::SetCustomFields { order_id, body, .. } => {
            reader.brightpearl.order_custom_fields().patch(*order_id, body).await?;
            format!("custom fields of credit {order_id} set")
        }
        Effect::CloseSalesCredit { order_id, .. } => {
            reader.brightpearl.sales_credits().close(*order_id).await?;
            format!("credit {order_id} closed")
        }
        Effect::UpdateShipment { shipment_id, body, .. } => {
            reader.returngo.shipments().update(shipment_id, body).await?;
            let status = body.status.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("shipment {shipment_id} of RMA {rma} set to {status}")
        }
        Effect::SetRmaStatus { body, .. } => {
            reader.returngo.rmas().set_status(rma, &body.status).await?;
            format!("RMA {rma} set to {}", body.status)
        }
        Effect::AddRmaComment { body, .. } => {
            reader.returngo.rmas().comment(rma, &body.html_text).await?;
            format!("comment added to RMA {rma}")
        }
        other => anyhow::bail!("effect {} is not supported by this version", other.key()),
    };
    Ok(said)
}

/// Synchronizes an RMA: plans and applies until there is nothing left to write. Returns descriptions of the writes and
/// reviews.
///
/// # Errors
/// If a read or write fails, or the plan does not converge.
pub async fn synchronize(reader: &Reader, rma: &RmaId) -> anyhow::Result<Vec<String>> {
    /// Without other changes, plans converge within four rounds.
    const ROUNDS: usize = 5;
    let mut said = Vec::new();
    for _ in 0..ROUNDS {
        let plan = returngo_brightpearl_mapping::plan(&reader.world(rma).await?, &reader.settings);
        if plan.effects.is_empty() {
            said.extend(plan.reviews.iter().map(|review| format!("needs review: {}", review.message)));
            return Ok(said);
        }
        for effect in &plan.effects {
            let applied = apply(reader, rma, effect).await;
            said.push(applied.with_context(|| format!("cannot apply {}", effect.key()))?);
        }
    }
    anyhow::bail!("RMA {rma} is still out of sync after {ROUNDS} rounds of writes")
}
