//! How answers read: bodies come without an envelope.

use api_client_core::{
    HttpResponse,
    decode::{self, DecodeError},
};
use serde::de::DeserializeOwned;

/// The whole body.
pub(crate) fn body<T: DeserializeOwned>(answer: &HttpResponse) -> Result<T, DecodeError> {
    decode::json(&answer.body)
}

/// Whatever the body is: for writes whose answer is not documented.
pub(crate) fn nothing(_answer: &HttpResponse) -> Result<(), DecodeError> {
    Ok(())
}
