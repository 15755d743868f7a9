//! Money (docs/evidence/returngo.md#money).

use api_client_core::{CurrencyCode, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An amount in the customer's currency and in the shop's, in major units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    /// In the currency the customer paid in.
    #[serde(with = "wire::decimal_number")]
    pub amount: Decimal,
    /// The customer's currency.
    pub currency: CurrencyCode,
    /// In the shop's currency.
    #[serde(default, with = "wire::optional_decimal_number", skip_serializing_if = "Option::is_none")]
    pub shop_amount: Option<Decimal>,
    /// The shop's currency.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub shop_currency: Option<CurrencyCode>,
}

impl Money {
    /// Returns the amount in this currency, if it is the customer's or the shop's.
    ///
    /// ```
    /// use returngo::{CurrencyCode, Money};
    ///
    /// let money: Money = serde_json::from_str(
    ///     r#"{"amount":49.5,"currency":"EUR","shopAmount":42.1,"shopCurrency":"GBP"}"#,
    /// )?;
    /// assert_eq!(money.in_currency(&CurrencyCode::new("GBP")).unwrap().to_string(), "42.1");
    /// assert_eq!(money.in_currency(&CurrencyCode::new("USD")), None);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn in_currency(&self, currency: &CurrencyCode) -> Option<Decimal> {
        if self.currency == *currency {
            Some(self.amount)
        } else if self.shop_currency.as_ref() == Some(currency) {
            self.shop_amount
        } else {
            None
        }
    }
}
