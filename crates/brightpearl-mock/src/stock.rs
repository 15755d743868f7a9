//! Stock by location and batch, as goods movements leave it.

use std::collections::BTreeMap;

use api_client_core::wire;
use brightpearl::{CurrencyCode, GoodsInNoteId, LocationId, ProductId, WarehouseId};
use rust_decimal::Decimal;
use serde::Deserialize;

/// The stock of an account.
#[derive(Default)]
pub(crate) struct Stock {
    batches: BTreeMap<(LocationId, ProductId), BTreeMap<GoodsInNoteId, BatchStock>>,
    on_hand: BTreeMap<(ProductId, WarehouseId), i64>,
}

/// The value of one unit, also in the bodies of requests.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Cost {
    pub(crate) currency: CurrencyCode,
    #[serde(with = "wire::decimal")]
    pub(crate) value: Decimal,
}

/// Units of a product in one location and of one batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchStock {
    pub(crate) batch: GoodsInNoteId,
    pub(crate) quantity: i64,
    pub(crate) cost: Cost,
}

impl Stock {
    /// Adds units to a batch in a location, or removes them when the quantity is negative.
    pub(crate) fn add(&mut self, product: ProductId, location: LocationId, units: BatchStock) {
        let batches = self.batches.entry((location, product)).or_default();
        let quantity = units.quantity;
        let stock = batches.entry(units.batch).or_insert(BatchStock { quantity: 0, ..units });
        stock.quantity += quantity;
    }

    /// Adds units to what is on hand in a warehouse, or removes them when the quantity is negative.
    pub(crate) fn add_on_hand(&mut self, product: ProductId, warehouse: WarehouseId, quantity: i64) {
        *self.on_hand.entry((product, warehouse)).or_default() += quantity;
    }

    /// The batches in a location that have units left, the oldest first.
    pub(crate) fn batches_in(&self, location: LocationId, product: ProductId) -> Vec<BatchStock> {
        let batches = self.batches.get(&(location, product)).into_iter().flat_map(BTreeMap::values);
        batches.filter(|stock| stock.quantity > 0).cloned().collect()
    }

    /// The units on hand by warehouse.
    pub(crate) fn on_hand(&self, product: ProductId) -> BTreeMap<WarehouseId, i64> {
        let everywhere = (product, WarehouseId::new(0))..=(product, WarehouseId::new(u64::MAX));
        self.on_hand.range(everywhere).map(|((_, warehouse), units)| (*warehouse, *units)).collect()
    }
}

/// Takes units from batches, the oldest first; none when the batches do not have enough.
pub(crate) fn first_in_first_out(batches: Vec<BatchStock>, quantity: i64) -> Option<Vec<BatchStock>> {
    let mut missing = quantity;
    let mut taken = Vec::new();
    for mut batch in batches {
        if missing == 0 {
            break;
        }
        if batch.quantity <= 0 {
            continue;
        }
        batch.quantity = batch.quantity.min(missing);
        missing -= batch.quantity;
        taken.push(batch);
    }
    (missing == 0).then_some(taken)
}
