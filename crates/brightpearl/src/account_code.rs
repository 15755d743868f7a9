use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An account's code, such as `acmeoutdoors`: letters, digits and hyphens, never only digits.
///
/// ```
/// use brightpearl::AccountCode;
///
/// assert!("acmeoutdoors".parse::<AccountCode>().is_ok());
/// assert!("1008".parse::<AccountCode>().unwrap_err().to_string().contains("not a number"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountCode(String);

/// A text that is not an account code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a Brightpearl account code: {reason}. The code is made of letters, digits and hyphens, such as \
     `acmeoutdoors`; it is in the address bar of Brightpearl after signing in, and on the sign-in page as account ID"
)]
pub struct InvalidAccountCode {
    text: String,
    reason: &'static str,
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
        let refuse = |reason| Err(InvalidAccountCode { text: text.to_owned(), reason });
        if text.is_empty() {
            refuse("it is empty")
        } else if text.trim() != text {
            refuse("it has spaces around it")
        } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
            refuse("it is a code, not a number")
        } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            refuse("it has a character that codes do not have")
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl TryFrom<String> for AccountCode {
    type Error = InvalidAccountCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AccountCode> for String {
    fn from(code: AccountCode) -> Self {
        code.0
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
