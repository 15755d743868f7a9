//! Reading of Brightpearl's objects and search rows, and of the RMAs they belong to. Objects that cannot be decoded are
//! skipped, so that one of them does not stop the others.

use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Error, GoodsInNoteId, IdSet, NumericId, OrderId, Request,
    client::{ById, Results, Searchable},
    order::{self, Order},
    warehouse::{GoodsInNote, goods_in_note},
};
use returngo::RmaId;
use returngo_brightpearl_mapping::keys;

use crate::{
    skipped::Skipped,
    store::{ConnectionId, Store, StoreError, UnreadableKind},
};

/// Objects that were requested by their ids.
pub(crate) struct ObjectsById<Id, T> {
    kind: UnreadableKind,
    pub(crate) found: BTreeMap<Id, T>,
    /// Ids of which Brightpearl has no object.
    pub(crate) missing: Vec<Id>,
    /// Ids that Brightpearl refuses, or whose object cannot be decoded.
    pub(crate) refused: Vec<(Id, Error)>,
}

impl<Id: NumericId, T> ObjectsById<Id, T> {
    async fn read<C>(
        client: &brightpearl::Client,
        kind: UnreadableKind,
        ids: &BTreeSet<Id>,
        get: impl Fn(&IdSet<Id>) -> Request<C>,
    ) -> Result<Self, Error>
    where
        C: ById<Id = Id, Thing = T>,
    {
        let requested: Vec<Id> = ids.iter().copied().collect();
        let answer = client.get_each(&requested, get).await?;
        let absent: BTreeSet<Id> =
            answer.missing.iter().copied().chain(answer.refused.iter().map(|(id, _)| *id)).collect();
        let shown = requested.into_iter().filter(|id| !absent.contains(id));
        let found = shown.zip(answer.found).collect();
        Ok(Self { kind, found, missing: answer.missing, refused: answer.refused })
    }

    /// The objects that were found. Skips those that were refused.
    pub(crate) fn skip_refused(self, skipped: &mut Skipped<'_>) -> BTreeMap<Id, T> {
        for (id, error) in &self.refused {
            skipped.add(self.kind, id.number(), error);
        }
        self.note_found(skipped)
    }

    /// The objects that were found; they are no longer listed as unreadable.
    pub(crate) fn note_found(self, skipped: &mut Skipped<'_>) -> BTreeMap<Id, T> {
        skipped.read(self.kind, self.found.keys().map(|id| id.number()));
        self.found
    }
}

/// Reads orders and sales credits.
pub(crate) async fn orders(
    client: &brightpearl::Client,
    ids: &BTreeSet<OrderId>,
) -> Result<ObjectsById<OrderId, Order>, Error> {
    ObjectsById::read(client, UnreadableKind::Order, ids, order::get).await
}

/// Reads goods-in notes.
pub(crate) async fn goods_in_notes(
    client: &brightpearl::Client,
    ids: &BTreeSet<GoodsInNoteId>,
) -> Result<ObjectsById<GoodsInNoteId, GoodsInNote>, Error> {
    ObjectsById::read(client, UnreadableKind::GoodsInNote, ids, goods_in_note::get).await
}

/// The rows of a search.
pub(crate) struct Rows<T> {
    pub(crate) decoded: Vec<T>,
    /// The ids of the rows that cannot be decoded, as far as they show one.
    pub(crate) skipped_ids: Vec<u64>,
}

/// Reads all rows of a search. Skips those that cannot be decoded.
pub(crate) async fn rows<S: Searchable>(
    kind: UnreadableKind,
    mut search: Results<S>,
    skipped: &mut Skipped<'_>,
) -> Result<Rows<S::Row>, Error> {
    let mut rows = Rows { decoded: Vec::new(), skipped_ids: Vec::new() };
    while let Some(page) = search.next_page().await? {
        for row in page.results() {
            match row {
                Ok(row) => rows.decoded.push(row),
                Err(row) => {
                    skipped.add_searched(kind, &row);
                    rows.skipped_ids.extend(row.id);
                }
            }
        }
    }
    Ok(rows)
}

/// The RMAs to which these sales credits belong: by the reference that a credit carries, or by the store, which knows
/// adopted credits. Other orders belong to no RMA.
pub(crate) async fn rmas_of_credits(
    store: &Store,
    connection: &ConnectionId,
    ids: &BTreeSet<OrderId>,
    shown: &BTreeMap<OrderId, Order>,
) -> Result<BTreeSet<RmaId>, StoreError> {
    let requested: Vec<OrderId> = ids.iter().copied().collect();
    let mut rmas: BTreeSet<RmaId> =
        store.rmas_of_credits(connection, &requested).await?.into_iter().collect();
    let credits = ids.iter().filter_map(|id| shown.get(id)).filter(|order| order.is_sales_credit());
    rmas.extend(credits.filter_map(|credit| keys::rma_of_credit(credit.external_ref.as_deref()?)));
    Ok(rmas)
}
