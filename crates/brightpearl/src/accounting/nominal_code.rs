//! Nominal codes: the chart of accounts, and the bank accounts in it
//! (docs/evidence/brightpearl-accounting.md#nominal-codes,
//! docs/evidence/brightpearl-accounting.md#refund-method-code-and-bank-account).
//!
//! ```
//! use brightpearl::accounting::{NominalCodeSearch, nominal_code};
//!
//! let request = nominal_code::search(&NominalCodeSearch::new().code_contains("1210").bank(&true));
//! assert_eq!(request.to_string(), "GET /accounting-service/nominal-code-search?code=1210&bank=true");
//! ```

use api_client_core::{Endpoint, Idempotency, Method, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    IdSet, answer,
    ids::{CurrencyId, NominalCode, NominalCodeId},
    request::Request,
    search::{Page, SearchQuery, searchable},
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/nominal-code/{nominalCodeIds}", Idempotency::Read);

const SEARCH: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/nominal-code-search", Idempotency::Read);

/// An account of the chart of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NominalAccount {
    /// The internal id; not the code.
    pub id: NominalCodeId,
    /// The code people use: four digits.
    pub code: NominalCode,
    /// The name.
    #[serde(default, with = "wire::informational")]
    pub name: String,
    /// The account type.
    #[serde(rename = "type", default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub kind: Option<NominalCodeType>,
    /// Whether it is a bank account: what *Accounting › List bank accounts* shows.
    #[serde(default, with = "wire::boolean")]
    pub bank: bool,
    /// Whether it is an expense account.
    #[serde(default, with = "wire::informational")]
    pub expense: bool,
    /// Whether it is for discounts.
    #[serde(default, with = "wire::informational")]
    pub discount: bool,
    /// Whether it may be edited.
    #[serde(default, with = "wire::informational")]
    pub editable: bool,
    /// Whether it may be used.
    #[serde(default, with = "wire::boolean")]
    pub active: bool,
    /// The default tax code's number; 0 when none.
    #[serde(
        default,
        deserialize_with = "informational_or_zero",
        serialize_with = "wire::decimal_number::serialize"
    )]
    pub tax_code: Decimal,
    /// The code in the tax authority's chart.
    #[serde(default, with = "wire::informational")]
    pub chart_map_code: String,
    /// Whether it is to be reconciled with bank statements.
    #[serde(default, with = "wire::informational")]
    pub reconcile: bool,
    /// The currency it is tied to, if any.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub currency_id: Option<CurrencyId>,
}

fn informational_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    Ok(wire::informational_decimal::deserialize(deserializer)?.unwrap_or_default())
}

/// An account type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NominalCodeType {
    /// Its id.
    #[serde(with = "wire::unsigned")]
    pub id: u64,
}

/// An account as `nominal-code-search` lists it. There is no internal id here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct NominalCodeRow {
    /// The code people use: four digits.
    pub code: Option<NominalCode>,
    /// The name.
    pub name: Option<String>,
    /// The account type.
    #[serde(rename = "type")]
    pub kind: Option<u64>,
    /// Whether it is a bank account.
    pub bank: Option<bool>,
    /// The currency it is tied to, if any.
    pub currency_id: Option<CurrencyId>,
    /// Whether it may be used.
    pub active: Option<bool>,
}

searchable! {
    /// Finds accounts. Codes and names are found by parts: compare exactly afterwards.
    pub struct NominalCodeSearch for NominalCodeRow, at SEARCH {
        /// With this in the code.
        code_contains(str) = "code",
        /// With this in the name.
        name_contains(str) = "name",
        /// Bank accounts, or not.
        bank(bool) = "bank",
        /// Tied to this currency.
        currency(CurrencyId) = "currencyId",
        /// That may be used, or not.
        active(bool) = "active",
    }

    /// The columns of a search of accounts, as [`NominalCodeSearch::columns`] takes them.
    pub enum NominalCodeColumn {
        Code = "code",
        Name = "name",
        Type = "type",
        Bank = "bank",
        CurrencyId = "currencyId",
        Active = "active",
    }
}

/// Requests the whole chart of accounts.
#[inline]
pub fn list() -> Request<Vec<NominalAccount>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these accounts, by internal id.
#[inline]
pub fn get(ids: &IdSet<NominalCodeId>) -> Request<Vec<NominalAccount>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Requests one page of a search: the way to an account by its code, as [`get`] takes internal ids.
#[inline]
pub fn search(search: &NominalCodeSearch) -> Request<Page<NominalCodeRow>> {
    search.request()
}

/// The chart of accounts: [`Client::nominal_codes`](crate::Client::nominal_codes).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct NominalCodes<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl NominalCodes<'_> {
    /// Gets the whole chart of accounts.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<NominalAccount>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these accounts, by internal id; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<NominalCodeId>) -> Result<Vec<NominalAccount>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Searches for accounts.
    pub fn search(&self, search: NominalCodeSearch) -> crate::client::Results<NominalCodeSearch> {
        crate::client::Results::new(self.0, search)
    }
}

/// The bank accounts of an account: [`Client::bank_accounts`](crate::Client::bank_accounts).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct BankAccounts<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl BankAccounts<'_> {
    /// Lists all nominal codes that are flagged as bank accounts: what *Accounting › List bank accounts* shows.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<NominalAccount>, crate::Error> {
        let mut accounts = self.0.send(&list()).await?;
        accounts.retain(|account| account.bank);
        Ok(accounts)
    }
}
