//! The goods that were received on a credit, and where they are now.

use std::collections::HashMap;

use brightpearl::{GoodsInNoteId, OrderRowId, ProductId};

use crate::plan::UnitState;

/// The goods that were received on a credit.
#[derive(Default)]
pub(super) struct Receipts {
    receipts: Vec<Receipt>,
    by_row: HashMap<OrderRowId, Vec<usize>>,
    by_batch: HashMap<(GoodsInNoteId, ProductId), Vec<usize>>,
    by_product: HashMap<ProductId, Vec<usize>>,
}

/// The pieces that one line of a goods-in note brought for one row, by where they are now.
#[derive(Default, Clone, Copy)]
struct Receipt {
    /// Whether the pieces were received on another order. Orders can share a batch, and a movement may then have been of
    /// the other order's pieces.
    is_of_another_order: bool,
    /// Received in a warehouse whose quarantine location is unknown.
    received: i64,
    quarantined: i64,
    restocked: i64,
    written_off: i64,
}

/// The place of pieces of a receipt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StockBucket {
    Received,
    Quarantined,
    Restocked,
    WrittenOff,
}

/// A stock movement of received goods.
pub(super) struct StockChange {
    pub(super) owner: Owner,
    pub(super) product: ProductId,
    /// The buckets that the pieces leave, in this order.
    pub(super) from: &'static [StockBucket],
    pub(super) to: StockBucket,
    /// The number of pieces. Only as many move as there are.
    pub(super) pieces: i64,
}

/// The receipts whose pieces a stock movement may move.
pub(super) enum Owner {
    /// All receipts of a batch, also those of other orders.
    Batch(GoodsInNoteId),
    /// The receipts of the credit: those of one batch, or all.
    Credit { batch: Option<GoodsInNoteId> },
}

impl Receipt {
    fn pieces_in(&mut self, bucket: StockBucket) -> &mut i64 {
        match bucket {
            StockBucket::Received => &mut self.received,
            StockBucket::Quarantined => &mut self.quarantined,
            StockBucket::Restocked => &mut self.restocked,
            StockBucket::WrittenOff => &mut self.written_off,
        }
    }
}

impl Receipts {
    /// Adds pieces that a line of a goods-in note brought. Pieces without a row were received on another order.
    pub(super) fn add(
        &mut self,
        row: Option<OrderRowId>,
        batch: GoodsInNoteId,
        product: ProductId,
        bucket: StockBucket,
        pieces: i64,
    ) {
        let mut receipt = Receipt { is_of_another_order: row.is_none(), ..Receipt::default() };
        *receipt.pieces_in(bucket) = pieces;
        let at = self.receipts.len();
        self.receipts.push(receipt);
        self.by_batch.entry((batch, product)).or_default().push(at);
        if let Some(row) = row {
            self.by_row.entry(row).or_default().push(at);
            self.by_product.entry(product).or_default().push(at);
        }
    }

    /// Whether the credit received this product in this batch.
    pub(super) fn has_batch(&self, batch: GoodsInNoteId, product: ProductId) -> bool {
        let receipts = self.by_batch.get(&(batch, product)).into_iter().flatten();
        receipts.filter_map(|&at| self.receipts.get(at)).any(|receipt| !receipt.is_of_another_order)
    }

    /// Moves pieces between buckets: no more than there are, the first received first.
    pub(super) fn apply(&mut self, change: &StockChange) {
        let mut pieces = change.pieces;
        let receipts = self.of_owner(&change.owner, change.product);
        for &bucket in change.from {
            for &at in &receipts {
                let Some(receipt) = self.receipts.get_mut(at) else { continue };
                let part = (*receipt.pieces_in(bucket)).min(pieces);
                if part > 0 {
                    *receipt.pieces_in(bucket) -= part;
                    *receipt.pieces_in(change.to) += part;
                    pieces -= part;
                }
            }
        }
    }

    fn of_owner(&self, owner: &Owner, product: ProductId) -> Vec<usize> {
        let in_batch = |batch: GoodsInNoteId| self.by_batch.get(&(batch, product));
        match owner {
            Owner::Batch(batch) => in_batch(*batch).cloned().unwrap_or_default(),
            Owner::Credit { batch } => {
                let own = self.by_product.get(&product).into_iter().flatten().copied();
                let in_batch = batch.and_then(in_batch);
                own.filter(|at| in_batch.is_none_or(|receipts| receipts.contains(at))).collect()
            }
        }
    }

    /// Returns the pieces of a row in the order in which they were received. Within a receipt, the most advanced pieces come
    /// first.
    pub(super) fn runs(&self, row: OrderRowId) -> Vec<(UnitState, i64)> {
        let receipts = self.by_row.get(&row).into_iter().flatten().filter_map(|&at| self.receipts.get(at));
        let runs = receipts.flat_map(|receipt| {
            [
                (UnitState::Restocked, receipt.restocked),
                (UnitState::WrittenOff, receipt.written_off),
                (UnitState::Quarantined, receipt.quarantined),
                (UnitState::Received, receipt.received),
            ]
        });
        runs.filter(|(_, pieces)| *pieces > 0).collect()
    }
}
