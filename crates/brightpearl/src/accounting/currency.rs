//! Currencies of the account (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).
//! Readable by search only.
//!
//! ```
//! use brightpearl::accounting::{CurrencySearch, currency};
//!
//! let request = currency::search(&CurrencySearch::new().code(&"USD".into()));
//! assert_eq!(request.to_string(), "GET /accounting-service/currency-search?code=USD");
//! ```

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet,
    ids::{CurrencyId, NominalCode},
    request::Request,
    search::{Page, SearchQuery, searchable},
};

const SEARCH: Endpoint = Endpoint::new(Method::Get, "/accounting-service/currency-search", Idempotency::Read);

/// A currency that the account uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Currency {
    /// The currency.
    pub id: CurrencyId,
    /// Its name.
    #[serde(default, with = "wire::informational")]
    pub title: Option<String>,
    /// Its ISO 4217 code.
    pub code: CurrencyCode,
    /// Its sign.
    #[serde(default, with = "wire::informational")]
    pub symbol: Option<String>,
    /// The rate to the base currency.
    #[serde(default, with = "wire::informational_decimal")]
    pub exchange_rate: Option<Decimal>,
    /// Whether it is the base currency.
    #[serde(default, with = "wire::optional_boolean")]
    pub is_default: Option<bool>,
    /// Where rate differences are posted.
    #[serde(default, with = "wire::informational")]
    pub exchange_rate_variance_nominal_code: Option<NominalCode>,
}

searchable! {
    /// Finds currencies.
    pub struct CurrencySearch for Currency, at SEARCH {
        /// These currencies.
        ids(IdSet<CurrencyId>) = "id",
        /// With this code.
        code(CurrencyCode) = "code",
        /// With this name.
        title(str) = "title",
        /// The account's base currency, or the others.
        base(bool) = "isDefault",
    }

    /// The columns of a currency search, as [`CurrencySearch::columns`] takes them.
    pub enum CurrencyColumn {
        Id = "id",
        Title = "title",
        Code = "code",
        Symbol = "symbol",
        ExchangeRate = "exchangeRate",
        IsDefault = "isDefault",
        ExchangeRateVarianceNominalCode = "exchangeRateVarianceNominalCode",
    }

    key "id" in id: CurrencyId;
    always "code";
}

/// Requests one page of currencies.
#[inline]
pub fn search(search: &CurrencySearch) -> Request<Page<Currency>> {
    search.request()
}

/// The currencies of an account: [`Client::currencies`](crate::Client::currencies).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Currencies<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Currencies<'_> {
    /// Lists all currencies that the account uses.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<Currency>, crate::Error> {
        self.search(CurrencySearch::new()).all().await
    }

    /// Searches for currencies.
    pub fn search(&self, search: CurrencySearch) -> crate::client::Results<CurrencySearch> {
        crate::client::Results::new(self.0, search)
    }
}
