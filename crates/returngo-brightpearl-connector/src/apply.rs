//! Writing effects, many at once, and saying of each what became of it.

use brightpearl::{
    client::MessageOutcome as Part,
    multi_message::MultiMessage,
    order::{note, row, sales_credit, status},
};
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::Effect;

use crate::{connection::Connection, store::EffectOutcome};

/// An effect of one RMA.
#[derive(Debug, Clone)]
pub struct Write {
    /// The RMA.
    pub rma: RmaId,
    /// What to write.
    pub effect: Effect,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What the store remembers.
    pub outcome: EffectOutcome,
    /// Whether the same write may succeed later as it is: it was not judged, the system was not to be had.
    pub may_pass: bool,
    /// Before when it cannot succeed, where the system said so.
    pub not_before: Option<Timestamp>,
}

impl Written {
    fn applied(remote_id: Option<String>, already_existed: bool) -> Self {
        Self::of(EffectOutcome::Applied { remote_id, already_existed }, false)
    }

    fn refused(error: impl ToString) -> Self {
        Self::of(EffectOutcome::Refused { error: error.to_string() }, false)
    }

    /// Nobody knows whether it was applied.
    pub(crate) fn doubtful(error: impl ToString) -> Self {
        Self::of(EffectOutcome::Unknown { error: error.to_string() }, true)
    }

    fn failed(error: &brightpearl::Error) -> Self {
        if error.may_have_been_applied() {
            return Self::doubtful(error);
        }
        Self { may_pass: error.is_retryable(), ..Self::refused(error) }
    }

    fn failed_in_returngo(error: &returngo::Error) -> Self {
        let said = format!("ReturnGO: {error}");
        if error.may_have_been_applied() {
            return Self::doubtful(said);
        }
        let not_before = error.try_again_at();
        let may_pass = error.is_retryable() || not_before.is_some();
        Self { may_pass, not_before, ..Self::refused(said) }
    }

    const fn of(outcome: EffectOutcome, may_pass: bool) -> Self {
        Self { outcome, may_pass, not_before: None }
    }
}

/// How far writes have got.
#[derive(Debug)]
pub(crate) struct Progress(Vec<Stage>);

#[derive(Debug)]
enum Stage {
    NotSent,
    OnItsWay,
    Ended(Written),
}

impl Progress {
    /// Of so many writes, none of which was sent.
    pub(crate) fn of(writes: usize) -> Self {
        Self((0..writes).map(|_| Stage::NotSent).collect())
    }

    fn sends(&mut self, places: &[usize]) {
        for place in places {
            self.0[*place] = Stage::OnItsWay;
        }
    }

    fn ends(&mut self, place: usize, written: Written) {
        self.0[place] = Stage::Ended(written);
    }

    /// All that can be sent was.
    pub(crate) fn over(self) -> Vec<Written> {
        let of_unknown_kind =
            || Written::refused("this version does not know how to write it: install a newer one");
        self.told(of_unknown_kind, || Written::doubtful("no answer came"))
    }

    /// The rest is not waited for: only what is on its way is doubtful.
    pub(crate) fn given_up(self, why: &str) -> Vec<Written> {
        let not_sent = || Written { may_pass: true, ..Written::refused(format!("it was not sent: {why}")) };
        self.told(not_sent, || Written::doubtful(why))
    }

    fn told(self, not_sent: impl Fn() -> Written, on_its_way: impl Fn() -> Written) -> Vec<Written> {
        let told = |stage| match stage {
            Stage::NotSent => not_sent(),
            Stage::OnItsWay => on_its_way(),
            Stage::Ended(written) => written,
        };
        self.0.into_iter().map(told).collect()
    }
}

impl Connection {
    /// Writes effects and says of each, in the same order, what became of it. They must not depend on one
    /// another. Credits, payments and what else Brightpearl takes go ten in a request.
    pub async fn apply(&self, writes: &[Write]) -> Vec<Written> {
        let mut progress = Progress::of(writes.len());
        self.apply_noting(writes, &mut progress).await;
        progress.over()
    }

