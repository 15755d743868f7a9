//! The books of an account that starts: nominal codes, payment methods, tax codes, currencies, periods.

use brightpearl::{
    CurrencyCode, CurrencyId, NominalCode, NominalCodeId, OffsetDateTime, PaymentMethodCode, PaymentMethodId,
    TaxCode, TaxCodeId,
};
use rust_decimal::Decimal;
use serde::Deserialize;

/// A period of the books.
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

/// A nominal code; `id` is the internal one, `code` the four digits.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedNominalCode {
    pub id: NominalCodeId,
    pub code: NominalCode,
    pub name: String,
    #[serde(default)]
    pub bank: bool,
    #[serde(default = "yes")]
    pub active: bool,
    pub currency_id: Option<CurrencyId>,
}

impl SeedNominalCode {
    /// A nominal code that is no bank account, such as `4040`.
    pub fn new(id: u64, code: &str, name: &str) -> Self {
        Self {
            id: NominalCodeId::new(id),
            code: NominalCode::new(code),
            name: name.to_owned(),
            bank: false,
            active: true,
            currency_id: None,
        }
    }

    /// A bank account.
    pub fn bank(id: u64, code: &str, name: &str) -> Self {
        Self { bank: true, ..Self::new(id, code, name) }
    }

    /// No longer in use.
    #[must_use]
    pub fn inactive(self) -> Self {
        Self { active: false, ..self }
    }

    /// Tied to the currency with this id.
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
}

impl SeedPaymentMethod {
    /// A method without a bank account, such as store credit: what is paid by it is in no journal.
    pub fn new(id: u64, code: &str, name: &str) -> Self {
        Self {
            id: PaymentMethodId::new(id),
            code: PaymentMethodCode::new(code),
            name: name.to_owned(),
            is_active: true,
            bank_accounts: Vec::new(),
        }
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

    /// No longer offered.
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

/// A tax code; no rate means zero.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedTaxCode {
    pub id: TaxCodeId,
    pub code: TaxCode,
    #[serde(default)]
    pub description: String,
    pub rate: Option<Decimal>,
}

impl SeedTaxCode {
    /// A tax code of so many percent; 0 for a zero rate.
    pub fn new(id: u64, code: &str, percent: impl Into<Decimal>) -> Self {
        Self {
            id: TaxCodeId::new(id),
            code: TaxCode::new(code),
            description: String::new(),
            rate: Some(percent.into()),
        }
    }
}

/// A currency; the rate is units of it for one of base currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedCurrency {
    pub id: CurrencyId,
    pub code: CurrencyCode,
    pub title: String,
    #[serde(default)]
    pub symbol: String,
    pub exchange_rate: Decimal,
    #[serde(default)]
    pub is_default: bool,
}

impl SeedCurrency {
    /// A currency beside the base currency, of which this many are worth one of base currency.
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

    /// The currency of the books.
    pub fn base(id: u64, code: &str) -> Self {
        Self { is_default: true, ..Self::new(id, code, 1) }
    }
}
