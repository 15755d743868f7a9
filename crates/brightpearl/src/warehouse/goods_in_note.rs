//! Goods-in notes: what was received, against which row, into which location
//! (docs/evidence/brightpearl-warehouse.md#goods-in-notes).
//!
//! ```
//! use brightpearl::{GoodsInNoteId, warehouse::goods_in_note};
//!
//! // What the receiver of `goods-in-note.created` asks for: it knows the note and not the order.
//! let request = goods_in_note::get(&GoodsInNoteId::new(60431).into());
//! assert_eq!(request.to_string(), "GET /warehouse-service/order/*/goods-note/goods-in/60431");
//! ```

use std::collections::BTreeMap;

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, OffsetDateTime, open_enum, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[cfg(feature = "client")]
use super::GoodsInSearch;
use crate::{
    IdSet,
    answer::{self, Created},
    ids::{ContactId, GoodsInNoteId, LocationId, OrderId, OrderRowId, ProductId, WarehouseId},
    request::Request,
};

const OF_ORDERS: Endpoint = Endpoint::new(
    Method::Get,
    "/warehouse-service/order/{orderIds}/goods-note/goods-in/{noteIds}",
    Idempotency::Read,
);
const CREATE: Endpoint = Endpoint::new(
    Method::Post,
    "/warehouse-service/order/{orderId}/goods-note/goods-in",
    Idempotency::KeyedWrite,
);

const DELETE: Endpoint = Endpoint::new(
    Method::Delete,
    "/warehouse-service/goods-note/goods-in/{noteId}",
    Idempotency::RepeatableWrite,
);
const CORRECT: Endpoint = Endpoint::new(
    Method::Post,
    "/warehouse-service/goods-note/goods-in/{noteId}/correction",
    Idempotency::UnkeyedWrite,
);

open_enum! {
    /// The state of a goods-in note.
    pub enum GoodsNoteStatus {
        /// The usual state of a received note.
        Open = "OPEN",
        /// When it becomes so is not documented.
        Closed = "CLOSED",
        /// Cancelled: its goods are ignored.
        Cancelled = "CANCELLED",
    }
}

/// A goods-in note: a receipt against a purchase order or a sales credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoodsInNote {
    /// The note; also the batch of the stock it brought.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub goods_note_id: Option<GoodsInNoteId>,
    /// The purchase order or sales credit.
    pub order_id: OrderId,
    /// Whether it is the result of an external transfer.
    #[serde(default, with = "wire::boolean")]
    pub transfer: bool,
    /// Its state.
    #[serde(default = "open")]
    pub goods_note_status: GoodsNoteStatus,
    /// The caller's unique reference.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub user_batch_reference: Option<String>,
    /// When the goods came.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub received_on: Option<OffsetDateTime>,
    /// Who received them.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ContactId>,
    /// What was received.
    #[serde(default, with = "wire::null_is_default")]
    pub goods_moved: Vec<GoodsInLine>,
}

const fn open() -> GoodsNoteStatus {
    GoodsNoteStatus::Open
}

/// A line of a goods-in note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoodsInLine {
    /// The product.
    pub product_id: ProductId,
    /// The row it was received against: for a sales credit the credit's row, despite the name.
    #[serde(default, with = "wire::zero_is_none")]
    pub purchase_order_row_id: Option<OrderRowId>,
    /// How many. The documentation's page writes `Quantity`.
    #[serde(alias = "Quantity", with = "wire::integer")]
    pub quantity: i64,
    /// The warehouse.
    #[serde(default, with = "wire::zero_is_none")]
    pub warehouse_id: Option<WarehouseId>,
    /// Where they were put.
    #[serde(default, with = "wire::zero_is_none")]
    pub destination_location_id: Option<LocationId>,
    /// The note.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub goods_note_id: Option<GoodsInNoteId>,
    /// The batch: for a goods-in note its own id.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub batch_goods_note_id: Option<GoodsInNoteId>,
    /// The cost of one.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub product_value: Option<ProductValue>,
    /// Whether the stock is cleared.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub cleared: Option<bool>,
}

/// The cost of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductValue {
    /// The currency: the account's base currency.
    pub currency: CurrencyCode,
    /// The amount.
    #[serde(with = "wire::decimal")]
    pub value: Decimal,
}

