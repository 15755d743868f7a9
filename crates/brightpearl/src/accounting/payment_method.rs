//! Payment methods: the codes that payments are recorded under, and the bank accounts behind them
//! (brightpearl-accounting-warehouse.md A3).

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method};
use serde::{Deserialize, Serialize};

use crate::{
    answer,
    ids::{NominalCode, PaymentMethodCode, PaymentMethodId},
    request::Request,
};

const LIST: Endpoint = Endpoint::new(Method::Get, "/accounting-service/payment-method/", Idempotency::Read);

/// A payment method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentMethod {
    /// The method. Absent in the documentation's example, present for live integrations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PaymentMethodId>,
    /// The name people see.
    #[serde(default)]
    pub name: String,
    /// The code that payments carry.
    pub code: PaymentMethodCode,
    /// Whether it is offered for new payments.
    #[serde(default)]
    pub is_active: bool,
    /// Where its money goes, one entry a currency. Empty for vouchers and store credit.
    #[serde(default, with = "api_client_core::wire::null_is_default")]
    pub bank_accounts: Vec<BankAccountLink>,
    /// The integration that owns it; `0` when none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    pub installed_integration_id: Option<String>,
}

/// The bank account that a payment method posts to in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BankAccountLink {
    /// The method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<PaymentMethodId>,
    /// The currency.
    pub currency_iso_code: CurrencyCode,
    /// The bank account's nominal code.
    pub bank_account_nominal_code: NominalCode,
}

impl PaymentMethod {
    /// The bank account for payments in this currency, if it has one of its own.
    pub fn bank_account(&self, currency: &CurrencyCode) -> Option<&NominalCode> {
        self.bank_accounts
            .iter()
            .find(|account| account.currency_iso_code == *currency)
            .map(|account| &account.bank_account_nominal_code)
    }
}

fn optional_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    api_client_core::wire::text::deserialize(deserializer).map(Some)
}

/// All payment methods.
pub fn list() -> Request<Vec<PaymentMethod>> {
    Request::new(LIST, &[], answer::payload).empty_when_absent()
}

/// The payment methods of an account: [`Client::payment_methods`](crate::Client::payment_methods).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct PaymentMethods<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl PaymentMethods<'_> {
    /// All payment methods.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<PaymentMethod>, crate::Error> {
        self.0.send(&list()).await
    }
}
