//! The lists behind the codes on orders: types, stock statuses, shipping statuses
//! (docs/evidence/brightpearl-orders.md#order-codes).
//!
//! They are the same on every account and computed by Brightpearl, never set. The numbers are what searches
//! show where orders have codes. No list takes an id set.
//!
//! ```
//! use brightpearl::order::code_list;
//!
//! assert_eq!(code_list::stock_statuses().to_string(), "GET /order-service/order-stock-status");
//! ```

use api_client_core::{Endpoint, Idempotency, Method, wire};
use serde::{Deserialize, Serialize};

use super::{OrderStockStatusCode, OrderTypeCode, ShippingStatusCode};
use crate::{answer, request::Request};

const ORDER_TYPES: Endpoint = Endpoint::new(Method::Get, "/order-service/order-type", Idempotency::Read);
const STOCK_STATUSES: Endpoint =
    Endpoint::new(Method::Get, "/order-service/order-stock-status", Idempotency::Read);
const SHIPPING_STATUSES: Endpoint =
    Endpoint::new(Method::Get, "/order-service/order-shipping-status", Idempotency::Read);

/// A code with its number and its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CodeEntry<Code> {
    /// The number that searches show.
    #[serde(with = "wire::unsigned")]
    pub id: u64,
    /// The code.
    pub code: Code,
    /// What it means.
    #[serde(default)]
    pub description: String,
}

/// Requests the order types: 1 `SO`, 2 `PO`, 3 `SC`, 4 `PC`.
#[inline]
pub fn order_types() -> Request<Vec<CodeEntry<OrderTypeCode>>> {
    Request::new(ORDER_TYPES, &[], answer::payload)
}

/// Requests the stock statuses: 7 `SCN`, 8 `SCP` and 9 `SCA` are those of a sales credit.
#[inline]
pub fn stock_statuses() -> Request<Vec<CodeEntry<OrderStockStatusCode>>> {
    Request::new(STOCK_STATUSES, &[], answer::payload)
}

/// Requests the shipping statuses: 1 `NST`, 2 `SNS`, 3 `SPS`, 4 `ASS`.
#[inline]
pub fn shipping_statuses() -> Request<Vec<CodeEntry<ShippingStatusCode>>> {
    Request::new(SHIPPING_STATUSES, &[], answer::payload)
}

/// The lists behind the codes on orders: [`Client::order_codes`](crate::Client::order_codes).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct OrderCodes<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl OrderCodes<'_> {
    /// Gets the order types.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn types(&self) -> Result<Vec<CodeEntry<OrderTypeCode>>, crate::Error> {
        self.0.send(&order_types()).await
    }

    /// Gets the stock statuses.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn stock_statuses(&self) -> Result<Vec<CodeEntry<OrderStockStatusCode>>, crate::Error> {
        self.0.send(&stock_statuses()).await
    }

    /// Gets the shipping statuses.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn shipping_statuses(&self) -> Result<Vec<CodeEntry<ShippingStatusCode>>, crate::Error> {
        self.0.send(&shipping_statuses()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_that_searches_take() {
        let entry: CodeEntry<OrderTypeCode> =
            serde_json::from_str(r#"{"id":3,"code":"SC","description":"Sales credit"}"#).unwrap();
        assert_eq!(entry.code.search_id(), Some(entry.id));
    }
}