/// Goods to receive against a sales credit or purchase order.
///
/// Every line of one request goes to one warehouse. Where one product is on several rows Brightpearl makes
/// several notes and returns the first id only: read the order's notes afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewGoodsInNote {
    /// False for a return.
    pub transfer: bool,
    /// The warehouse.
    pub warehouse_id: WarehouseId,
    /// What was received.
    pub goods_moved: Vec<NewGoodsInLine>,
    /// When.
    pub received_on: OffsetDateTime,
    /// The caller's reference, unique among all goods-in notes: the key of this write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_batch_reference: Option<String>,
}

impl NewGoodsInNote {
    /// Creates a receipt of returned goods, without lines.
    ///
    /// ```
    /// use brightpearl::{
    ///     LocationId, OrderRowId, ProductId, WarehouseId,
    ///     warehouse::{NewGoodsInLine, NewGoodsInNote, NewProductValue},
    /// };
    ///
    /// let received: jiff::Timestamp = "2031-04-02T09:00:00Z".parse()?;
    /// let cost = NewProductValue::new("GBP", "12.00".parse()?);
    /// let note = NewGoodsInNote::new(WarehouseId::new(2), received)
    ///     .line(NewGoodsInLine::new(ProductId::new(2044), OrderRowId::new(884001), 1, LocationId::new(7), cost))
    ///     .keyed("RMA-4410021-1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(warehouse: WarehouseId, received_on: impl Into<OffsetDateTime>) -> Self {
        Self {
            transfer: false,
            warehouse_id: warehouse,
            goods_moved: Vec::new(),
            received_on: received_on.into(),
            user_batch_reference: None,
        }
    }

    /// Adds a line.
    #[must_use]
    pub fn line(mut self, line: NewGoodsInLine) -> Self {
        self.goods_moved.push(line);
        self
    }

    /// Sets the caller's reference: with it, a note that is sent twice is created once.
    #[must_use]
    pub fn keyed(mut self, reference: impl Into<String>) -> Self {
        self.user_batch_reference = Some(reference.into());
        self
    }
}

/// A line to receive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewGoodsInLine {
    /// The product; stock-tracked.
    pub product_id: ProductId,
    /// The row of the credit.
    pub purchase_order_row_id: OrderRowId,
    /// How many; no more than the row has left.
    pub quantity: u32,
    /// Where they go: the quarantine location to hold them, any other to sell them.
    pub destination_location_id: LocationId,
    /// The cost of one.
    pub product_value: NewProductValue,
}

impl NewGoodsInLine {
    /// Creates a line: units of a credit's row, received at this location, at this cost of one.
    pub const fn new(
        product: ProductId,
        row: OrderRowId,
        quantity: u32,
        destination: LocationId,
        cost: NewProductValue,
    ) -> Self {
        Self {
            product_id: product,
            purchase_order_row_id: row,
            quantity,
            destination_location_id: destination,
            product_value: cost,
        }
    }
}

/// The cost of one unit to receive; a number on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewProductValue {
    /// The currency: the account's base currency.
    pub currency: CurrencyCode,
    /// The amount.
    #[serde(with = "wire::decimal_number")]
    pub value: Decimal,
}

impl NewProductValue {
    /// Creates a cost in the account's base currency.
    pub fn new(currency: impl Into<CurrencyCode>, value: Decimal) -> Self {
        Self { currency: currency.into(), value }
    }
}

/// Units to remove from a goods-in note, as if they had not been received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoodsInCorrection {
    /// The product.
    pub product_id: ProductId,
    /// The location they were received into.
    pub location_id: LocationId,
    /// The cost they were received at, exactly; a text on the wire.
    pub cost: ProductValue,
    /// How many to take back.
    pub quantity: u32,
}

impl GoodsInCorrection {
    /// Creates a correction: units of a product to take back from a location, at the cost that they were received at.
    pub const fn new(product: ProductId, location: LocationId, quantity: u32, cost: ProductValue) -> Self {
        Self { product_id: product, location_id: location, cost, quantity }
    }
}

/// Requests all goods-in notes of these orders, by note id.
#[inline]
pub fn of_orders(orders: &IdSet<OrderId>) -> Request<BTreeMap<GoodsInNoteId, GoodsInNote>> {
    Request::new(OF_ORDERS, &[orders], answer::payload).empty_when_absent()
}

/// Requests these goods-in notes, of whichever order: what the receiver of a webhook needs.
#[inline]
pub fn get(notes: &IdSet<GoodsInNoteId>) -> Request<BTreeMap<GoodsInNoteId, GoodsInNote>> {
    Request::new(OF_ORDERS, &[&"*", notes], answer::payload).empty_when_absent()
}

