//! Stock corrections: units found, or written off (docs/evidence/brightpearl-warehouse.md#stock-corrections).
//!
//! A return that cannot be sold is received into a saleable location and then corrected away, naming the
//! credit. No webhook tells of it: search the goods movements of type `SC`.
//!
//! ```
//! use brightpearl::{
//!     LocationId, OrderId, ProductId, WarehouseId,
//!     warehouse::{NewStockCorrection, stock_correction},
//! };
//!
//! let damaged = NewStockCorrection::remove(ProductId::new(1788), 1, LocationId::new(2), "RMA-70412 damaged");
//! let request = stock_correction::create(WarehouseId::new(2), &[damaged.about(OrderId::new(418820))]);
//! assert_eq!(request.to_string(), "POST /warehouse-service/warehouse/2/stock-correction");
//! ```

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::NewProductValue;
use crate::{
    IdSet, answer,
    ids::{ContactId, GoodsInNoteId, GoodsNoteId, LocationId, OrderId, ProductId, WarehouseId},
    request::Request,
};

const CREATE: Endpoint = Endpoint::new(
    Method::Post,
    "/warehouse-service/warehouse/{warehouseId}/stock-correction",
    Idempotency::UnkeyedWrite,
);
const GET: Endpoint = Endpoint::new(
    Method::Get,
    "/warehouse-service/warehouse/{warehouseId}/stock-correction/{noteIds}",
    Idempotency::Read,
);

/// Units to add to or take from one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewStockCorrection {
    /// How many: positive adds, negative takes away.
    pub quantity: i64,
    /// The product; stock-tracked. An archived one comes back to life when units are added.
    pub product_id: ProductId,
    /// Why, in words.
    pub reason: String,
    /// The location. A quarantine location probably rejects to give: release first.
    pub location_id: LocationId,
    /// The cost of one; only when units are added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<NewProductValue>,
    /// The batch to take from; only when units are taken away. The oldest goes first otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<GoodsInNoteId>,
    /// The order it is about: for a return the sales credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
}

impl NewStockCorrection {
    /// Takes units away.
    pub fn remove(product: ProductId, units: u32, location: LocationId, reason: impl Into<String>) -> Self {
        Self { quantity: -i64::from(units), ..Self::bare(product, location, reason) }
    }

    /// Adds units at this cost each, in the account's base currency.
    pub fn add(
        product: ProductId,
        units: u32,
        location: LocationId,
        cost: NewProductValue,
        reason: impl Into<String>,
    ) -> Self {
        Self { quantity: units.into(), cost: Some(cost), ..Self::bare(product, location, reason) }
    }

    /// About this order.
    #[must_use]
    pub fn about(self, order: OrderId) -> Self {
        Self { order_id: Some(order), ..self }
    }

    /// Out of this batch: the goods-in note that brought the units.
    #[must_use]
    pub fn of_batch(self, batch: GoodsInNoteId) -> Self {
        Self { batch_id: Some(batch), ..self }
    }

    fn bare(product_id: ProductId, location_id: LocationId, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { quantity: 0, product_id, reason, location_id, cost: None, batch_id: None, order_id: None }
    }
}

/// A stock correction that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StockCorrection {
    /// The note.
    pub goods_note_id: GoodsNoteId,
    /// The warehouse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<WarehouseId>,
    /// The order it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// What moved. A removal may take from several batches.
    #[serde(default, with = "wire::null_is_default")]
    pub goods_moved: Vec<CorrectedGoods>,
}

impl StockCorrection {
    /// How many units were added, or with a minus taken away.
    pub fn quantity(&self) -> i64 {
        self.goods_moved.iter().map(|goods| goods.quantity).sum()
    }
}

