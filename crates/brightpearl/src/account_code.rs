use std::{fmt, str::FromStr};

use api_client_core::wire;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// An account's code, such as `acmeoutdoors`: letters, digits and hyphens, never only digits.
///
/// ```
/// use brightpearl::AccountCode;
///
/// assert!("acmeoutdoors".parse::<AccountCode>().is_ok());
/// assert!("1008".parse::<AccountCode>().unwrap_err().to_string().contains("it is a number"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountCode(String);

/// A text that is not an account code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAccountCode {
    text: String,
    reason: &'static str,
}

impl fmt::Display for InvalidAccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a Brightpearl account code: {}. The code is made of letters, digits and hyphens, such as \
             `acmeoutdoors`; it is in the address bar of Brightpearl after signing in, and on the sign-in page as \
             account ID",
            self.text, self.reason
        )
    }
}

impl std::error::Error for InvalidAccountCode {}

impl AccountCode {
    /// Returns the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountCode {
    type Err = InvalidAccountCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |reason| Err(InvalidAccountCode { text: text.to_owned(), reason });
        if text.trim().is_empty() {
            refuse("it is empty")
        } else if text.trim() != text {
            refuse("it has spaces around it")
        } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
            refuse("it is a number")
        } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            refuse("it has other characters than letters, digits and hyphens")
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A number reads as well, so that the message says what is wrong with it.
impl<'de> Deserialize<'de> for AccountCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wire::text::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
