use std::collections::BTreeSet;

use brightpearl::{
    Error, GoodsInNoteId, GoodsNoteId, MAX_IDS_PER_GET, OrderId, integration::Notification,
    warehouse::GoodsMovementSearch,
};
use returngo::RmaId;

use super::{InboxError, not_shown_yet::NotShownYet};
use crate::{
    connection::Context,
    object_reads::{self, Rows},
    skipped::Skipped,
    store::UnreadableKind,
};

/// The objects that Brightpearl's webhooks name.
#[derive(Debug, Default)]
pub(super) struct NamedObjects {
    orders: BTreeSet<OrderId>,
    goods_in_notes: BTreeSet<GoodsInNoteId>,
    /// Notes by which goods left quarantine.
    releases: BTreeSet<u64>,
}

/// The most ids of one webhook that are looked up: one request takes as many. A sweep finds the changes of more ids with
/// fewer requests, and a range of a few characters may name billions.
const MAX_IDS_PER_WEBHOOK: u64 = MAX_IDS_PER_GET;

/// Notes per search: the URI must stay below 2,000 characters (docs/evidence/brightpearl-platform.md#id-sets).
const NOTES_PER_SEARCH: usize = 100;

impl NamedObjects {
    /// Adds the objects that a webhook names. Returns false when they are too many to look up, so that a sweep has to
    /// find the changes.
    pub(super) fn add(&mut self, notification: &Notification) -> bool {
        let ids = notification.ids.iter();
        let is_looked_up = notification.ids.len() <= MAX_IDS_PER_WEBHOOK;
        match notification.resource_type.as_str() {
            "order" if is_looked_up => self.orders.extend(ids.map(OrderId::new)),
            "goods-in-note" if is_looked_up => self.goods_in_notes.extend(ids.map(GoodsInNoteId::new)),
            "quarantine-release" if is_looked_up => self.releases.extend(ids),
            "order" | "goods-in-note" | "quarantine-release" => return false,
            _ => {}
        }
        true
    }

    /// The RMAs to which the named credits and goods belong. Other orders are ignored: every order of the account causes
    /// the same webhooks.
    pub(super) async fn rmas(
        self,
        context: &Context<'_>,
        not_shown: &mut NotShownYet,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeSet<RmaId>, InboxError> {
        let lookup_failed = |error: Error| InboxError::Lookup(error.into());
        let client = &context.connection.brightpearl;
        let ids = self.orders(client, not_shown, skipped).await.map_err(lookup_failed)?;
        let orders = object_reads::orders(client, &ids).await.map_err(lookup_failed)?;
        let orders = not_shown.note(UnreadableKind::Order, orders, skipped);
        for id in not_shown.of(UnreadableKind::Order).collect::<Vec<_>>() {
            // The run of its RMA reads the credit, and is retried.
            if !context.store.rmas_of_credits(context.id(), &[OrderId::new(id)]).await?.is_empty() {
                not_shown.forget(UnreadableKind::Order, id);
            }
        }
        Ok(object_reads::rmas_of_credits(context.store, context.id(), &ids, &orders).await?)
    }

    async fn orders(
        self,
        client: &brightpearl::Client,
        not_shown: &mut NotShownYet,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeSet<OrderId>, Error> {
        let mut notes = self.goods_in_notes;
        notes.extend(released_batches(client, &self.releases, skipped).await?);
        let mut orders = self.orders;
        let notes = object_reads::goods_in_notes(client, &notes).await?;
        let notes = not_shown.note(UnreadableKind::GoodsInNote, notes, skipped);
        orders.extend(notes.values().map(|note| note.order_id));
        Ok(orders)
    }
}

/// The batches that these releases moved. That the webhook's id is the note of the stock movements is inferred
/// (docs/evidence/brightpearl-platform.md#webhook-events); a sweep finds the others.
async fn released_batches(
    client: &brightpearl::Client,
    releases: &BTreeSet<u64>,
    skipped: &mut Skipped<'_>,
) -> Result<BTreeSet<GoodsInNoteId>, Error> {
    let releases: Vec<u64> = releases.iter().copied().collect();
    let mut batches = BTreeSet::new();
    for part in releases.chunks(NOTES_PER_SEARCH) {
        let search = GoodsMovementSearch::new().notes(&part.iter().copied().map(GoodsNoteId::new).collect());
        let search = client.goods_movements().search(search);
        let Rows { decoded, .. } =
            object_reads::rows(UnreadableKind::GoodsMovementRow, search, skipped).await?;
        batches.extend(decoded.into_iter().filter_map(|movement| movement.batch_id));
    }
    Ok(batches)
}
