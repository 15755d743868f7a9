//! The caller's own installation in an account (docs/evidence/brightpearl-platform.md#account-configuration).
//!
//! ```
//! use brightpearl::integration::instance;
//!
//! assert_eq!(instance::rename("Returns").to_string(), "PUT /integration-service/integration/instance");
//! ```

use api_client_core::{Endpoint, Idempotency, Method};
use serde::{Deserialize, Serialize};

use crate::{
    answer,
    ids::{InstanceId, IntegrationId},
    request::Request,
};

const RENAME: Endpoint =
    Endpoint::new(Method::Put, "/integration-service/integration/instance", Idempotency::RepeatableWrite);

/// An integration that is installed in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IntegrationInstance {
    /// The installation: half of the unique key of a sales credit.
    pub installed_integration_instance_id: InstanceId,
    /// The integration.
    pub installed_integration_id: IntegrationId,
    /// The name that the account's staff see.
    pub instance_name: String,
}

/// Renames the caller's own installation; nothing else about it can change. The same name again changes nothing
/// and still returns the installation's ids.
#[inline]
pub fn rename(name: &str) -> Request<IntegrationInstance> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        instance_name: &'a str,
    }
    Request::new(RENAME, &[], answer::payload).body(&Body { instance_name: name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_goes_out() {
        let request = rename("Returns – UK");
        assert_eq!(request.to_string(), "PUT /integration-service/integration/instance");
        assert_eq!(request.json(), Some(r#"{"instanceName":"Returns – UK"}"#));
    }
}
