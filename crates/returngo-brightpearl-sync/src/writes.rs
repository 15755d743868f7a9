//! Sends effects to both systems, many at once, and reports the outcome of each.

use brightpearl::{
    client::MessageOutcome as Part,
    multi_message::MultiMessage,
    order::{note, row, sales_credit, status},
};
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::Effect;

use crate::EffectOutcome;

/// An effect of one RMA.
#[derive(Debug, Clone)]
pub struct Write {
    /// The RMA.
    pub rma: RmaId,
    /// The effect.
    pub effect: Effect,
}

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteResult {
    /// The outcome, as the journal records it.
    pub outcome: EffectOutcome,
    /// What tells its failure apart from others; empty if it succeeded. See [`brightpearl::Error::signature`].
    pub signature: String,
    /// Whether the same write may succeed later: it was not sent, or the system was unavailable.
    pub may_pass: bool,
    /// The earliest time at which it can succeed, if the system names one.
    pub not_before: Option<Timestamp>,
}

impl WriteResult {
    fn applied(remote_id: Option<String>, already_existed: bool) -> Self {
        Self::of(EffectOutcome::Applied { remote_id, already_existed }, false)
    }

    fn refused(error: impl ToString) -> Self {
        let error = error.to_string();
        let signature = error.clone();
        Self { signature, ..Self::of(EffectOutcome::Refused { error }, false) }
    }

    /// It may have been made.
    fn doubtful(error: impl ToString) -> Self {
        let error = error.to_string();
        let signature = error.clone();
        Self { signature, ..Self::of(EffectOutcome::Unknown { error }, true) }
    }

    fn refused_by_brightpearl(error: &brightpearl::Error) -> Self {
        Self { may_pass: error.is_retryable(), signature: error.signature(), ..Self::refused(error) }
    }

    fn failed(error: &brightpearl::Error) -> Self {
        if error.may_have_been_applied() {
            return Self { signature: error.signature(), ..Self::doubtful(error) };
        }
        Self::refused_by_brightpearl(error)
    }

    fn failed_in_returngo(error: &returngo::Error) -> Self {
        let message = format!("ReturnGO: {error}");
        let signature = error.signature();
        if error.may_have_been_applied() {
            return Self { signature, ..Self::doubtful(message) };
        }
        let not_before = error.try_again_at();
        let may_pass = error.is_retryable() || not_before.is_some();
        Self { may_pass, not_before, signature, ..Self::refused(message) }
    }

    const fn of(outcome: EffectOutcome, may_pass: bool) -> Self {
        Self { outcome, signature: String::new(), may_pass, not_before: None }
    }
}

/// How far a batch of writes got.
#[derive(Debug)]
pub struct WriteProgress(Vec<WriteStage>);

#[derive(Debug)]
enum WriteStage {
    NotSent,
    Sent,
    Done(WriteResult),
}

impl WriteProgress {
    /// Creates the progress of this number of writes, none of which is sent yet.
    pub fn new(writes: usize) -> Self {
        Self((0..writes).map(|_| WriteStage::NotSent).collect())
    }

    fn mark_sent(&mut self, places: &[usize]) {
        for place in places {
            self.0[*place] = WriteStage::Sent;
        }
    }

    fn set_result(&mut self, place: usize, result: WriteResult) {
        self.0[place] = WriteStage::Done(result);
    }

    /// The results after the batch ended.
    pub fn into_results(self) -> Vec<WriteResult> {
        let unsupported =
            || WriteResult::refused("this version does not support this kind of write; install a newer one");
        self.results(unsupported, || WriteResult::doubtful("no answer arrived"))
    }

    /// The results after the batch was abandoned for this reason: only writes that were sent and not answered are doubtful.
    pub fn abandon(self, reason: &str) -> Vec<WriteResult> {
        let not_sent =
            || WriteResult { may_pass: true, ..WriteResult::refused(format!("it was not sent: {reason}")) };
        self.results(not_sent, || WriteResult::doubtful(reason))
    }

    fn results(
        self,
        not_sent: impl Fn() -> WriteResult,
        unanswered: impl Fn() -> WriteResult,
    ) -> Vec<WriteResult> {
        let result = |stage| match stage {
            WriteStage::NotSent => not_sent(),
            WriteStage::Sent => unanswered(),
            WriteStage::Done(result) => result,
        };
        self.0.into_iter().map(result).collect()
    }
}

/// Sends effects to both systems.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// The client of the Brightpearl account.
    pub brightpearl: &'a brightpearl::Client,
    /// The client of the ReturnGO shop.
    pub returngo: &'a returngo::Client,
}

