use std::fmt::Display;

use api_mock_core::Response;
use serde_json::json;

/// What the shop does not do, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejected {
    status: u16,
    message: String,
}

impl Rejected {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn not_found(kind: &str, id: impl Display) -> Self {
        Self::new(404, format!("{kind} {id} not found"))
    }

    /// The HTTP status that it is answered with.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body's schema is not documented; this is the form of an API gateway (docs/evidence/returngo.md#errors).
    pub(crate) fn response(&self) -> Response {
        Response::json(self.status, &json!({ "message": self.message }))
    }
}
