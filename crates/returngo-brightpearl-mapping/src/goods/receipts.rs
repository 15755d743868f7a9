use std::{cell::OnceCell, collections::HashMap};

use brightpearl::{
    GoodsInNoteId, LocationId, OrderRowId, ProductId, WarehouseId,
    order::{Order, OrderRow},
    warehouse::{GoodsInLine, GoodsNoteStatus},
};
use returngo::{Item, ReturnedItemId};

use super::count;
use crate::{
    credit_rows::UnitsOnCredit,
    findings::Findings,
    plan::{ReviewCode, UnitState},
    world::{AccountFacts, World},
};

/// What was received on a credit, receipt by receipt: a receipt is what one line of a note brought for one row.
#[derive(Default)]
pub(crate) struct Receipts {
    receipts: Vec<Receipt>,
    by_row: HashMap<OrderRowId, Vec<usize>>,
    by_batch: HashMap<(GoodsInNoteId, ProductId), Vec<usize>>,
    by_product: HashMap<ProductId, Vec<usize>>,
}

/// Pieces of one product that came together, and where they are now.
#[derive(Default, Clone, Copy)]
struct Receipt {
    /// Whether they came on another order: a batch can be shared, and then a movement may have been of its
    /// pieces.
    of_another_order: bool,
    /// In a warehouse whose quarantine is not known.
    received: i64,
    quarantined: i64,
    restocked: i64,
    written_off: i64,
}

/// Which of a receipt's pieces a movement can take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StockBucket {
    Received,
    Quarantined,
    Restocked,
}

impl Receipt {
    fn pieces_in(&mut self, bucket: StockBucket) -> &mut i64 {
        match bucket {
            StockBucket::Received => &mut self.received,
            StockBucket::Quarantined => &mut self.quarantined,
            StockBucket::Restocked => &mut self.restocked,
        }
    }
}

impl Receipts {
    /// Everything that was received on the credit. What was not expected is asked about and counts for
    /// nothing.
    pub(crate) fn received(
        world: &World,
        credit: &Order,
        on_credit: &UnitsOnCredit<'_>,
        units: &[&Item],
        findings: &mut Findings,
    ) -> Self {
        let mut reader = ReceiptReader::new(credit, &world.account);
        for (note_id, note) in &world.goods_in_notes {
            let lines =
                note.goods_moved.iter().filter(|_| note.goods_note_status != GoodsNoteStatus::Cancelled);
            for line in lines {
                if note.order_id == credit.id {
                    reader.line(*note_id, line, findings);
                } else {
                    reader.line_of_another_order(*note_id, line);
                }
            }
        }
        reader.ask(on_credit, units, findings);
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
        receipts.filter_map(|&at| self.receipts.get(at)).any(|receipt| !receipt.of_another_order)
    }

    /// Puts pieces of a batch into stock: no more than are bucket, the first received first.
    pub(super) fn restock(&mut self, batch: GoodsInNoteId, product: ProductId, pieces: i64) {
        let at = self.by_batch.get(&(batch, product)).cloned().unwrap_or_default();
        let restocked = self.take(&at, &[StockBucket::Quarantined, StockBucket::Received], pieces);
        restocked.into_iter().for_each(|(at, pieces)| self.change(at, |receipt| receipt.restocked += pieces));
    }

    /// Takes pieces of a batch out of stock, from where they are bucket.
    pub(super) fn write_off(
        &mut self,
        batch: GoodsInNoteId,
        product: ProductId,
        from: &[StockBucket],
        pieces: i64,
    ) {
        let at = self.by_batch.get(&(batch, product)).cloned().unwrap_or_default();
        self.write_off_of(&at, from, pieces);
    }

    /// Takes the credit's own pieces out of stock: of this batch, or of any.
    pub(super) fn write_off_own(
        &mut self,
        batch: Option<GoodsInNoteId>,
        product: ProductId,
        from: &[StockBucket],
        pieces: i64,
    ) {
        let own = self.by_product.get(&product).into_iter().flatten().copied();
        let in_batch = batch.and_then(|batch| self.by_batch.get(&(batch, product)));
        let at: Vec<usize> = own.filter(|at| in_batch.is_none_or(|receipts| receipts.contains(at))).collect();
        self.write_off_of(&at, from, pieces);
    }

    fn write_off_of(&mut self, at: &[usize], from: &[StockBucket], pieces: i64) {
        let written_off = self.take(at, from, pieces);
        written_off
            .into_iter()
            .for_each(|(at, pieces)| self.change(at, |receipt| receipt.written_off += pieces));
    }

    fn take(&mut self, receipts: &[usize], from: &[StockBucket], mut pieces: i64) -> Vec<(usize, i64)> {
        let mut taken = Vec::new();
        for &bucket in from {
            for &at in receipts {
                let Some(receipt) = self.receipts.get_mut(at) else { continue };
                let part = (*receipt.pieces_in(bucket)).min(pieces);
                if part > 0 {
                    *receipt.pieces_in(bucket) -= part;
                    pieces -= part;
                    taken.push((at, part));
                }
            }
        }
        taken
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Receipt)) {
        if let Some(receipt) = self.receipts.get_mut(at) {
            change(receipt);
        }
    }

    /// The pieces of a row in the order in which they came, those of a receipt that are furthest first.
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