/// Receives goods. Keyed by `userBatchReference`: without one, a lost response is ambiguous.
#[inline]
pub fn create(order: OrderId, note: &NewGoodsInNote) -> Request<Created<GoodsInNoteId>> {
    let request = Request::new(CREATE, &[&order], answer::created)
        .body(note)
        .with_verification_hint("read the order's goods-in notes");
    if note.user_batch_reference.is_some() { request } else { request.idempotency(Idempotency::UnkeyedWrite) }
}

/// Deletes a goods-in note, its goods and its accounting. Only while nothing has used the stock: no goods-out
/// note, drop-ship note or reservation. No webhook tells of it.
#[inline]
pub fn delete(note: GoodsInNoteId) -> Request<()> {
    Request::new(DELETE, &[&note], answer::nothing)
}

/// Removes units from a goods-in note while they are still on hand
/// (docs/evidence/brightpearl-warehouse.md#goods-in-corrections). The order's stock status presumably changes
/// back. Returns no id and has no key: read the goods movements before sending it again.
#[inline]
pub fn correct(note: GoodsInNoteId, correction: &GoodsInCorrection) -> Request<()> {
    Request::new(CORRECT, &[&note], answer::nothing)
        .body(correction)
        .with_verification_hint("search the batch's goods movements")
}

/// The goods-in notes of an account: [`Client::goods_in_notes`](crate::Client::goods_in_notes).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct GoodsInNotes<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl GoodsInNotes<'_> {
    /// Receives goods, once: whenever the response is lost or Brightpearl rejects it, the reference is looked
    /// up among the order's notes, and an existing note is returned.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(
        &self,
        order: OrderId,
        note: &NewGoodsInNote,
    ) -> Result<Created<GoodsInNoteId>, crate::Error> {
        crate::client::create_once(self.0, &create(order, note), || self.find(order, note)).await
    }

    /// Gets these goods-in notes, of whichever order.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(
        &self,
        notes: &IdSet<GoodsInNoteId>,
    ) -> Result<BTreeMap<GoodsInNoteId, GoodsInNote>, crate::Error> {
        self.0.in_chunks(notes, get).await
    }

    /// Lists all goods-in notes of these orders.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn of_orders(
        &self,
        orders: &IdSet<OrderId>,
    ) -> Result<BTreeMap<GoodsInNoteId, GoodsInNote>, crate::Error> {
        self.0.in_chunks(orders, of_orders).await
    }

    /// Searches for received goods, batch by batch.
    pub fn search(&self, search: GoodsInSearch) -> crate::client::Results<GoodsInSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Deletes a goods-in note; see [`delete`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, note: GoodsInNoteId) -> Result<(), crate::Error> {
        self.0.send(&delete(note)).await
    }

    /// Removes units from a goods-in note; see [`correct`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn correct(
        &self,
        note: GoodsInNoteId,
        correction: &GoodsInCorrection,
    ) -> Result<(), crate::Error> {
        self.0.send(&correct(note, correction)).await
    }

    async fn find(
        &self,
        order: OrderId,
        note: &NewGoodsInNote,
    ) -> Result<Option<GoodsInNoteId>, crate::Error> {
        let Some(reference) = &note.user_batch_reference else { return Ok(None) };
        let notes = self.of_orders(&order.into()).await?;
        Ok(notes
            .into_iter()
            .find(|(_, found)| found.user_batch_reference.as_ref() == Some(reference))
            .map(|(id, _)| id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_writes_its_cost_as_text() {
        let correction = GoodsInCorrection {
            product_id: ProductId::new(1523),
            location_id: LocationId::new(2),
            cost: ProductValue { currency: CurrencyCode::new("GBP"), value: "14.25".parse().unwrap() },
            quantity: 1,
        };
        let request = correct(GoodsInNoteId::new(60431), &correction);
        assert_eq!(request.to_string(), "POST /warehouse-service/goods-note/goods-in/60431/correction");
        assert_eq!(
            request.json(),
            Some(
                r#"{"productId":1523,"locationId":2,"cost":{"currency":"GBP","value":"14.25"},"quantity":1}"#
            )
        );
    }

    #[test]
    fn the_capital_of_the_documentation_reads_too() {
        let line: GoodsInLine = serde_json::from_str(r#"{"productId":1523,"Quantity":2}"#).unwrap();
        assert_eq!(line.quantity, 2);
    }
}
