//! The data centre of an account (docs/evidence/brightpearl-platform.md#locating-an-account).
//!
//! The lookup precedes a [`Client`](crate::Client): the address is outside `/public-api/`, on the master data
//! centre, and needs no credentials. So it is not a [`Request`] of an account. Send [`ask`] with any HTTP
//! client, or with a [`Transport`](crate::client::Transport), and pass the response to
//! [`AccountLocation::read`]. Brightpearl calls it deprecated; an OAuth app learns its host from the
//! `api_domain` of its token instead.
//!
//! ```
//! use brightpearl::utilities::account_location;
//!
//! let question = account_location::ask("acmedev", &"acmeoutdoors".parse()?);
//! assert_eq!(
//!     question.url,
//!     "https://euw1.brightpearlconnect.com/developer-tools/acmedev/account-location/acmeoutdoors"
//! );
//! # Ok::<(), brightpearl::InvalidAccountCode>(())
//! ```

use std::collections::BTreeMap;

use api_client_core::{Endpoint, HttpRequest, HttpResponse, Idempotency, Method, decode::DecodeError};
use serde::{Deserialize, Serialize};

use crate::{AccountCode, answer, request::Request};

/// The data centre that knows about all accounts.
const MASTER: &str = "https://euw1.brightpearlconnect.com";

const GET: Endpoint =
    Endpoint::new(Method::Get, "/developer-tools/{devRef}/account-location/{accountCode}", Idempotency::Read);

/// The location of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccountLocation {
    /// The data centre, such as `euw1`: what [`ClientBuilder::datacenter`](crate::ClientBuilder::datacenter)
    /// takes.
    pub datacentre_code: String,
    /// The host of its API. Older ones begin with `ws-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_domain: Option<String>,
    /// Addresses to sign in and to authorise at: `login`, `authorizeServer`, `authorizeInstance`.
    #[serde(default)]
    pub urls: BTreeMap<String, String>,
}

/// Returns the request for the location of an account, for the developer with this reference.
pub fn ask(developer_ref: &str, account: &AccountCode) -> HttpRequest {
    Request::new(GET, &[&developer_ref, account], AccountLocation::read).to_http(MASTER)
}

impl AccountLocation {
    /// Reads the response to [`ask`].
    ///
    /// # Errors
    /// When the response is not of that form.
    pub fn read(answer: &HttpResponse) -> Result<Self, DecodeError> {
        answer::payload(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_the_data_centre() {
        let body = r#"{"response":{"datacentreCode":"euw1","apiDomain":"ws-eu1.brightpearl.com",
            "urls":{"login":"https://login.example.test"}}}"#;
        let answer = HttpResponse { status: 200, headers: Default::default(), body: body.into() };
        let location = AccountLocation::read(&answer).unwrap();
        assert_eq!(location.datacentre_code, "euw1");
        assert_eq!(location.urls["login"], "https://login.example.test");
    }
}
