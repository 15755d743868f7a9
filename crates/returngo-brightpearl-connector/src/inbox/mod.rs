//! Handling of stored webhooks: finds the RMAs they concern and queues them. A webhook carries no state; it only names the
//! objects to read.

mod error;
mod named_objects;
mod not_shown_yet;

use std::{collections::BTreeMap, time::Duration};

use brightpearl::integration::Notification as BrightpearlNotification;
use jiff::Timestamp;
use returngo::{Notification as ReturngoNotification, RmaId};

use crate::{
    connection::Context,
    failpoints::Failpoint,
    skipped::Skipped,
    store::{Cause, Source, StoredDelivery, SweepName, UnreadableKind},
};
pub use error::InboxError;
use named_objects::NamedObjects;
use not_shown_yet::NotShownYet;

/// Counts of a batch of webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InboxResult {
    /// Webhooks in the batch.
    pub deliveries: usize,
    /// RMAs that were queued.
    pub due: usize,
    /// Webhooks that name objects Brightpearl does not show yet, and are handled again later.
    pub again: usize,
    /// Webhooks that name no objects, or too many, or cannot be decoded: a sweep was expedited instead.
    pub unclear: usize,
}

/// The delay of a sweep that replaces the lookup of a webhook: one sweep serves all webhooks that arrive together.
const SWEPT_AFTER: Duration = Duration::from_secs(10);

/// Queues the RMAs that these webhooks of the connection concern, and marks the webhooks as handled. Webhooks about objects
/// that Brightpearl does not show yet are handled again later, a few times.
///
/// # Errors
/// When the store or Brightpearl fails: the webhooks stay in the inbox.
pub async fn handle(context: &Context<'_>, deliveries: &[StoredDelivery]) -> Result<InboxResult, InboxError> {
    let now = context.now();
    context.reached(Failpoint::DeliveriesRead);
    let mut skipped = Skipped::of(context.id());
    let Decoded { mut rmas, objects, looked_up, mut unclear } = decode(context, deliveries, &mut skipped);
    let mut not_shown = NotShownYet::default();
    for rma in objects.rmas(context, &mut not_shown, &mut skipped).await? {
        rmas.entry(rma).or_insert(Cause::Brightpearl);
    }
    let mut handled = deliveries.to_vec();
    let mut requested_again = Vec::new();
    for (place, notification) in &looked_up {
        let Some(delivery) = handled.get_mut(*place) else { continue };
        let objects = not_shown.named_by(notification);
        if objects.is_empty() {
            continue;
        }
        if schedule_next_try(context, delivery, &objects, &not_shown, now) {
            requested_again.extend(objects);
        } else {
            unclear.push(SweepName::Brightpearl);
        }
    }
    for (kind, id) in requested_again {
        not_shown.forget(kind, id);
    }
    not_shown.skip(&mut skipped);
    let rmas: Vec<(RmaId, Cause)> = rmas.into_iter().collect();
    let swept_at = now.saturating_add(SWEPT_AFTER).unwrap_or(Timestamp::MAX);
    for sweep in SweepName::ALL.into_iter().filter(|sweep| unclear.contains(sweep)) {
        context.store.expedite_sweep(context.id(), sweep, swept_at).await?;
    }
    skipped.store(context.store, now).await?;
    context.reached(Failpoint::SkippedStored);
    context.store.finish_deliveries(context.id(), &handled, &rmas, now).await?;
    context.reached(Failpoint::DeliveriesResolved);
    let again = handled.iter().filter(|delivery| delivery.again_at.is_some()).count();
    Ok(InboxResult { deliveries: deliveries.len(), due: rmas.len(), again, unclear: unclear.len() })
}

/// The contents of webhooks.
#[derive(Default)]
struct Decoded {
    rmas: BTreeMap<RmaId, Cause>,
    objects: NamedObjects,
    /// Brightpearl's webhooks whose objects are looked up, by their places.
    looked_up: Vec<(usize, BrightpearlNotification)>,
    /// The sweeps that replace the lookup, one for each webhook.
    unclear: Vec<SweepName>,
}

fn decode(context: &Context<'_>, deliveries: &[StoredDelivery], skipped: &mut Skipped<'_>) -> Decoded {
    let mut decoded = Decoded::default();
    for (place, stored) in deliveries.iter().enumerate() {
        let body = stored.delivery.body.as_bytes();
        match stored.delivery.source {
            Source::Returngo => match ReturngoNotification::parse(body) {
                Ok(ReturngoNotification { rma_id: Some(rma), .. }) => {
                    decoded.rmas.insert(rma, Cause::Returngo);
                }
                Ok(_) => decoded.unclear.push(SweepName::Returngo),
                Err(error) => {
                    skipped.add(UnreadableKind::Webhook, "from ReturnGO", &error);
                    decoded.unclear.push(SweepName::Returngo);
                }
            },
            Source::Brightpearl => match BrightpearlNotification::parse(body) {
                Ok(notification) if notification.ids.is_empty() => {
                    decoded.unclear.push(SweepName::Brightpearl);
                }
                Ok(notification) if decoded.objects.add(&notification) => {
                    decoded.looked_up.push((place, notification));
                }
                Ok(notification) => {
                    let (webhook, ids) = (&stored.id, notification.ids.len());
                    tracing::info!(connection = %context.id(), %webhook, ids, "webhook names too many ids, sweep expedited");
                    decoded.unclear.push(SweepName::Brightpearl);
                }
                Err(error) => {
                    skipped.add(UnreadableKind::Webhook, "from Brightpearl", &error);
                    decoded.unclear.push(SweepName::Brightpearl);
                }
            },
        }
    }
    decoded
}

/// Schedules the next try of a webhook whose objects are not shown yet. Returns false after the last try.
fn schedule_next_try(
    context: &Context<'_>,
    delivery: &mut StoredDelivery,
    objects: &[(UnreadableKind, u64)],
    not_shown: &NotShownYet,
    now: Timestamp,
) -> bool {
    let Some(&(kind, id)) = objects.first() else { return true };
    let wait = not_shown_yet::wait_after(delivery);
    delivery.again_at = wait.map(|wait| now.saturating_add(wait).unwrap_or(Timestamp::MAX));
    let (connection, webhook, tries) = (context.id(), &delivery.id, delivery.tries + 1);
    let (kind, object, error) = (kind.as_str(), id, not_shown.reason((kind, id)));
    if let Some(again_at) = delivery.again_at {
        tracing::info!(%connection, %webhook, kind, object, tries, %again_at, error, "object not shown yet");
    } else {
        tracing::warn!(%connection, %webhook, kind, object, tries, error, "object not shown, left to the next sweep");
    }
    wait.is_some()
}
