use std::{error::Error, fmt};

/// An invalid setting of a client; the message names it and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableSetting(String);

impl fmt::Display for UnusableSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UnusableSetting {}

/// Rejects a credential that is empty or has spaces around it. Copied spaces are not trimmed, so that the user
/// learns of them. The message does not contain the value.
///
/// # Errors
/// When it is empty or has spaces around it.
pub fn check_credential(name: &str, value: &str) -> Result<(), UnusableSetting> {
    if value.is_empty() {
        Err(UnusableSetting(format!("the {name} is empty")))
    } else if value.trim() != value {
        Err(UnusableSetting(format!("the {name} has spaces around it: copy it without them")))
    } else {
        Ok(())
    }
}

/// Returns the base URL of an API without trailing slashes.
///
/// # Errors
/// When it is not an HTTP URL.
pub fn check_base_url(base: &str) -> Result<String, UnusableSetting> {
    if base.starts_with("https://") || base.starts_with("http://") {
        Ok(base.trim_end_matches('/').to_owned())
    } else {
        Err(UnusableSetting(format!("`{base}` is not a URL: expected a base such as http://127.0.0.1:4010")))
    }
}
