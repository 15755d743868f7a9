//! The lines of goods-in notes, as receipts of the credit's rows.

use std::{cell::OnceCell, collections::HashMap};

use brightpearl::{
    GoodsInNoteId, OrderRowId, ProductId,
    order::{Order, OrderRow},
    warehouse::{GoodsInLine, GoodsNoteStatus},
};

use super::{
    receipts::{Receipts, StockBucket},
    whole_pieces::whole_pieces,
};
use crate::{
    findings::Findings,
    world::{AccountFacts, World},
};

/// Goods that were not expected on the credit.
pub(super) struct UnexpectedGoods {
    pub(super) row: Option<OrderRowId>,
    pub(super) message: String,
}

/// Returns everything that was received on the credit, and the goods that were not expected on it.
pub(super) fn received(
    world: &World,
    credit: &Order,
    findings: &mut Findings,
) -> (Receipts, Vec<UnexpectedGoods>) {
    let mut reader = ReceiptReader::new(credit, &world.account);
    for (note_id, note) in &world.goods_in_notes {
        let lines = note.goods_moved.iter().filter(|_| note.goods_note_status != GoodsNoteStatus::Cancelled);
        for line in lines {
            if note.order_id == credit.id {
                reader.line(*note_id, line, findings);
            } else {
                reader.line_of_another_order(*note_id, line);
            }
        }
    }
    (reader.receipts, reader.unexpected)
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

impl<'w> ReceiptReader<'w> {
    fn new(credit: &'w Order, account: &'w AccountFacts) -> Self {
        let rows = credit.order_rows.iter();
        let open = rows.map(|(id, row)| (*id, whole_pieces(row.quantity.magnitude).max(0))).collect();
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
        self.receipts.add(None, batch, line.product_id, self.bucket_of(line), line.quantity.max(0));
    }

    /// Assigns a line's pieces to the rows that expect them. The rest was not expected.
    fn receive(&mut self, note: GoodsInNoteId, line: &GoodsInLine, rows: &[OrderRowId]) {
        let batch = line.batch_goods_note_id.unwrap_or(note);
        let bucket = self.bucket_of(line);
        let mut left = line.quantity;
        for &row in rows {
            let Some(open) = self.open.get_mut(&row) else { continue };
            let part = (*open).min(left);
            if part > 0 {
                *open -= part;
                left -= part;
                self.receipts.add(Some(row), batch, line.product_id, bucket, part);
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

    fn bucket_of(&self, line: &GoodsInLine) -> StockBucket {
        let warehouse = line.warehouse_id.or(self.credit.warehouse_id);
        match self.account.is_quarantine(warehouse, line.destination_location_id) {
            Some(true) => StockBucket::Quarantined,
            Some(false) => StockBucket::Restocked,
            None => StockBucket::Received,
        }
    }
}

fn described(row: &OrderRow) -> String {
    match row.product() {
        Some(product) => format!("for product {product}"),
        None => "not for a product".to_owned(),
    }
}
