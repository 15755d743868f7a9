//! Payment methods: the codes that payments are recorded under, and the bank accounts behind them
//! (docs/evidence/brightpearl-accounting.md#payment-methods).
//!
//! ```
//! use brightpearl::{CurrencyCode, accounting::PaymentMethod};
//!
//! let method: PaymentMethod = serde_json::from_str(
//!     r#"{"name":"Stripe UK","code":"STRIPE_UK","isActive":true,
//!         "bankAccounts":[{"currencyIsoCode":"GBP","bankAccountNominalCode":"1210"}]}"#,
//! )?;
//! assert_eq!(method.bank_account(&CurrencyCode::new("GBP")).map(|code| code.as_str()), Some("1210"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, wire};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{NominalCode, PaymentMethodCode, PaymentMethodId},
    request::Request,
    search::{Page, SearchQuery, searchable},
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/payment-method/{paymentMethodIds}", Idempotency::Read);
const SEARCH: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/payment-method-search", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/accounting-service/payment-method/", Idempotency::UnkeyedWrite);
const UPDATE: Endpoint = Endpoint::new(
    Method::Put,
    "/accounting-service/payment-method/{paymentMethodId}",
    Idempotency::RepeatableWrite,
);

/// A payment method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentMethod {
    /// The method. Absent in the documentation's example, present for live integrations.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<PaymentMethodId>,
    /// The name people see.
    #[serde(default, with = "wire::informational")]
    pub name: String,
    /// The code that payments carry.
    pub code: PaymentMethodCode,
    /// Whether it is offered for new payments.
    #[serde(default, with = "wire::boolean")]
    pub is_active: bool,
    /// Where its money goes, one entry a currency. Empty for vouchers and store credit.
    #[serde(default, with = "wire::null_is_default")]
    pub bank_accounts: Vec<BankAccountLink>,
    /// The integration that owns it; `0` when none.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub installed_integration_id: Option<String>,
}

/// The bank account that a payment method posts to in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BankAccountLink {
    /// The method.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<PaymentMethodId>,
    /// The currency.
    pub currency_iso_code: CurrencyCode,
    /// The bank account's nominal code; may be empty.
    #[serde(deserialize_with = "wire::possibly_empty::deserialize")]
    pub bank_account_nominal_code: NominalCode,
}

impl PaymentMethod {
    /// Returns the bank account for payments in this currency, if it has one of its own.
    pub fn bank_account(&self, currency: &CurrencyCode) -> Option<&NominalCode> {
        self.bank_accounts
            .iter()
            .find(|account| account.currency_iso_code == *currency)
            .map(|account| &account.bank_account_nominal_code)
    }
}

/// What a payment method is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewPaymentMethod {
    /// The name people see; unique, ignoring case.
    pub name: String,
    /// The code that payments carry, at most 32 characters; unique, ignoring case, stored in upper case.
    pub code: PaymentMethodCode,
    /// Whether it is offered for new payments.
    pub is_active: bool,
    /// Where its money goes, one entry a currency. If there is any, there must be one for the base currency.
    #[serde(default)]
    pub bank_accounts: Vec<BankAccountLink>,
    /// The integration that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_integration_id: Option<String>,
}

impl NewPaymentMethod {
    /// Creates an active method without bank accounts.
    pub fn new(name: impl Into<String>, code: impl Into<PaymentMethodCode>) -> Self {
        Self {
            name: name.into(),
            code: code.into(),
            is_active: true,
            bank_accounts: Vec::new(),
            installed_integration_id: None,
        }
    }
}

/// A payment method as `payment-method-search` lists it, probably one row a currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PaymentMethodRow {
    /// The method.
    pub id: Option<PaymentMethodId>,
    /// The code that payments carry.
    pub code: Option<PaymentMethodCode>,
    /// The name people see.
    pub name: Option<String>,
    /// Whether it is offered for new payments.
    pub active: Option<bool>,
    /// A currency it has a bank account for.
    pub currency: Option<CurrencyCode>,
    /// That bank account's nominal code.
    pub bank_account: Option<NominalCode>,
}

searchable! {
    /// Finds payment methods. Texts are found by parts: compare exactly afterwards.
    pub struct PaymentMethodSearch for PaymentMethodRow, at SEARCH {
        /// These methods.
        ids(IdSet<PaymentMethodId>) = "id",
        /// With this in the code.
        code_contains(str) = "code",
        /// With this in the name.
        name_contains(str) = "name",
        /// Offered for new payments, or not.
        active(bool) = "active",
        /// With a bank account for this currency.
        currency(CurrencyCode) = "currency",
        /// Posting to this account.
        bank_account(NominalCode) = "bank_account",
    }

    /// The columns of a search of payment methods, as [`PaymentMethodSearch::columns`] takes them.
    pub enum PaymentMethodColumn {
        Id = "id",
        Code = "code",
        Name = "name",
        Active = "active",
        Currency = "currency",
        BankAccount = "bank_account",
    }
}

/// Requests all payment methods.
#[inline]
pub fn list() -> Request<Vec<PaymentMethod>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these payment methods.
#[inline]
pub fn get(ids: &IdSet<PaymentMethodId>) -> Request<Vec<PaymentMethod>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Requests one page of a search.
#[inline]
pub fn search(search: &PaymentMethodSearch) -> Request<Page<PaymentMethodRow>> {
    search.request()
}

/// Creates a payment method. Codes are unique, but which refusal says so is not documented: list the methods
/// before sending it again. The nominal codes must exist, the currencies must be set up.
#[inline]
pub fn create(method: &NewPaymentMethod) -> Request<PaymentMethodId> {
    Request::new(CREATE, &[], answer::payload).body(method).with_verification_hint("list the payment methods")
}

/// Replaces a payment method.
#[inline]
pub fn update(method: PaymentMethodId, content: &NewPaymentMethod) -> Request<()> {
    Request::new(UPDATE, &[&method], answer::nothing).body(content)
}

/// The payment methods of an account: [`Client::payment_methods`](crate::Client::payment_methods).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct PaymentMethods<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl PaymentMethods<'_> {
    /// Lists all payment methods.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<PaymentMethod>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these payment methods; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<PaymentMethodId>) -> Result<Vec<PaymentMethod>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Searches for payment methods.
    pub fn search(&self, search: PaymentMethodSearch) -> crate::client::Results<PaymentMethodSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Creates a payment method; see [`create`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, method: &NewPaymentMethod) -> Result<PaymentMethodId, crate::Error> {
        self.0.send(&create(method)).await
    }

    /// Replaces a payment method.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn update(
        &self,
        method: PaymentMethodId,
        content: &NewPaymentMethod,
    ) -> Result<(), crate::Error> {
        self.0.send(&update(method, content)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_has_names_of_its_own() {
        let search = PaymentMethodSearch::new().active(&true).bank_account(&NominalCode::new("1210"));
        assert_eq!(
            super::search(&search).to_string(),
            "GET /accounting-service/payment-method-search?active=true&bank_account=1210"
        );
    }

    #[test]
    fn a_method_without_bank_account_goes_out_with_none() {
        let voucher = NewPaymentMethod {
            name: "Gift voucher".into(),
            code: PaymentMethodCode::new("VOUCHER"),
            is_active: true,
            bank_accounts: Vec::new(),
            installed_integration_id: None,
        };
        assert_eq!(
            create(&voucher).json(),
            Some(r#"{"name":"Gift voucher","code":"VOUCHER","isActive":true,"bankAccounts":[]}"#)
        );
    }
}
