//! Tax codes and their rates (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).
//!
//! ```
//! use brightpearl::accounting::{TaxRate, tax_code};
//!
//! assert_eq!(tax_code::list().to_string(), "GET /accounting-service/tax-code/");
//! let zero: TaxRate = serde_json::from_str(r#"{"id":8,"code":"Z","description":"Zero"}"#)?;
//! assert!(zero.percent().is_zero());
//! # Ok::<(), serde_json::Error>(())
//! ```

use api_client_core::{Endpoint, Idempotency, Method, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{TaxCode, TaxCodeId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/tax-code/{taxCodeIds}", Idempotency::Read);

/// A tax code with its rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    /// The internal id.
    pub id: TaxCodeId,
    /// The code that rows carry.
    pub code: TaxCode,
    /// What it is.
    #[serde(default, with = "wire::informational")]
    pub description: String,
    /// Per cent; Brightpearl leaves it out when it is zero.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "wire::optional_decimal_number")]
    pub rate: Option<Decimal>,
}

impl TaxRate {
    /// Returns the rate in per cent.
    pub fn percent(&self) -> Decimal {
        self.rate.unwrap_or_default()
    }
}

/// Requests all tax codes.
#[inline]
pub fn list() -> Request<Vec<TaxRate>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these tax codes.
#[inline]
pub fn get(ids: &IdSet<TaxCodeId>) -> Request<Vec<TaxRate>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// The tax codes of an account: [`Client::tax_codes`](crate::Client::tax_codes).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct TaxCodes<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl TaxCodes<'_> {
    /// Lists all tax codes.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<TaxRate>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these tax codes, by internal id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<TaxCodeId>) -> Result<Vec<TaxRate>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }
}
