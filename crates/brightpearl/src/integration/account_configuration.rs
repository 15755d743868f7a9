//! The account's configuration (docs/evidence/brightpearl-platform.md#account-configuration).
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
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{answer, ids::OrderStatusId, request::Request};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/integration-service/account-configuration", Idempotency::Read);

/// The account's configuration: names and values, unchanged and every value a string; the important ones have a
/// method.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct AccountConfiguration(pub BTreeMap<String, String>);

/// The values that the code depends on.
const TEXTS: [&str; 2] = ["timeZone", "baseCurrencyCode"];
const STATUSES: [&str; 2] = ["newSalesCreditStatusId", "cancelledOrderStatusId"];

/// A value that is not a text is left out: there are some two hundred values, and four of them matter.
impl<'de> Deserialize<'de> for AccountConfiguration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(transparent)]
        struct Values(#[serde(deserialize_with = "wire::map::deserialize")] BTreeMap<String, Value>);

        #[derive(Deserialize)]
        #[serde(transparent)]
        struct Value(serde_json::Value);

        let Values(values) = Values::deserialize(deserializer)?;
        let mut texts = BTreeMap::new();
        for (name, Value(value)) in values {
            let text = match &value {
                serde_json::Value::Null => None,
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Number(number) => Some(number.to_string()),
                serde_json::Value::Bool(flag) => Some(flag.to_string()),
                _ if TEXTS.contains(&name.as_str()) || STATUSES.contains(&name.as_str()) => {
                    return Err(D::Error::custom(format!("{name} is not a text")));
                }
                _ => None,
            };
            let is_given = text.as_ref().is_some_and(|text| !text.trim().is_empty());
            if is_given && STATUSES.contains(&name.as_str()) {
                let status = wire::unsigned::deserialize(&value)
                    .map_err(|error| D::Error::custom(format!("{name} is not a status id: {error}")))?;
                texts.insert(name, status.to_string());
            } else {
                texts.extend(text.map(|text| (name, text)));
            }
        }
        Ok(Self(texts))
    }
}

impl AccountConfiguration {
    /// Returns the value with this name, unless it is empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the account's time zone, an IANA name.
    pub fn time_zone(&self) -> Option<&str> {
        self.value("timeZone")
    }

    /// Returns the account's base currency.
    pub fn base_currency(&self) -> Option<CurrencyCode> {
        self.value("baseCurrencyCode").map(CurrencyCode::new)
    }

    /// Returns the status that new sales credits get.
    pub fn new_sales_credit_status(&self) -> Option<OrderStatusId> {
        self.value("newSalesCreditStatusId")?.parse().ok()
    }

    /// Returns the status of cancelled sales orders.
    pub fn cancelled_order_status(&self) -> Option<OrderStatusId> {
        self.value("cancelledOrderStatusId")?.parse().ok()
    }
}

/// Requests the account's configuration.
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
