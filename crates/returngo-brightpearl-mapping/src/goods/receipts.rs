//! The received lines of goods-in notes, and the stock that they hold.

use std::{cell::OnceCell, collections::HashMap};

use brightpearl::{
    GoodsInNoteId, OrderRowId, ProductId,
    order::{Order, OrderRow},
    warehouse::{GoodsInLine, GoodsNoteStatus},
};
use returngo::ReturnedItemId;

use super::{ReturnedGoods, count};
use crate::{
    findings::Findings,
    plan::{ReviewCode, UnitState},
    world::AccountFacts,
};

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
    /// Returns everything that was received on the credit. Goods that were not expected get a review and are ignored.
    pub(super) fn received(goods: &ReturnedGoods<'_, '_>, findings: &mut Findings) -> Self {
        let mut reader = ReceiptReader::new(goods.credit, &goods.world.account);
        for (note_id, note) in &goods.world.goods_in_notes {
            let lines =
                note.goods_moved.iter().filter(|_| note.goods_note_status != GoodsNoteStatus::Cancelled);
            for line in lines {
                if note.order_id == goods.credit.id {
                    reader.line(*note_id, line, findings);
                } else {
                    reader.line_of_another_order(*note_id, line);
                }
            }
        }
        reader.review_unexpected(goods, findings);
        reader.receipts
    }

    fn add(&mut self, row: Option<OrderRowId>, batch: GoodsInNoteId, product: ProductId, receipt: Receipt) {
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

/// Reads the lines of a credit's goods-in notes.
struct ReceiptReader<'w> {
    credit: &'w Order,
    account: &'w AccountFacts,
    receipts: Receipts,
    /// The number of pieces that each row still expects.
    open: HashMap<OrderRowId, i64>,
    /// Built when the first line names no row.
    by_product: OnceCell<HashMap<ProductId, Vec<OrderRowId>>>,
    unexpected: Vec<UnexpectedGoods>,
}

/// Goods that were not expected on the credit.
struct UnexpectedGoods {
    row: Option<OrderRowId>,
    message: String,
}

impl<'w> ReceiptReader<'w> {
    fn new(credit: &'w Order, account: &'w AccountFacts) -> Self {
        let rows = credit.order_rows.iter();
        let open = rows.map(|(id, row)| (*id, count(row.quantity.magnitude).max(0))).collect();
        let (receipts, by_product, unexpected) = Default::default();
        Self { credit, account, receipts, open, by_product, unexpected }
    }

    /// Returns the credit's rows for a product, lowest sequence first, then lowest id.
    fn rows_for(&self, product: ProductId) -> Option<&[OrderRowId]> {
        let by_product = self.by_product.get_or_init(|| {
            let mut rows: Vec<_> = self.credit.order_rows.iter().collect();
            rows.sort_by_key(|(id, row)| (row.order_row_sequence, **id));
            let mut by_product: HashMap<ProductId, Vec<OrderRowId>> = HashMap::new();
            for (id, row) in rows {
                if let Some(product) = row.product() {
                    by_product.entry(product).or_default().push(*id);
                }
            }
            by_product
        });
        by_product.get(&product).map(Vec::as_slice)
    }

    fn line(&mut self, note: GoodsInNoteId, line: &GoodsInLine, findings: &mut Findings) {
        if line.quantity < 0 {
            let (quantity, product) = (line.quantity, line.product_id);
            return findings
                .add_ignored(format!(
                "Goods-in note {note} has a negative quantity ({quantity}) of product {product}. The line was ignored."
            ));
        }
        let (product, quantity) = (line.product_id, line.quantity);
        let named = line.purchase_order_row_id.and_then(|id| Some((id, self.credit.order_rows.get(&id)?)));
        match named {
            Some((id, row)) if row.product() == Some(product) => self.receive(note, line, &[id]),
            Some((id, row)) => self.unexpected.push(UnexpectedGoods {
                row: Some(id),
                message: format!(
                    "Goods-in note {note} received {quantity} of product {product} on row {id} of sales credit {}, which is {}.",
                    self.credit.id,
                    described(row)
                ),
            }),
            None => match self.rows_for(product).map(<[_]>::to_vec) {
                Some(rows) => self.receive(note, line, &rows),
                None => self.unexpected.push(UnexpectedGoods {
                    row: None,
                    message: format!(
                        "Goods-in note {note} received {quantity} of product {product}, which is not on sales credit {}.",
                        self.credit.id
                    ),
                }),
            },
        }
    }

    fn line_of_another_order(&mut self, note: GoodsInNoteId, line: &GoodsInLine) {
        let batch = line.batch_goods_note_id.unwrap_or(note);
        let receipt = Receipt { is_of_another_order: true, ..self.receipt_of(line, line.quantity.max(0)) };
        self.receipts.add(None, batch, line.product_id, receipt);
    }

    /// Assigns a line's pieces to the rows that expect them. The rest was not expected.
    fn receive(&mut self, note: GoodsInNoteId, line: &GoodsInLine, rows: &[OrderRowId]) {
        let batch = line.batch_goods_note_id.unwrap_or(note);
        let mut left = line.quantity;
        for &row in rows {
            let Some(open) = self.open.get_mut(&row) else { continue };
            let part = (*open).min(left);
            if part > 0 {
                *open -= part;
                left -= part;
                self.receipts.add(Some(row), batch, line.product_id, self.receipt_of(line, part));
            }
        }
        if left > 0 {
            self.unexpected.push(UnexpectedGoods {
                row: rows.last().copied(),
                message: format!(
                    "Goods-in note {note} received {left} more of product {} than sales credit {} expects.",
                    line.product_id, self.credit.id
                ),
            });
        }
    }

    fn receipt_of(&self, line: &GoodsInLine, pieces: i64) -> Receipt {
        let warehouse = line.warehouse_id.or(self.credit.warehouse_id);
        match self.account.is_quarantine(warehouse, line.destination_location_id) {
            Some(true) => Receipt { quarantined: pieces, ..Receipt::default() },
            Some(false) => Receipt { restocked: pieces, ..Receipt::default() },
            None => Receipt { received: pieces, ..Receipt::default() },
        }
    }

    /// Adds a review for each receipt that was not expected. It names the units of the row, or those of the bundle of a
    /// component.
    fn review_unexpected(&self, goods: &ReturnedGoods<'_, '_>, findings: &mut Findings) {
        if self.unexpected.is_empty() {
            return;
        }
        let mut on_row: HashMap<OrderRowId, Vec<&ReturnedItemId>> = HashMap::new();
        for unit in goods.units.iter().map(|unit| &unit.returned_item_id) {
            if let Some(row) = goods.on_credit.row_of(unit) {
                on_row.entry(row).or_default().push(unit);
            }
        }
        for unexpected in &self.unexpected {
            let row = unexpected.row.map(|id| self.bundle_of(id).unwrap_or(id));
            let units = row.and_then(|row| on_row.get(&row)).into_iter().flatten().copied();
            let message = format!(
                "{} These goods were ignored. Identify the return they belong to.",
                unexpected.message
            );
            findings.add_review_for_units(ReviewCode::UnexpectedGoods, message, units);
        }
    }

    fn bundle_of(&self, row: OrderRowId) -> Option<OrderRowId> {
        self.credit.order_rows.get(&row)?.composition.parent_order_row_id
    }
}

fn described(row: &OrderRow) -> String {
    match row.product() {
        Some(product) => format!("for product {product}"),
        None => "not for a product".to_owned(),
    }
}
