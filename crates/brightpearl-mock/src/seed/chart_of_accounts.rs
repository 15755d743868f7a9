//! The chart of accounts of a seed: nominal codes, payment methods, tax codes, currencies, accounting periods.

use api_client_core::wire;
use brightpearl::{
    CurrencyCode, CurrencyId, IntegrationId, NominalCode, NominalCodeId, OffsetDateTime, PaymentMethodCode,
    PaymentMethodId, TaxCode, TaxCodeId,
};
use rust_decimal::Decimal;
use serde::Deserialize;

/// An accounting period.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedAccountingPeriod {
    pub id: u64,
    pub start_date: OffsetDateTime,
    pub end_date: OffsetDateTime,
    #[serde(default)]
    pub closed: bool,
}

/// A nominal code. `id` is the internal id, `code` the four digits.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedNominalCode {
    pub id: NominalCodeId,
    pub code: NominalCode,
    pub name: String,
    #[serde(default)]
    pub bank: bool,
    #[serde(default)]
    pub discount: bool,
    #[serde(default = "yes")]
    pub active: bool,
    pub currency_id: Option<CurrencyId>,
}

impl SeedNominalCode {
    /// Creates a nominal code, such as `4040`.
    pub fn new(id: u64, code: &str, name: &str) -> Self {
        Self {
            id: NominalCodeId::new(id),
            code: NominalCode::new(code),
            name: name.to_owned(),
            bank: false,
            discount: false,
            active: true,
            currency_id: None,
        }
    }

    /// Creates the nominal code of a bank account.
    pub fn bank(id: u64, code: &str, name: &str) -> Self {
        Self { bank: true, ..Self::new(id, code, name) }
    }

    /// Creates the nominal code of discounts.
    pub fn discount(id: u64, code: &str, name: &str) -> Self {
        Self { discount: true, ..Self::new(id, code, name) }
    }

    /// Makes the nominal code inactive.
    #[must_use]
    pub fn inactive(self) -> Self {
        Self { active: false, ..self }
    }

    /// Assigns the nominal code to the currency with this id.
    #[must_use]
    pub fn currency(self, id: u64) -> Self {
        Self { currency_id: Some(CurrencyId::new(id)), ..self }
    }
}

const fn yes() -> bool {
    true
}

/// A payment method, with the nominal code of its bank account in each currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedPaymentMethod {
    pub id: PaymentMethodId,
    pub code: PaymentMethodCode,
    pub name: String,
    #[serde(default = "yes")]
    pub is_active: bool,
    #[serde(default)]
    pub bank_accounts: Vec<SeedBankAccount>,
    /// The integration of the installed app that the method belongs to.
    pub installed_integration_id: Option<IntegrationId>,
}

impl SeedPaymentMethod {
    /// Creates a method without a bank account, such as store credit. Its payments have no journal.
    pub fn new(id: u64, code: &str, name: &str) -> Self {
        Self {
            id: PaymentMethodId::new(id),
            code: PaymentMethodCode::new(code),
            name: name.to_owned(),
            is_active: true,
            bank_accounts: Vec::new(),
            installed_integration_id: None,
        }
    }

    /// Makes the method that of an installed app, given by its integration. In Brightpearl's own screens, a refund under
    /// the method of a payments app moves money (docs/evidence/brightpearl-accounting.md#payment-methods). Payments by
    /// API are recorded as under any other method.
    #[must_use]
    pub fn of_app(self, integration: u64) -> Self {
        Self { installed_integration_id: Some(IntegrationId::new(integration)), ..self }
    }

    /// Posts payments in this currency to this bank account. One of the accounts must be for the base currency.
    #[must_use]
    pub fn bank_account(mut self, currency: &str, nominal_code: &str) -> Self {
        self.bank_accounts.push(SeedBankAccount {
            currency_iso_code: CurrencyCode::new(currency),
            bank_account_nominal_code: NominalCode::new(nominal_code),
        });
        self
    }

    /// Makes the method inactive.
    #[must_use]
    pub fn inactive(self) -> Self {
        Self { is_active: false, ..self }
    }
}

/// The bank account of a payment method in one currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedBankAccount {
    pub currency_iso_code: CurrencyCode,
    pub bank_account_nominal_code: NominalCode,
}

/// A tax code. Without a rate it is zero-rated.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedTaxCode {
    pub id: TaxCodeId,
    pub code: TaxCode,
    #[serde(default)]
    pub description: String,
    #[serde(default, with = "wire::optional_decimal")]
    pub rate: Option<Decimal>,
}

impl SeedTaxCode {
    /// Creates a tax code with this rate in percent.
    pub fn new(id: u64, code: &str, percent: impl Into<Decimal>) -> Self {
        Self {
            id: TaxCodeId::new(id),
            code: TaxCode::new(code),
            description: String::new(),
            rate: Some(percent.into()),
        }
    }
}

/// A currency. The rate is in units of it per unit of the base currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedCurrency {
    pub id: CurrencyId,
    pub code: CurrencyCode,
    pub title: String,
    #[serde(default)]
    pub symbol: String,
    #[serde(with = "wire::decimal")]
    pub exchange_rate: Decimal,
    #[serde(default)]
    pub is_default: bool,
}

impl SeedCurrency {
    /// Creates a further currency, with its units per unit of the base currency.
    pub fn new(id: u64, code: &str, exchange_rate: impl Into<Decimal>) -> Self {
        Self {
            id: CurrencyId::new(id),
            code: CurrencyCode::new(code),
            title: code.to_owned(),
            symbol: String::new(),
            exchange_rate: exchange_rate.into(),
            is_default: false,
        }
    }

    /// Creates the base currency.
    pub fn base(id: u64, code: &str) -> Self {
        Self { is_default: true, ..Self::new(id, code, 1) }
    }
}