/// Units of one batch that a correction moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CorrectedGoods {
    /// The product.
    pub product_id: ProductId,
    /// How many: positive were added, negative taken away.
    pub quantity: i64,
    /// The location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_location_id: Option<LocationId>,
    /// The cost of one; a number here, where goods-in notes have a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_value: Option<CorrectedValue>,
    /// The batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_goods_note_id: Option<GoodsInNoteId>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_on: Option<OffsetDateTime>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ContactId>,
}

/// The cost of one unit that a correction moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CorrectedValue {
    /// The currency.
    pub currency: CurrencyCode,
    /// The amount.
    #[serde(with = "wire::decimal_number")]
    pub value: Decimal,
}

/// Corrects the stock of a warehouse, and returns the notes' ids. There is no key: search the goods
/// movements of type `SC` before sending it again.
#[inline]
pub fn create(warehouse: WarehouseId, corrections: &[NewStockCorrection]) -> Request<Vec<GoodsNoteId>> {
    #[derive(Serialize)]
    struct Body<'a> {
        corrections: &'a [NewStockCorrection],
    }
    Request::new(CREATE, &[&warehouse], answer::payload)
        .body(&Body { corrections })
        .with_verification_hint("search the goods movements of type SC")
}

/// Requests stock corrections of a warehouse by note id. Both are required; ids come from the goods movements
/// of type `SC`.
#[inline]
pub fn get(warehouse: WarehouseId, notes: &IdSet<GoodsNoteId>) -> Request<Vec<StockCorrection>> {
    Request::new(GET, &[&warehouse, notes], answer::payload).empty_when_absent()
}

/// The stock corrections of an account: [`Client::stock_corrections`](crate::Client::stock_corrections).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct StockCorrections<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl StockCorrections<'_> {
    /// Corrects the stock of a warehouse, and returns the notes' ids.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(
        &self,
        warehouse: WarehouseId,
        corrections: &[NewStockCorrection],
    ) -> Result<Vec<GoodsNoteId>, crate::Error> {
        self.0.send(&create(warehouse, corrections)).await
    }

    /// Gets stock corrections of a warehouse by note id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(
        &self,
        warehouse: WarehouseId,
        notes: &IdSet<GoodsNoteId>,
    ) -> Result<Vec<StockCorrection>, crate::Error> {
        self.0.in_chunks(notes, |notes| get(warehouse, notes)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_off_names_the_credit_and_the_batch() {
        let correction =
            NewStockCorrection::remove(ProductId::new(1788), 1, LocationId::new(2), "RMA-70412 damaged")
                .about(OrderId::new(418820))
                .of_batch(GoodsInNoteId::new(60431));
        let request = create(WarehouseId::new(2), &[correction]);
        assert_eq!(request.to_string(), "POST /warehouse-service/warehouse/2/stock-correction");
        assert_eq!(
            request.json(),
            Some(concat!(
                r#"{"corrections":[{"quantity":-1,"productId":1788,"reason":"RMA-70412 damaged","locationId":2,"#,
                r#""batchId":60431,"orderId":418820}]}"#
            ))
        );
    }

    #[test]
    fn units_that_are_added_have_a_cost() {
        let cost = NewProductValue { currency: CurrencyCode::new("GBP"), value: "14.25".parse().unwrap() };
        let found = NewStockCorrection::add(ProductId::new(1788), 2, LocationId::new(2), cost, "found");
        let body = create(WarehouseId::new(2), &[found]).json().unwrap().to_owned();
        assert!(
            body.contains(r#""quantity":2,"#) && body.contains(r#""cost":{"currency":"GBP","value":14.25}"#)
        );
    }

    #[test]
    fn a_removal_from_several_batches_adds_up() {
        let correction: StockCorrection = serde_json::from_str(
            r#"{"goodsNoteId":8801,"warehouseId":2,"reason":"damaged","goodsMoved":[
                {"productId":1788,"quantity":-1,"batchGoodsNoteId":60431},
                {"productId":1788,"quantity":-2,"batchGoodsNoteId":60440}]}"#,
        )
        .unwrap();
        assert_eq!(correction.quantity(), -3);
    }
}
