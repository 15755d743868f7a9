use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::values::Verbatim;

/// The code of a Brightpearl account, such as `acmeoutdoors`: letters, digits and hyphens.
///
/// The number that some screens show beside it is not the code (returngo.md §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountCode(String);

/// A text that cannot be an account's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "account_id {text:?} {problem}: expected the account's code, letters, digits and hyphens such as `acmeoutdoors`. \
     It is the name after `/public-api/` in the address of every API request, and what users type as account when \
     they log in to Brightpearl"
)]
pub struct InvalidAccountCode {
    text: String,
    problem: &'static str,
}

impl AccountCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountCode {
    type Err = InvalidAccountCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match problem(text) {
            Some(problem) => Err(InvalidAccountCode { text: text.to_owned(), problem }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

fn problem(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("is empty")
    } else if text.trim() != text {
        Some("has spaces around it")
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Some("is a number")
    } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Some("has other characters than letters, digits and hyphens")
    } else {
        None
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Verbatim::deserialize(deserializer)?.0.parse().map_err(D::Error::custom)
    }
}