/// Reads the lines of a credit's notes.
struct ReceiptReader<'w> {
    credit: &'w Order,
    account: &'w AccountFacts,
    receipts: Receipts,
    /// What each row still expects.
    open: HashMap<OrderRowId, i64>,
    /// Made once a line names no row.
    by_product: OnceCell<HashMap<ProductId, Vec<OrderRowId>>>,
    unexpected: Vec<UnexpectedGoods>,
}

/// Goods that were not expected.
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

    /// The credit's rows for a product, lowest sequence first, then lowest id.
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
                .add_ignored(format!("Goods-in note {note} has {quantity} of product {product}."));
        }
        let (product, quantity) = (line.product_id, line.quantity);
        let named = line.purchase_order_row_id.and_then(|id| Some((id, self.credit.order_rows.get(&id)?)));
        match named {
            Some((id, row)) if row.product() == Some(product) => self.receive(note, line, &[id]),
            Some((id, row)) => self.unexpected.push(UnexpectedGoods {
                row: Some(id),
                message: format!(
                    "Goods-in note {note} has {quantity} of product {product} on row {id} of sales credit {}, which is {}.",
                    self.credit.id,
                    described(row)
                ),
            }),
            None => match self.rows_for(product).map(<[_]>::to_vec) {
                Some(rows) => self.receive(note, line, &rows),
                None => self.unexpected.push(UnexpectedGoods {
                    row: None,
                    message: format!(
                        "Goods-in note {note} has {quantity} of product {product}, which is not on sales credit {}.",
                        self.credit.id
                    ),
                }),
            },
        }
    }

    fn line_of_another_order(&mut self, note: GoodsInNoteId, line: &GoodsInLine) {
        let batch = line.batch_goods_note_id.unwrap_or(note);
        let receipt = Receipt { of_another_order: true, ..self.came_to(line, line.quantity.max(0)) };
        self.receipts.add(None, batch, line.product_id, receipt);
    }

    /// Gives a line's pieces to the rows that expect them; the rest was not expected.
    fn receive(&mut self, note: GoodsInNoteId, line: &GoodsInLine, rows: &[OrderRowId]) {
        let batch = line.batch_goods_note_id.unwrap_or(note);
        let mut left = line.quantity;
        for &row in rows {
            let Some(open) = self.open.get_mut(&row) else { continue };
            let part = (*open).min(left);
            if part > 0 {
                *open -= part;
                left -= part;
                self.receipts.add(Some(row), batch, line.product_id, self.came_to(line, part));
            }
        }
        if left > 0 {
            self.unexpected.push(UnexpectedGoods {
                row: rows.last().copied(),
                message: format!(
                    "Goods-in note {note} has {left} of product {} more than sales credit {} expects.",
                    line.product_id, self.credit.id
                ),
            });
        }
    }

    fn came_to(&self, line: &GoodsInLine, pieces: i64) -> Receipt {
        let warehouse = line.warehouse_id.or(self.credit.warehouse_id);
        match in_quarantine(self.account, warehouse, line.destination_location_id) {
            Some(true) => Receipt { quarantined: pieces, ..Receipt::default() },
            Some(false) => Receipt { restocked: pieces, ..Receipt::default() },
            None => Receipt { received: pieces, ..Receipt::default() },
        }
    }

    /// The units concerned are those on the row; of a component those on its bundle.
    fn ask(&self, on_credit: &UnitsOnCredit<'_>, units: &[&Item], findings: &mut Findings) {
        if self.unexpected.is_empty() {
            return;
        }
        let mut on_row: HashMap<OrderRowId, Vec<&ReturnedItemId>> = HashMap::new();
        for unit in units.iter().map(|unit| &unit.returned_item_id) {
            if let Some(row) = on_credit.row_of(unit) {
                on_row.entry(row).or_default().push(unit);
            }
        }
        for unexpected in &self.unexpected {
            let row = unexpected.row.map(|id| self.bundle_of(id).unwrap_or(id));
            let concerned = row.and_then(|row| on_row.get(&row)).into_iter().flatten().copied();
            let message =
                format!("{} It counts for nothing here: find out whose goods they are.", unexpected.message);
            findings.add_review_for_units(ReviewCode::UnexpectedGoods, message, concerned);
        }
    }

    fn bundle_of(&self, row: OrderRowId) -> Option<OrderRowId> {
        self.credit.order_rows.get(&row)?.composition.parent_order_row_id
    }
}

fn described(row: &OrderRow) -> String {
    match row.product() {
        Some(product) => format!("for product {product}"),
        None => "for no product".to_owned(),
    }
}

/// Whether a location is the quarantine of its warehouse; none when that cannot be told.
pub(super) fn in_quarantine(
    account: &AccountFacts,
    warehouse: Option<WarehouseId>,
    location: Option<LocationId>,
) -> Option<bool> {
    let quarantine = account.warehouse(warehouse?)?.quarantine_location_id?;
    Some(location? == quarantine)
}
