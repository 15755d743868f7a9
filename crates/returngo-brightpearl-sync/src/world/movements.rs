use std::collections::{BTreeMap, BTreeSet};

use brightpearl::{
    Client, Error, GoodsInNoteId, GoodsMovementId, GoodsNoteId, IdSet, OrderId,
    warehouse::{GoodsMovement, GoodsMovementSearch, GoodsNoteTypeCode},
};

/// Stock movements by their ids.
pub(super) type Movements = BTreeMap<GoodsMovementId, GoodsMovement>;

/// The highest id that a range can end at: a range without an end is refused
/// (docs/evidence/brightpearl-platform.md#search-filter-types).
const HIGHEST_ID: u32 = i32::MAX as u32;

/// Rows on a page by default (docs/evidence/brightpearl-platform.md#search-requests).
const ROWS_A_PAGE: u64 = 500;

/// Returns all movements of these batches, and every release and correction that names one of these orders.
///
/// Batch and order are filters of one number each (docs/evidence/brightpearl-warehouse.md#goods-movements), and
/// a multi-message takes no reads (docs/evidence/brightpearl-platform.md#multi-message), so that a batch and an
/// order cost a request each. For several, all releases and corrections since the first receipt are read
/// instead, unless they would cost more.
pub(super) async fn of(
    brightpearl: &Client,
    batches: &BTreeSet<GoodsInNoteId>,
    orders: &BTreeSet<OrderId>,
) -> Result<Movements, Error> {
    if batches.len() > 1
        && let Some(mut movements) = since_the_first_receipt(brightpearl, batches).await?
    {
        movements.retain(|_, movement| {
            movement.batch_id.is_some_and(|batch| batches.contains(&batch))
                || movement.order_id.is_some_and(|order| orders.contains(&order))
        });
        return Ok(movements);
    }
    let of_batches = batches.iter().map(|batch| GoodsMovementSearch::new().batch(batch));
    let of_orders = orders.iter().map(|order| GoodsMovementSearch::new().order(order));
    let searches: Vec<GoodsMovementSearch> = of_batches.chain(of_orders).collect();
    let mut movements = Movements::new();
    for search in searches {
        add(&mut movements, brightpearl.goods_movements().search(search).all().await?);
    }
    Ok(movements)
}

/// Returns none when single requests cost less, when a receipt is not found, or when a row cannot be decoded.
async fn since_the_first_receipt(
    brightpearl: &Client,
    batches: &BTreeSet<GoodsInNoteId>,
) -> Result<Option<Movements>, Error> {
    let mut movements = Movements::new();
    // A goods-in note is a goods note, of the same number.
    let notes: IdSet<GoodsNoteId> = batches.iter().map(|batch| GoodsNoteId::new(batch.get())).collect();
    for notes in notes.per_get().collect::<Vec<_>>() {
        let search = GoodsMovementSearch::new().notes(&notes);
        add(&mut movements, brightpearl.goods_movements().search(search).all().await?);
    }
    let received: BTreeSet<GoodsInNoteId> =
        movements.values().filter_map(|movement| movement.batch_id).collect();
    let Some(first) = movements.keys().next().filter(|_| received.is_superset(batches)) else {
        return Ok(None);
    };
    // What was received can move only afterwards, and ids count up (inferred).
    let Ok(since) = format!("{first}-{HIGHEST_ID}").parse() else { return Ok(None) };
    for kind in [GoodsNoteTypeCode::InternalTransfer, GoodsNoteTypeCode::StockCorrection] {
        let search = GoodsMovementSearch::new().note_type(&kind).ids(&since);
        let mut pages = brightpearl.goods_movements().search(search);
        while let Some(page) = pages.next_page().await? {
            let is_cheaper = page.meta_data.results_available <= ROWS_A_PAGE * batches.len() as u64;
            // A row that cannot be decoded fails the return that it belongs to, when that is read by itself.
            let Some(rows) = page.rows().ok().filter(|_| is_cheaper) else { return Ok(None) };
            add(&mut movements, rows);
        }
    }
    Ok(Some(movements))
}

fn add(movements: &mut Movements, found: Vec<GoodsMovement>) {
    movements.extend(found.into_iter().map(|movement| (movement.goods_movement_id, movement)));
}
