//! How answers read: the envelope around every payload (docs/evidence/brightpearl-platform.md#envelope).

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

/// `{}` or no body at all.
pub(crate) fn nothing(_answer: &HttpResponse) -> Result<(), DecodeError> {
    Ok(())
}

/// What a create under a unique key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created<Id> {
    /// The id of the thing that is there now.
    pub id: Id,
    /// Whether the thing was there under this key before, or was found by its key after an answer was lost.
    /// True is no proof that its content is what was sent: read it before relying on it.
    pub already_existed: bool,
}

/// Sales orders and sales credits: 201 for a new one, 200 for the one that the key already names
/// (docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit).
pub(crate) fn created_or_existing<Id: DeserializeOwned>(
    answer: &HttpResponse,
) -> Result<Created<Id>, DecodeError> {
    Ok(Created { id: payload(answer)?, already_existed: answer.status != 201 })
}

/// Resources that answer 200 to every create and refuse a duplicate.
pub(crate) fn created<Id: DeserializeOwned>(answer: &HttpResponse) -> Result<Created<Id>, DecodeError> {
    Ok(Created { id: payload(answer)?, already_existed: false })
}
