use std::collections::HashMap;

use brightpearl::{OrderRowId, order::Order};

use super::whole_pieces::whole_pieces;
use crate::world::World;

/// The rows of an order for which the warehouse receives goods.
pub(crate) struct StockRows<'w> {
    world: &'w World,
    order: &'w Order,
    components: HashMap<OrderRowId, Vec<OrderRowId>>,
}

impl<'w> StockRows<'w> {
    pub(crate) fn of(world: &'w World, order: &'w Order) -> Self {
        let mut components: HashMap<OrderRowId, Vec<OrderRowId>> = HashMap::new();
        for (id, row) in order.order_rows.iter().filter(|(_, row)| row.composition.bundle_child) {
            if let Some(bundle) = row.composition.parent_order_row_id {
                components.entry(bundle).or_default().push(*id);
            }
        }
        Self { world, order, components }
    }

    /// Returns the rows on which goods are received: the row itself, or the components of a bundle. Free text and products
    /// without stock are never received (docs/evidence/brightpearl-warehouse.md#goods-of-a-return).
    pub(crate) fn received_rows(&self, id: OrderRowId) -> impl Iterator<Item = OrderRowId> {
        let components = self.components.get(&id);
        let itself = components.is_none().then_some(id);
        components.into_iter().flatten().copied().chain(itself).filter(|row| self.is_tracked(*row))
    }

    fn is_tracked(&self, id: OrderRowId) -> bool {
        let product = self.order.order_rows.get(&id).and_then(|row| row.product());
        product.is_some_and(|product| self.world.is_stock_tracked(product))
    }

    /// Returns the number of pieces of a row.
    pub(super) fn pieces_of(&self, id: OrderRowId) -> i64 {
        self.order.order_rows.get(&id).map_or(0, |row| whole_pieces(row.quantity.magnitude))
    }
}
