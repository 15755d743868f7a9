//! The account's configuration (brightpearl-platform.md §10).
//!
//! ```
//! use brightpearl::integration::AccountConfiguration;
//!
//! let answer = r#"{"timeZone":"Europe/London","newSalesCreditStatusId":"10"}"#;
//! let configuration: AccountConfiguration = serde_json::from_str(answer)?;
//! assert_eq!(configuration.time_zone(), Some("Europe/London"));
//! assert_eq!(configuration.new_sales_credit_status().map(|id| id.get()), Some(10));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::collections::BTreeMap;

use api_client_core::{CurrencyCode, Endpoint, HttpResponse, Idempotency, Method, decode::DecodeError, wire};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{answer, ids::OrderStatusId, request::Request};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/integration-service/account-configuration", Idempotency::Read);

/// The account's configuration: names and values as they came, every value a string; the ones that matter
/// here have a method.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct AccountConfiguration(pub BTreeMap<String, String>);

/// A value that is no text is left out: there are some two hundred of them, and five matter.
impl<'de> Deserialize<'de> for AccountConfiguration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(transparent)]
        struct Values(#[serde(deserialize_with = "wire::map::deserialize")] BTreeMap<String, Value>);

        #[derive(Deserialize)]
        #[serde(transparent)]
        struct Value(#[serde(deserialize_with = "wire::informational::deserialize")] Option<String>);

        let Values(values) = Values::deserialize(deserializer)?;
        let texts = values.into_iter().filter_map(|(name, Value(text))| Some((name, text?)));
        Ok(Self(texts.collect()))
    }
}

impl AccountConfiguration {
    /// The value under this name, unless it is empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The account's time zone, an IANA name.
    pub fn time_zone(&self) -> Option<&str> {
        self.value("timeZone")
    }

    /// The currency of the books.
    pub fn base_currency(&self) -> Option<CurrencyCode> {
        self.value("baseCurrencyCode").map(CurrencyCode::new)
    }

    /// The status that new sales credits get.
    pub fn new_sales_credit_status(&self) -> Option<OrderStatusId> {
        self.value("newSalesCreditStatusId")?.parse().ok()
    }

    /// The status of cancelled sales orders.
    pub fn cancelled_order_status(&self) -> Option<OrderStatusId> {
        self.value("cancelledOrderStatusId")?.parse().ok()
    }
}

/// The account's configuration.
#[inline]
pub fn get() -> Request<AccountConfiguration> {
    Request::new(GET, &[], read)
}

fn read(answer: &HttpResponse) -> Result<AccountConfiguration, DecodeError> {
    #[derive(Deserialize)]
    struct Payload {
        configuration: AccountConfiguration,
    }
    answer::payload::<Payload>(answer).map(|payload| payload.configuration)
}
