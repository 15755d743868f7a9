//! Applying a plan with both clients, effect by effect.

use anyhow::Context as _;
use returngo::RmaId;
use returngo_brightpearl_mapping::Effect;
use returngo_brightpearl_sync::Reader;

/// Writes one effect and says in words what it did.
///
/// # Errors
/// When it was not certainly written. Reading the world again and planning again shows what is left to do.
pub async fn apply(reader: &Reader, rma: &RmaId, effect: &Effect) -> anyhow::Result<String> {
    let said = match effect {
        Effect::CreateSalesCredit { body, .. } => {
            let created = reader.brightpearl.sales_credits().create(body).await?;
            let there = if created.already_existed { "was there already" } else { "is created" };
            format!("sales credit {} {there}", created.id)
        }
        Effect::AddOrderRow { order_id, body, .. } => {
            let row = reader.brightpearl.order_rows().create(*order_id, body).await?;
            format!("row {row} is added to credit {order_id}")
        }
        Effect::RecordPayment { order_id, body, .. } => {
            let created = reader.brightpearl.customer_payments().create(body).await?;
            format!(
                "refund of {} {} is recorded on credit {order_id} as payment {} under {}",
                body.amount_paid, body.currency_iso_code, created.id, body.payment_method_code
            )
        }
        Effect::AddOrderNote { order_id, body, .. } => {
            reader.brightpearl.order_notes().create(*order_id, body).await?;
            format!("order {order_id} gets a note")
        }
        Effect::SetOrderStatus { order_id, body, .. } => {
            reader.brightpearl.order_statuses().set(*order_id, body).await?;
            format!("credit {order_id} gets status {}", body.order_status_id)
        }
        Effect::SetCustomFields { order_id, body, .. } => {
            reader.brightpearl.order_custom_fields().patch(*order_id, body).await?;
            format!("custom fields of credit {order_id} are set")
        }
        Effect::CloseSalesCredit { order_id, .. } => {
            reader.brightpearl.sales_credits().close(*order_id).await?;
            format!("credit {order_id} is closed")
        }
        Effect::UpdateShipment { shipment_id, body, .. } => {
            reader.returngo.shipments().update(shipment_id, body).await?;
            let status = body.status.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("shipment {shipment_id} of RMA {rma} is {status}")
        }
        Effect::SetRmaStatus { body, .. } => {
            reader.returngo.rmas().set_status(rma, &body.status).await?;
            format!("RMA {rma} is {}", body.status)
        }
        Effect::AddRmaComment { body, .. } => {
            reader.returngo.rmas().comment(rma, &body.html_text).await?;
            format!("RMA {rma} gets a comment")
        }
        other => anyhow::bail!("this version does not know how to apply {}", other.key()),
    };
    Ok(said)
}

/// Brings the two systems into step about an RMA: plans and applies until nothing is left to do. Says what
/// it did.
///
/// # Errors
/// When something cannot be read or written, or the plan does not settle.
pub async fn keep_in_step(reader: &Reader, rma: &RmaId) -> anyhow::Result<Vec<String>> {
    /// An honest world settles after four rounds at the most.
    const ROUNDS: usize = 5;
    let mut said = Vec::new();
    for _ in 0..ROUNDS {
        let plan = returngo_brightpearl_mapping::plan(&reader.world(rma).await?, &reader.settings);
        if plan.effects.is_empty() {
            said.extend(plan.reviews.iter().map(|review| format!("a person is asked: {}", review.message)));
            return Ok(said);
        }
        for effect in &plan.effects {
            let applied = apply(reader, rma, effect).await;
            said.push(applied.with_context(|| format!("{} was not certainly written", effect.key()))?);
        }
    }
    anyhow::bail!("the plan for RMA {rma} does not settle")
}
