use std::{error::Error, fmt};

/// A setting that a client cannot use; the message names it and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableSetting(String);

impl fmt::Display for UnusableSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UnusableSetting {}

/// Refuses a credential that is empty or has spaces around it. A space that was copied along is not trimmed:
/// whoever copied it should know. The value is not in the message.
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

/// The base of an API, without the slashes at its end.
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
