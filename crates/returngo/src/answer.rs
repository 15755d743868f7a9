//! Decoding of responses, which have no envelope.

use api_client_core::{
    HttpResponse,
    decode::{self, DecodeError},
};
use serde::de::DeserializeOwned;

/// Decodes the whole body.
pub(crate) fn body<T: DeserializeOwned>(answer: &HttpResponse) -> Result<T, DecodeError> {
    decode::json(&answer.body)
}

/// Ignores the body, for writes whose response is not documented.
pub(crate) fn nothing(_answer: &HttpResponse) -> Result<(), DecodeError> {
    Ok(())
}
