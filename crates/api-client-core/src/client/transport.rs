use std::{error::Error, fmt};

use async_trait::async_trait;

use crate::{HttpRequest, HttpResponse};

/// Sends one request and returns its response. Tests, recorders and middleware implement it.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends the request. An HTTP error status is a response, not an error.
    ///
    /// # Errors
    /// Without a complete response; [`TransportError::may_have_arrived`] tells whether the server may have
    /// received the request.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;
}

/// A request without a complete response.
#[derive(Debug)]
pub struct TransportError {
    message: String,
    may_have_arrived: bool,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// The request was not sent, so it may be retried whatever it does.
    pub fn never_sent(message: impl Into<String>) -> Self {
        Self { message: message.into(), may_have_arrived: false, source: None }
    }

    /// The request was sent and its response was lost: the server may have applied it.
    pub fn answer_lost(message: impl Into<String>) -> Self {
        Self { message: message.into(), may_have_arrived: true, source: None }
    }

    /// Sets the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether the server may have received and applied the request.
    pub const fn may_have_arrived(&self) -> bool {
        self.may_have_arrived
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
