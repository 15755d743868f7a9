use serde::{Deserialize, de};

use crate::ApiError;

/// The three forms of an error response.
#[derive(Debug, PartialEq)]
pub(crate) enum ErrorBody {
    /// A service's errors.
    Errors(Vec<ApiError>),
    /// The gateway's text: credentials, rate limit, unavailability.
    Gateway(String),
    /// Anything else, such as an HTML page.
    Other(String),
}

impl ErrorBody {
    /// Whether a 401 reports an expired token. The other texts quote unknown values, which may contain any
    /// word.
    pub(crate) fn says_expired(&self) -> bool {
        matches!(self, Self::Gateway(text) if text.starts_with("Authorization token expired"))
    }

    /// Reads the body of an error response.
    pub(crate) fn read(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Service {
            #[serde(deserialize_with = "one_or_many")]
            errors: Vec<ApiError>,
        }
        #[derive(Deserialize)]
        struct Gateway {
            response: String,
        }
        if let Ok(Service { errors }) = serde_json::from_slice(body) {
            Self::Errors(errors)
        } else if let Ok(Gateway { response }) = serde_json::from_slice(body) {
            Self::Gateway(response)
        } else {
            Self::Other(String::from_utf8_lossy(body).into_owned())
        }
    }
}

/// One documentation page shows `errors` as a single object (docs/evidence/brightpearl-platform.md#envelope).
fn one_or_many<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Vec<ApiError>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        Many(Vec<ApiError>),
        One(ApiError),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(errors) => errors,
        OneOrMany::One(error) => vec![error],
    })
}
