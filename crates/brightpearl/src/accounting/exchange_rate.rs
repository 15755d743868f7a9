//! Exchange rates of the account's currencies over time
//! (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    answer,
    ids::{ContactId, CurrencyId},
    request::Request,
};

const LIST: Endpoint = Endpoint::new(Method::Get, "/accounting-service/exchange-rate", Idempotency::Read);
const CREATE: Endpoint = Endpoint::new(
    Method::Post,
    "/accounting-service/currency/{currencyId}/exchange-rate",
    Idempotency::UnkeyedWrite,
);
const UPDATE: Endpoint = Endpoint::new(
    Method::Put,
    "/accounting-service/currency/{currencyId}/exchange-rate",
    Idempotency::RepeatableWrite,
);

/// A rate from a time on, until the next one of the same currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExchangeRate {
    /// The currency; never the base currency.
    pub currency_id: CurrencyId,
    /// From when on; 1970 for the rate that the currency began with.
    pub rate_active_from: OffsetDateTime,
    /// Units of this currency for one of base currency, six decimals.
    #[serde(with = "wire::decimal_number")]
    pub rate: Decimal,
    /// Who set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by_id: Option<ContactId>,
}

/// A rate to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewExchangeRate {
    /// From when on; a past time is rejected.
    pub rate_active_from: OffsetDateTime,
    /// Units of this currency for one of base currency, at most six decimals.
    #[serde(with = "wire::decimal_number")]
    pub rate: Decimal,
}

impl NewExchangeRate {
    /// Creates a rate, in units of the currency for one unit of base currency, that applies from this time on.
    pub fn new(active_from: impl Into<OffsetDateTime>, rate: Decimal) -> Self {
        Self { rate_active_from: active_from.into(), rate }
    }
}

/// The rate of a currency that is in force at a time: the newest that began by then.
///
/// ```
/// use brightpearl::{CurrencyId, accounting::{ExchangeRate, exchange_rate}};
///
/// let rates: Vec<ExchangeRate> = serde_json::from_str(
///     r#"[{"currencyId":2,"rateActiveFrom":"2026-05-01T00:00:00.000Z","rate":1.17,"addedById":4},
///         {"currencyId":2,"rateActiveFrom":"1970-01-01T00:00:00.000Z","rate":1.2,"addedById":0}]"#,
/// )?;
/// let rate = exchange_rate::in_force(&rates, CurrencyId::new(2), "2026-04-30T12:00:00Z".parse::<jiff::Timestamp>()?);
/// assert_eq!(rate.map(|rate| rate.rate.to_string()).as_deref(), Some("1.2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn in_force(
    rates: &[ExchangeRate],
    currency: CurrencyId,
    at: impl Into<OffsetDateTime>,
) -> Option<&ExchangeRate> {
    let at = at.into().timestamp();
    let begun =
        |rate: &&ExchangeRate| rate.rate_active_from.timestamp() <= at && rate.currency_id == currency;
    rates.iter().filter(begun).max_by_key(|rate| rate.rate_active_from.timestamp())
}

/// Requests all rates of all currencies, past and future ones too.
#[inline]
pub fn list() -> Request<Vec<ExchangeRate>> {
    Request::new(LIST, &[], answer::payload).empty_when_absent()
}

/// Adds a rate. There is no key: list the rates before sending it again.
#[inline]
pub fn create(currency: CurrencyId, rate: &NewExchangeRate) -> Request<()> {
    Request::new(CREATE, &[&currency], answer::nothing)
        .body(rate)
        .with_verification_hint("list the exchange rates")
}

/// Changes the rate that begins at the same time.
#[inline]
pub fn update(currency: CurrencyId, rate: &NewExchangeRate) -> Request<()> {
    Request::new(UPDATE, &[&currency], answer::nothing).body(rate)
}

/// The exchange rates of an account: [`Client::exchange_rates`](crate::Client::exchange_rates).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct ExchangeRates<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl ExchangeRates<'_> {
    /// Lists all rates of all currencies, past and future ones too; [`in_force`] finds the one that counts.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<ExchangeRate>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Adds a rate.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, currency: CurrencyId, rate: &NewExchangeRate) -> Result<(), crate::Error> {
        self.0.send(&create(currency, rate)).await
    }

    /// Changes the rate that begins at the same time.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn update(&self, currency: CurrencyId, rate: &NewExchangeRate) -> Result<(), crate::Error> {
        self.0.send(&update(currency, rate)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(currency: u64, from: &str, rate: &str) -> ExchangeRate {
        ExchangeRate {
            currency_id: CurrencyId::new(currency),
            rate_active_from: from.parse().unwrap(),
            rate: rate.parse().unwrap(),
            added_by_id: None,
        }
    }

    #[test]
    fn the_newest_rate_that_has_begun_is_in_force() {
        let rates = [
            rate(2, "2026-05-10T00:00:00Z", "1.19"),
            rate(2, "2026-05-01T00:00:00Z", "1.17"),
            rate(3, "2026-05-04T00:00:00Z", "1.31"),
        ];
        let at = |time: &str| in_force(&rates, CurrencyId::new(2), time.parse::<OffsetDateTime>().unwrap());
        assert_eq!(at("2026-05-09T23:59:59Z"), Some(&rates[1]));
        assert_eq!(at("2026-05-10T01:00:00+01:00"), Some(&rates[0]), "the instant counts, not its offset");
        assert_eq!(at("2026-04-30T00:00:00Z"), None);
    }

    #[test]
    fn a_rate_goes_out_as_a_number() {
        let new = NewExchangeRate {
            rate_active_from: "2026-06-01T00:00:00+01:00".parse().unwrap(),
            rate: "1.172500".parse().unwrap(),
        };
        let request = create(CurrencyId::new(2), &new);
        assert_eq!(request.to_string(), "POST /accounting-service/currency/2/exchange-rate");
        assert_eq!(
            request.json(),
            Some(r#"{"rateActiveFrom":"2026-06-01T00:00:00.000+01:00","rate":1.1725}"#)
        );
    }
}
