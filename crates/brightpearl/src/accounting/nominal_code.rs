//! Nominal codes: the chart of accounts, and the bank accounts in it (brightpearl-accounting-warehouse.md A4, A5).

use api_client_core::{Endpoint, Idempotency, Method};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{CurrencyId, NominalCode, NominalCodeId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/nominal-code/{nominalCodeIds}", Idempotency::Read);

/// An account of the chart of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NominalAccount {
    /// The internal id; not the code.
    pub id: NominalCodeId,
    /// The code people use: four digits.
    pub code: NominalCode,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The account type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<NominalCodeType>,
    /// Whether it is a bank account: what *Accounting › List bank accounts* shows.
    #[serde(default)]
    pub bank: bool,
    /// Whether it is an expense account.
    #[serde(default)]
    pub expense: bool,
    /// Whether it is for discounts.
    #[serde(default)]
    pub discount: bool,
    /// Whether it may be edited.
    #[serde(default)]
    pub editable: bool,
    /// Whether it may be used.
    #[serde(default)]
    pub active: bool,
    /// The default tax code's number; 0 when none.
    #[serde(default, with = "rust_decimal::serde::float")]
    pub tax_code: Decimal,
    /// The code in the tax authority's chart.
    #[serde(default)]
    pub chart_map_code: String,
    /// Whether it is to be reconciled with bank statements.
    #[serde(default)]
    pub reconcile: bool,
    /// The currency it is tied to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency_id: Option<CurrencyId>,
}

/// An account type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NominalCodeType {
    /// Its id.
    #[serde(with = "api_client_core::wire::unsigned")]
    pub id: u64,
}

/// The whole chart of accounts.
pub fn list() -> Request<Vec<NominalAccount>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// These accounts, by internal id.
pub fn get(ids: &IdSet) -> Request<Vec<NominalAccount>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// The chart of accounts: [`Client::nominal_codes`](crate::Client::nominal_codes).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct NominalCodes<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl NominalCodes<'_> {
    /// The whole chart of accounts.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<NominalAccount>, crate::Error> {
        self.0.send(&list()).await
    }
}

/// The bank accounts of an account: [`Client::bank_accounts`](crate::Client::bank_accounts).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct BankAccounts<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl BankAccounts<'_> {
    /// All nominal codes that are flagged as bank accounts: what *Accounting › List bank accounts* shows.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<NominalAccount>, crate::Error> {
        let mut accounts = self.0.send(&list()).await?;
        accounts.retain(|account| account.bank);
        Ok(accounts)
    }
}
