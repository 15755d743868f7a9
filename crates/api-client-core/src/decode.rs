//! Decoding whose errors name the place in the JSON.

use std::{error::Error, fmt, str::FromStr};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{fingerprint, json_text::readable};

/// A JSON text that does not have the expected form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    path: String,
    expected: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at `{}`: {}", self.path, self.expected)
    }
}

impl Error for DecodeError {}

impl DecodeError {
    /// Creates an error at this path. A text that serde found instead of the expected value is left out of the
    /// message: it may be a token or a shopper's name.
    pub fn new(path: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { path: path.into(), expected: without_found_text(expected.into()) }
    }

    /// Returns the path inside the JSON, such as `response[0].currency.exchangeRate`. Always `.`, the whole text,
    /// without the feature `decode-path`, which `client` includes; the message then has line and column.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the error with `hide` applied to its texts: the path contains keys that were received, and any
    /// text may be a secret.
    #[must_use]
    pub fn hiding(self, hide: &dyn Fn(&str) -> String) -> Self {
        Self { path: hide(&self.path), expected: hide(&self.expected) }
    }

    /// Returns the expected value, and the kind of value that was found.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

/// A row of a list or search that is invalid. It does not affect the other rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecodableRow<Id> {
    /// The row's number on its page or in its list, counted from 1.
    pub number: usize,
    /// The id that the row states, if it can be told.
    pub id: Option<Id>,
    /// The [`fingerprint`] of the row's text, which identifies a row without an id.
    pub fingerprint: u64,
    /// Where the row is invalid, and why.
    pub source: DecodeError,
}

impl<Id> UndecodableRow<Id> {
    /// The row with this number and text.
    pub fn new(number: usize, id: Option<Id>, text: &str, source: DecodeError) -> Self {
        Self { number, id, fingerprint: fingerprint(text.as_bytes()), source }
    }

    /// Returns the id as another type, if the row states one that fits.
    pub fn parsed_id<T: FromStr>(&self) -> Option<T>
    where
        Id: AsRef<str>,
    {
        self.id.as_ref()?.as_ref().parse().ok()
    }
}

impl<Id: fmt::Display> UndecodableRow<Id> {
    /// Names the row: `row 3 (id 7)`.
    pub fn label(&self) -> String {
        match &self.id {
            Some(id) => format!("row {} (id {id})", self.number),
            None => format!("row {}", self.number),
        }
    }
}

impl<Id: fmt::Display> fmt::Display for UndecodableRow<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be read: {}", self.label(), self.source)
    }
}

impl<Id: fmt::Debug + fmt::Display> Error for UndecodableRow<Id> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

fn without_found_text(message: String) -> String {
    let parts = message.split_once("string \"").and_then(|(before, found_and_after)| {
        found_and_after.rsplit_once("\", expected ").map(|(_, after)| (before, after))
    });
    match parts {
        Some((before, after)) => format!("{before}a string, expected {after}"),
        None => message,
    }
}

/// Decodes JSON as the two systems send it, see [`readable`]; the error names the path inside it.
///
#[cfg_attr(feature = "decode-path", doc = "```")]
#[cfg_attr(not(feature = "decode-path"), doc = "```ignore")]
/// let error = api_client_core::decode::json::<Vec<u8>>(br#"[1, 2, "three"]"#).unwrap_err();
/// assert_eq!(error.path(), "[2]");
/// ```
///
/// # Errors
/// When the text is not JSON of this form.
pub fn json<T: DeserializeOwned>(text: &[u8]) -> Result<T, DecodeError> {
    readable_json(&readable(text))
}

/// Decodes JSON that is [`readable`] already; the value may borrow from it.
///
/// # Errors
/// When the text is not JSON of this form.
pub fn readable_json<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, DecodeError> {
    // UTF-8 is checked once here, not string by string in serde_json.
    let read = str::from_utf8(text).ok().and_then(|text| serde_json::from_str(text).ok());
    read.map_or_else(|| explain(text), Ok)
}

/// Decodes again to find the place of the error: tracking the path costs time for every field.
fn explain<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, DecodeError> {
    let deserializer = &mut serde_json::Deserializer::from_slice(text);
    #[cfg(feature = "decode-path")]
    let value = serde_path_to_error::deserialize(&mut *deserializer)
        .map_err(|error| DecodeError::new(error.path().to_string(), error.inner().to_string()))?;
    #[cfg(not(feature = "decode-path"))]
    let value =
        T::deserialize(&mut *deserializer).map_err(|error| DecodeError::new(".", error.to_string()))?;
    deserializer.end().map_err(|error| DecodeError::new(".", error.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_the_wrong_place_does_not_show() {
        let error = json::<Vec<u8>>(br#"[1, "the \", expected token"]"#).unwrap_err();
        assert!(!error.to_string().contains("token"), "{error}");
        assert_eq!(error.path(), if cfg!(feature = "decode-path") { "[1]" } else { "." });
        assert!(error.expected().starts_with("invalid type: a string, expected u8"), "{error}");
        let error = json::<Vec<u8>>(b"[1, true]").unwrap_err();
        assert!(error.expected().starts_with("invalid type: boolean `true`, expected u8"), "{error}");
    }
}
