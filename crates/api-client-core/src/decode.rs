//! Decoding that says where it failed.

use serde::Deserialize;

/// A JSON text that does not have the expected shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at `{path}`: {expected}")]
pub struct DecodeError {
    path: String,
    expected: String,
}

impl DecodeError {
    /// An error at this path.
    pub fn new(path: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { path: path.into(), expected: expected.into() }
    }

    /// The path inside the JSON, such as `response[0].currency.exchangeRate`; `.` is the whole text.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was expected there, and what was found.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

/// Decodes JSON; the error names the path inside it.
///
/// ```
/// let error = api_client_core::decode::json::<Vec<u8>>(br#"[1, 2, "three"]"#).unwrap_err();
/// assert_eq!(error.path(), "[2]");
/// ```
///
/// # Errors
/// When the text is not JSON of this shape.
pub fn json<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(text).or_else(|_| json_with_path(text))
}

/// Tracking the path costs time on every field, so it is done only once decoding has failed.
fn json_with_path<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, DecodeError> {
    let deserializer = &mut serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut *deserializer)
        .map_err(|error| DecodeError::new(error.path().to_string(), error.inner().to_string()))?;
    deserializer.end().map_err(|error| DecodeError::new(".", error.to_string()))?;
    Ok(value)
}
