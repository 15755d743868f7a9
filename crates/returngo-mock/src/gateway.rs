//! The API gateway in front of ReturnGO: its error answers, and the request ids that ReturnGO's support needs
//! (docs/evidence/returngo.md#access-and-quota, docs/evidence/returngo.md#errors).

use std::fmt::Display;

use api_mock_core::Response;
use serde_json::json;

/// A rejected request or action, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    status: u16,
    message: String,
}

impl Rejection {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn not_found(kind: &str, id: impl Display) -> Self {
        Self::new(404, format!("{kind} {id} not found"))
    }

    /// Returns the HTTP status of the answer.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Builds the answer. The schema of its body is not documented; this is the form of an API gateway
    /// (docs/evidence/returngo.md#errors).
    pub(crate) fn response(&self) -> Response {
        Response::json(self.status, &json!({ "message": self.message }))
    }
}

/// Numbers the answers.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    answers: u64,
}

impl Gateway {
    /// Adds the headers of every answer.
    pub(crate) fn sign(&mut self, response: Response) -> Response {
        self.answers += 1;
        let number = self.answers;
        response
            .header("x-amzn-requestid", format!("00000000-0000-4000-8000-{number:012}"))
            .header("x-amz-apigw-id", format!("mock{number:08}="))
            .header("x-amzn-trace-id", format!("Root=1-00000000-{number:024}"))
    }
}
