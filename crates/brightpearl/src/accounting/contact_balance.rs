//! What a customer owes or is owed (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).
//!
//! ```
//! use brightpearl::{ContactId, accounting::contact_balance};
//!
//! let request = contact_balance::get(ContactId::new(5012), &"GBP".into());
//! assert_eq!(request.to_string(), "GET /accounting-service/contact/5012/currency/GBP/balance");
//! ```

use api_client_core::{CurrencyCode, Endpoint, HttpResponse, Idempotency, Method, decode::DecodeError, wire};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::{answer, ids::ContactId, request::Request};

const GET: Endpoint = Endpoint::new(
    Method::Get,
    "/accounting-service/contact/{contactId}/currency/{currencyCode}/balance",
    Idempotency::Read,
);

/// Requests the balance of a customer in one currency, over all time. An unknown customer or currency has an
/// empty balance too: Brightpearl does not report it as an error.
#[inline]
pub fn get(customer: ContactId, currency: &CurrencyCode) -> Request<Option<Decimal>> {
    Request::new(GET, &[&customer, currency], balance)
}

/// As [`get`], from one day to another, both included.
#[inline]
pub fn get_between(
    customer: ContactId,
    currency: &CurrencyCode,
    from: Date,
    until: Date,
) -> Request<Option<Decimal>> {
    get(customer, currency).query("dateFrom", from.to_string()).query("dateTo", until.to_string())
}

fn balance(answer: &HttpResponse) -> Result<Option<Decimal>, DecodeError> {
    let balance: Option<wire::Number> = answer::payload(answer)?;
    Ok(balance.map(|wire::Number(balance)| balance))
}

/// The balances of customers: [`Client::contact_balances`](crate::Client::contact_balances).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct ContactBalances<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl ContactBalances<'_> {
    /// Gets the balance of a customer in one currency; see [`get`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(
        &self,
        customer: ContactId,
        currency: &CurrencyCode,
    ) -> Result<Option<Decimal>, crate::Error> {
        self.0.send(&get(customer, currency)).await
    }

    /// As [`ContactBalances::get`], from one day to another, both included.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get_between(
        &self,
        customer: ContactId,
        currency: &CurrencyCode,
        from: Date,
        until: Date,
    ) -> Result<Option<Decimal>, crate::Error> {
        self.0.send(&get_between(customer, currency, from, until)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_client_core::HttpResponse;

    #[test]
    fn none_and_a_text_are_both_answers() {
        let request = get_between(
            ContactId::new(5012),
            &CurrencyCode::new("GBP"),
            "2026-01-01".parse().unwrap(),
            "2026-03-31".parse().unwrap(),
        );
        assert_eq!(
            request.to_string(),
            "GET /accounting-service/contact/5012/currency/GBP/balance?dateFrom=2026-01-01&dateTo=2026-03-31"
        );
        let read = |body: &str| {
            request
                .read(&HttpResponse { status: 200, headers: Default::default(), body: body.into() })
                .unwrap()
        };
        assert_eq!(
            read(r#"{"response":"50.00"}"#).map(|balance| balance.to_string()).as_deref(),
            Some("50.00")
        );
        assert_eq!(read(r#"{"response":null}"#), None);
    }
}
