//! Decoding of responses: the envelope around every payload (docs/evidence/brightpearl-platform.md#envelope).

use api_client_core::{
    HttpResponse,
    decode::{DecodeError, json},
};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct Envelope<T> {
    response: T,
}

/// The payload under `response`.
pub(crate) fn payload<T: DeserializeOwned>(answer: &HttpResponse) -> Result<T, DecodeError> {
    json::<Envelope<T>>(&answer.body).map(|envelope| envelope.response)
}

/// Accepts `{}` or no body.
pub(crate) fn nothing(_answer: &HttpResponse) -> Result<(), DecodeError> {
    Ok(())
}

/// The result of creating an object under a unique key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created<Id> {
    /// The id of the object.
    pub id: Id,
    /// Whether the object existed under this key before, or was found by its key after a lost response. Its
    /// content may differ from what was sent: read it before relying on it.
    pub already_existed: bool,
}

/// Decodes the response for sales orders and sales credits: 201 for a new one, 200 for the one that already has
/// the key (docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit).
pub(crate) fn created_or_existing<Id: DeserializeOwned>(
    answer: &HttpResponse,
) -> Result<Created<Id>, DecodeError> {
    Ok(Created { id: payload(answer)?, already_existed: answer.status != 201 })
}

/// Decodes the response of resources that answer 200 to every create and reject a duplicate.
pub(crate) fn created<Id: DeserializeOwned>(answer: &HttpResponse) -> Result<Created<Id>, DecodeError> {
    Ok(Created { id: payload(answer)?, already_existed: false })
}
