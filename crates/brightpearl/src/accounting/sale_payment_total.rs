//! What was paid on sales and sales credits in all (docs/evidence/brightpearl-accounting.md#sale-payment-totals).
//!
//! ```
//! use brightpearl::accounting::sale_payment_total;
//!
//! let request = sale_payment_total::get(&"418820,418821".parse()?);
//! assert_eq!(request.to_string(), "GET /accounting-service/sale-payment-total/418820,418821");
//! # Ok::<(), brightpearl::InvalidIdSet>(())
//! ```

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{IdSet, answer, ids::OrderId, request::Request};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/sale-payment-total/{orderIds}", Idempotency::Read);

/// The payments on one sales order or sales credit, added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SalePaymentTotal {
    /// The order.
    pub order_id: OrderId,
    /// The currency; absent when there are no payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_currency: Option<CurrencyCode>,
    /// Received and captured less paid out: negative on a credit that was refunded.
    #[serde(default, with = "wire::decimal_number")]
    pub amount_paid: Decimal,
    /// On hold: authorised less let go.
    #[serde(default, with = "wire::decimal_number")]
    pub amount_authorized: Decimal,
    /// Captured.
    #[serde(default, with = "wire::decimal_number")]
    pub amount_captured: Decimal,
}

impl SalePaymentTotal {
    /// What went to the customer in all, positive; negative when more came than went.
    pub fn refunded(&self) -> Decimal {
        -self.amount_paid
    }
}

/// Requests the payment totals of these orders. An order without payments comes with zeroes.
#[inline]
pub fn get(orders: &IdSet<OrderId>) -> Request<Vec<SalePaymentTotal>> {
    Request::new(GET, &[orders], answer::payload).empty_when_absent()
}

/// The payment totals of orders: [`Client::sale_payment_totals`](crate::Client::sale_payment_totals).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct SalePaymentTotals<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl SalePaymentTotals<'_> {
    /// Gets the payment totals of these orders. An order without payments comes with zeroes.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, orders: &IdSet<OrderId>) -> Result<Vec<SalePaymentTotal>, crate::Error> {
        self.0.in_chunks(orders, get).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refunded_credit_reads_negative() {
        let wire = r#"{"orderId":418820,"paymentCurrency":"GBP","amountPaid":-83.9,"amountAuthorized":0.0,"amountCaptured":0.0}"#;
        let total: SalePaymentTotal = serde_json::from_str(wire).unwrap();
        assert_eq!(total.refunded().to_string(), "83.9");
        assert_eq!(serde_json::to_string(&total).unwrap(), wire);
    }
}