impl Writer<'_> {
    /// Sends writes that do not depend on one another, and returns their results in the same order. Brightpearl takes up to
    /// ten writes in one request.
    pub async fn apply(&self, writes: &[Write]) -> Vec<WriteResult> {
        let mut progress = WriteProgress::new(writes.len());
        self.apply_with(writes, &mut progress).await;
        progress.into_results()
    }

    /// Sends writes and notes their progress, so that the caller may stop waiting and still knows which writes were sent.
    pub async fn apply_with(&self, writes: &[Write], progress: &mut WriteProgress) {
        self.create_credits(writes, progress).await;
        self.record_payments(writes, progress).await;
        self.write_to_brightpearl(writes, progress).await;
        self.set_custom_fields(writes, progress).await;
        self.write_to_returngo(writes, progress).await;
    }

    async fn create_credits(&self, writes: &[Write], progress: &mut WriteProgress) {
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
        progress.mark_sent(&places);
        let results = self.brightpearl.sales_credits().create_many(&bodies).await;
        for (place, result) in places.into_iter().zip(results) {
            progress.set_result(place, created(result.map(|new| (new.id.to_string(), new.already_existed))));
        }
    }

    async fn record_payments(&self, writes: &[Write], progress: &mut WriteProgress) {
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
        progress.mark_sent(&places);
        let results = self.brightpearl.customer_payments().create_many(&bodies).await;
        for (place, result) in places.into_iter().zip(results) {
            progress.set_result(place, created(result.map(|new| (new.id.to_string(), new.already_existed))));
        }
    }

    /// Sends order rows, notes, statuses and closings.
    async fn write_to_brightpearl(&self, writes: &[Write], progress: &mut WriteProgress) {
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
                Err(error) => progress.set_result(place, WriteResult::refused(error)),
            }
        }
        progress.mark_sent(&places);
        let parts = self.brightpearl.multi_message(&messages).await;
        for (place, (_, part)) in places.into_iter().zip(parts) {
            let result = match part {
                Part::Done(_) => WriteResult::applied(None, false),
                Part::Unknown(error) => {
                    WriteResult { signature: error.signature(), ..WriteResult::doubtful(error) }
                }
                Part::Refused(error) | Part::NotAttempted(Some(error)) => {
                    WriteResult::refused_by_brightpearl(&error)
                }
                _ => WriteResult { may_pass: true, ..WriteResult::refused("it was not attempted") },
            };
            progress.set_result(place, result);
        }
    }

    /// Sends one after another: a multi-message takes no PATCH (docs/evidence/brightpearl-platform.md#multi-message).
    async fn set_custom_fields(&self, writes: &[Write], progress: &mut WriteProgress) {
        for (place, write) in writes.iter().enumerate() {
            let Effect::SetCustomFields { order_id, body, .. } = &write.effect else { continue };
            progress.mark_sent(&[place]);
            let set = self.brightpearl.order_custom_fields().patch(*order_id, body).await;
            let result = match set {
                Ok(_) => WriteResult::applied(None, false),
                Err(error) => WriteResult::failed(&error),
            };
            progress.set_result(place, result);
        }
    }

    /// Sends shipments, statuses and comments one after another: ReturnGO has no bulk writes.
    async fn write_to_returngo(&self, writes: &[Write], progress: &mut WriteProgress) {
        for (place, Write { rma, effect }) in writes.iter().enumerate() {
            if !is_for_returngo(effect) {
                continue;
            }
            progress.mark_sent(&[place]);
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
            let result = match result {
                Ok(()) => WriteResult::applied(None, false),
                Err(error) => WriteResult::failed_in_returngo(&error),
            };
            progress.set_result(place, result);
        }
    }
}

/// Whether an effect is written to ReturnGO, not to Brightpearl.
pub const fn is_for_returngo(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::UpdateShipment { .. } | Effect::SetRmaStatus { .. } | Effect::AddRmaComment { .. }
    )
}

fn created(result: Result<(String, bool), brightpearl::Error>) -> WriteResult {
    match result {
        Ok((id, already_existed)) => WriteResult::applied(Some(id), already_existed),
        Err(error) => WriteResult::failed(&error),
    }
}

/// Describes an effect: amounts and references, no data of shoppers.
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
        Effect::AddOrderNote { order_id, .. } => format!("note on order {order_id}"),
        Effect::SetOrderStatus { order_id, body, .. } => {
            format!("status {} of credit {order_id}", body.order_status_id)
        }
        Effect::CloseSalesCredit { order_id, .. } => format!("closing credit {order_id}"),
        Effect::SetCustomFields { order_id, .. } => format!("custom fields of credit {order_id}"),
        Effect::UpdateShipment { shipment_id, body, .. } => {
            let status = body.status.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("shipment {shipment_id} set to {status}")
        }
        Effect::SetRmaStatus { body, .. } => format!("RMA status {}", body.status),
        Effect::AddRmaComment { .. } => "comment on the RMA".to_owned(),
        other => other.key().to_owned(),
    }
}