    /// The same, noting how far it gets, for whoever may not wait for its end.
    pub(crate) async fn apply_noting(&self, writes: &[Write], progress: &mut Progress) {
        self.create_credits(writes, progress).await;
        self.record_payments(writes, progress).await;
        self.write_to_brightpearl(writes, progress).await;
        self.set_custom_fields(writes, progress).await;
        self.write_to_returngo(writes, progress).await;
    }

    async fn create_credits(&self, writes: &[Write], progress: &mut Progress) {
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
        progress.sends(&places);
        let results = self.brightpearl.sales_credits().create_many(&bodies).await;
        for (place, result) in places.into_iter().zip(results) {
            progress.ends(place, created(result.map(|new| (new.id.to_string(), new.already_existed))));
        }
    }

    async fn record_payments(&self, writes: &[Write], progress: &mut Progress) {
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
        progress.sends(&places);
        let results = self.brightpearl.customer_payments().create_many(&bodies).await;
        for (place, result) in places.into_iter().zip(results) {
            progress.ends(place, created(result.map(|new| (new.id.to_string(), new.already_existed))));
        }
    }

    /// Rows, notes, statuses and closings.
    async fn write_to_brightpearl(&self, writes: &[Write], progress: &mut Progress) {
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
                Err(error) => progress.ends(place, Written::refused(error)),
            }
        }
        progress.sends(&places);
        let parts = self.brightpearl.multi_message(&messages).await;
        for (place, (_, part)) in places.into_iter().zip(parts) {
            let written = match part {
                Part::Done(_) => Written::applied(None, false),
                Part::Unknown(error) => Written::doubtful(error),
                Part::Refused(error) | Part::NotAttempted(Some(error)) => {
                    Written { may_pass: error.is_retryable(), ..Written::refused(error) }
                }
                _ => Written { may_pass: true, ..Written::refused("it was not attempted") },
            };
            progress.ends(place, written);
        }
    }

    /// One after the other: a multi-message takes no PATCH (docs/evidence/brightpearl-platform.md#multi-message).
    async fn set_custom_fields(&self, writes: &[Write], progress: &mut Progress) {
        for (place, write) in writes.iter().enumerate() {
            let Effect::SetCustomFields { order_id, body, .. } = &write.effect else { continue };
            progress.sends(&[place]);
            let set = self.brightpearl.order_custom_fields().patch(*order_id, body).await;
            let written = match set {
                Ok(_) => Written::applied(None, false),
                Err(error) => Written::failed(&error),
            };
            progress.ends(place, written);
        }
    }

    /// Shipments, statuses and comments, one after the other: ReturnGO takes nothing in bulk.
    async fn write_to_returngo(&self, writes: &[Write], progress: &mut Progress) {
        for (place, Write { rma, effect }) in writes.iter().enumerate() {
            if !is_for_returngo(effect) {
                continue;
            }
            progress.sends(&[place]);
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
            let written = match result {
                Ok(()) => Written::applied(None, false),
                Err(error) => Written::failed_in_returngo(&error),
            };
            progress.ends(place, written);
        }
    }
}

/// Whether an effect changes the RMA, and not the account.
pub const fn is_for_returngo(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::UpdateShipment { .. } | Effect::SetRmaStatus { .. } | Effect::AddRmaComment { .. }
    )
}

fn created(result: Result<(String, bool), brightpearl::Error>) -> Written {
    match result {
        Ok((id, already_existed)) => Written::applied(Some(id), already_existed),
        Err(error) => Written::failed(&error),
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
        Effect::SetCustomFields { order_id, .. } => format!("custom fields of credit {order_id}"),
        Effect::UpdateShipment { shipment_id, body, .. } => {
            let status = body.status.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("shipment {shipment_id} is {status}")
        }
        Effect::SetRmaStatus { body, .. } => format!("the RMA is {}", body.status),
        Effect::AddRmaComment { .. } => "a comment on the RMA".to_owned(),
        other => other.key().to_owned(),
    }
}
