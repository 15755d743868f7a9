//! The steps of warehouse staff in Brightpearl when a parcel arrives.

use anyhow::Context as _;
use brightpearl::{
    GoodsInNoteId, OffsetDateTime, OrderRowId, ProductId,
    order::Order,
    warehouse::{NewGoodsInLine, NewGoodsInNote, NewProductValue, Release},
};
use returngo_brightpearl_mapping::world::WarehouseFacts;
use returngo_brightpearl_sync::Reader;
use rust_decimal::Decimal;

/// Units of one row of a credit.
#[derive(Debug, Clone)]
pub struct Units {
    row: OrderRowId,
    product: ProductId,
    sku: String,
    quantity: u32,
    /// The cost of one unit, in the base currency.
    cost: Decimal,
}

impl std::fmt::Display for Units {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} × {}", self.quantity, self.sku)
    }
}

/// Returns all units to be received on a credit. Fees and free text rows are not received.
///
/// # Errors
/// If a quantity is not a whole number.
pub fn all_of(credit: &Order) -> anyhow::Result<Vec<Units>> {
    let mut units = Vec::new();
    for (row, content) in &credit.order_rows {
        let Some(product) = content.product() else { continue };
        units.push(Units {
            row: *row,
            product,
            sku: content.product_sku.clone().unwrap_or_default(),
            quantity: content.quantity.magnitude.try_into()?,
            cost: content.item_cost.as_ref().map(|cost| cost.value).unwrap_or_default(),
        });
    }
    Ok(units)
}

/// Returns some of the units to be received on a credit, by SKU.
///
/// # Errors
/// If the credit has no row with a SKU.
pub fn some_of(credit: &Order, wanted: &[(&str, u32)]) -> anyhow::Result<Vec<Units>> {
    let all = all_of(credit)?;
    let find = |(sku, quantity): &(&str, u32)| {
        let units = all.iter().find(|units| units.sku == *sku);
        let units = units.with_context(|| format!("credit {} has no row with SKU {sku}", credit.id))?;
        Ok(Units { quantity: *quantity, ..units.clone() })
    };
    wanted.iter().map(find).collect()
}

/// Receives units into the quarantine of the credit's warehouse. `receipt` distinguishes receipts of one credit.
///
/// # Errors
/// If Brightpearl rejects the goods-in note.
pub async fn receive_into_quarantine(
    reader: &Reader,
    credit: &Order,
    units: &[Units],
    receipt: u32,
    received_on: OffsetDateTime,
) -> anyhow::Result<GoodsInNoteId> {
    let warehouse = warehouse_of(reader, credit)?;
    let quarantine =
        warehouse.quarantine_location_id.context("the warehouse's quarantine location is unknown")?;
    let base = reader.account.base_currency().context("the base currency is unknown")?;
    let lines = units.iter().map(|units| NewGoodsInLine {
        product_id: units.product,
        purchase_order_row_id: units.row,
        quantity: units.quantity,
        destination_location_id: quarantine,
        product_value: NewProductValue { currency: base.clone(), value: units.cost },
    });
    let note = NewGoodsInNote {
        transfer: false,
        warehouse_id: warehouse.id,
        goods_moved: lines.collect(),
        received_on,
        user_batch_reference: Some(format!("{}-{receipt}", credit.reference)),
    };
    Ok(reader.brightpearl.goods_in_notes().create(credit.id, &note).await?.id)
}

/// Releases units from quarantine to the warehouse's default location.
///
/// # Errors
/// If Brightpearl rejects the release.
pub async fn release_into_stock(reader: &Reader, credit: &Order, units: &[Units]) -> anyhow::Result<()> {
    let warehouse = warehouse_of(reader, credit)?;
    let shelf = warehouse.default_location_id.context("the warehouse's default location is unknown")?;
    for units in units {
        let release = Release { product_id: units.product, quantity: units.quantity, to_location_id: shelf };
        reader.brightpearl.warehouses().release_quarantine(warehouse.id, release).await?;
    }
    Ok(())
}

fn warehouse_of<'r>(reader: &'r Reader, credit: &Order) -> anyhow::Result<&'r WarehouseFacts> {
    let warehouse = credit.warehouse_id.and_then(|id| reader.account.warehouse(id));
    warehouse.with_context(|| format!("the warehouse of credit {} is unknown", credit.id))
}
