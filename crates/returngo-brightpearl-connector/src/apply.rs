//! Writing effects, many at once, and saying of each what became of it.

use brightpearl::{
    client::Outcome as Part,
    multi_message::MultiMessage,
    order::{note, row, sales_credit, status},
};
use returngo::RmaId;
use returngo_brightpearl::Effect;

use crate::{connection::Connection, ledger::EffectOutcome};

/// An effect of one RMA.
#[derive(Debug, Clone)]
pub struct Write {
    /// The RMA.
    pub rma: RmaId,
    /// What to write.
    pub effect: Effect,
}

impl Connection {
    /// Writes effects and says of each, in the same order, what became of it. They must not depend on one
    /// another. Credits, payments and what else Brightpearl takes go ten in a request.
    pub async fn apply(&self, writes: &[Write]) -> Vec<EffectOutcome> {
        let mut outcomes: Vec<Option<EffectOutcome>> = vec![None; writes.len()];
        self.create_credits(writes, &mut outcomes).await;
        self.record_payments(writes, &mut outcomes).await;
        self.write_to_brightpearl(writes, &mut outcomes).await;
        self.write_to_returngo(writes, &mut outcomes).await;
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unknown_kind)).collect()
    }

    async fn create_credits(&self, writes: &[Write], outcomes: &mut [Option<EffectOutcome>]) {
        let (places, bodies): (Vec<usize>, Vec<_>) = writes
            .iter()
            .enumerate()
            .filter_map(|(place, write)| match &write.effect {
                Effect::CreateSalesCredit { body, .. } => Some((place, (**body).clone())),
                _ => None,
            })
            .unzip();
        if bodies.is_empty() {
            return;
        }
        let results = self.brightpearl.sales_credits().create_many(&bodies).await;
        for (place, result) in places.into_iter().zip(results) {
            outcomes[place] =
                Some(created(result.map(|created| (created.id.to_string(), created.already_existed))));
        }
    }

    async fn record_payments(&self, writes: &[Write], outcomes: &mut [Option<EffectOutcome>]) {
        let (places, bodies): (Vec<usize>, Vec<_>) = writes
            .iter()
            .enumerate()
            .filter_map(|(place, write)| match &write.effect {
                Effect::RecordPayment { body, .. } => Some((place, body.clone())),
                _ => None,
            })
            .unzip();
        if bodies.is_empty() {
            return;
        }
        let results = self.brightpearl.customer_payments().create_many(&bodies).await;
        for (place, result) in places.into_iter().zip(results) {
            outcomes[place] =
                Some(created(result.map(|created| (created.id.to_string(), created.already_existed))));
        }
    }

    /// Rows, notes, statuses and closings.
    async fn write_to_brightpearl(&self, writes: &[Write], outcomes: &mut [Option<EffectOutcome>]) {
        let mut messages = MultiMessage::parallel();
        let mut places = Vec::new();
        for (place, write) in writes.iter().enumerate() {
            let label = place.to_string();
            let added = match &write.effect {
                Effect::AddOrderRow { order_id, body, .. } => {
                    messages.add(label, &row::create(*order_id, body))
                }
                Effect::AddOrderNote { order_id, body, .. } => {
                    messages.add(label, &note::create(*order_id, body))
                }
                Effect::SetOrderStatus { order_id, body, .. } => {
                    messages.add(label, &status::set(*order_id, body))
                }
                Effect::CloseSalesCredit { order_id, .. } => {
                    messages.add(label, &sales_credit::close(*order_id))
                }
                _ => continue,
            };
            match added {
                Ok(()) => places.push(place),
                Err(error) => outcomes[place] = Some(EffectOutcome::Refused { error: error.to_string() }),
            }
        }
        let parts = self.brightpearl.multi_message(&messages).await;
        for (place, (_, part)) in places.into_iter().zip(parts) {
            outcomes[place] = Some(match part {
                Part::Done(_) => EffectOutcome::Applied { remote_id: None, already_existed: false },
                Part::Unknown(error) => EffectOutcome::Unknown { error: error.to_string() },
                Part::Refused(error) | Part::NotAttempted(Some(error)) => {
                    EffectOutcome::Refused { error: error.to_string() }
                }
                _ => EffectOutcome::Refused { error: "it was not attempted".to_owned() },
            });
        }
    }

    /// Shipments, statuses and comments, one after the other: ReturnGO takes nothing in bulk.
    async fn write_to_returngo(&self, writes: &[Write], outcomes: &mut [Option<EffectOutcome>]) {
        for (place, Write { rma, effect }) in writes.iter().enumerate() {
            let result = match effect {
                Effect::UpdateShipment { shipment_id, body, .. } => {
                    self.returngo.shipments().update(shipment_id, body).await.map(drop)
                }
                Effect::SetRmaStatus { body, .. } => self.returngo.rmas().set_status(rma, &body.status).await,
                Effect::AddRmaComment { body, .. } => {
                    self.returngo.rmas().comment(rma, &body.html_text).await
                }
                _ => continue,
            };
            outcomes[place] = Some(match result {
                Ok(()) => EffectOutcome::Applied { remote_id: None, already_existed: false },
                Err(error) if error.may_have_been_applied() => {
                    EffectOutcome::Unknown { error: format!("ReturnGO: {error}") }
                }
                Err(error) => EffectOutcome::Refused { error: format!("ReturnGO: {error}") },
            });
        }
    }
}

fn created(result: Result<(String, bool), brightpearl::Error>) -> EffectOutcome {
    match result {
        Ok((id, already_existed)) => EffectOutcome::Applied { remote_id: Some(id), already_existed },
        Err(error) if error.may_have_been_applied() => EffectOutcome::Unknown { error: error.to_string() },
        Err(error) => EffectOutcome::Refused { error: error.to_string() },
    }
}

fn unknown_kind() -> EffectOutcome {
    EffectOutcome::Refused {
        error: "this version does not know how to write it: install a newer one".to_owned(),
    }
}

/// What an effect writes, in words: amounts and references, no shoppers.
pub fn describe(effect: &Effect) -> String {
    match effect {
        Effect::CreateSalesCredit { key, body } => {
            let gross: rust_decimal::Decimal = body.rows.iter().map(|row| row.net + row.tax).sum();
            let currency = body.currency.as_ref().map(|currency| currency.code.as_str()).unwrap_or_default();
            format!("sales credit {key} of {gross} {currency}")
        }
        Effect::AddOrderRow { key, order_id, .. } => format!("row {key} on credit {order_id}"),
        Effect::RecordPayment { order_id, body, .. } => format!(
            "refund of {} {} on credit {order_id} under {}",
            body.amount_paid, body.currency_iso_code, body.payment_method_code
        ),
        Effect::AddOrderNote { order_id, .. } => format!("a note on order {order_id}"),
        Effect::SetOrderStatus { order_id, body, .. } => {
            format!("status {} of credit {order_id}", body.order_status_id)
        }
        Effect::CloseSalesCredit { order_id, .. } => format!("closing credit {order_id}"),
        Effect::UpdateShipment { shipment_id, body, .. } => {
            let status = body.status.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("shipment {shipment_id} is {status}")
        }
        Effect::SetRmaStatus { body, .. } => format!("the RMA is {}", body.status),
        Effect::AddRmaComment { .. } => "a comment on the RMA".to_owned(),
        other => other.key().to_owned(),
    }
}
