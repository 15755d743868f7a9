use std::{error::Error, fmt};

use async_trait::async_trait;

use crate::{HttpRequest, HttpResponse};

/// Sends one request and gives its answer. Tests, recorders and middlewares hook in here.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends the request. An HTTP error status is an answer, not an error.
    ///
    /// # Errors
    /// When no complete answer came; [`TransportError::may_have_arrived`] tells whether the request may have
    /// reached the server all the same.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;
}

/// No complete answer came.
#[derive(Debug)]
pub struct TransportError {
    message: String,
    may_have_arrived: bool,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// The request never left: it may be sent again whatever it is.
    pub fn never_sent(message: impl Into<String>) -> Self {
        Self { message: message.into(), may_have_arrived: false, source: None }
    }

    /// The request left and its answer was lost: the server may have acted on it.
    pub fn answer_lost(message: impl Into<String>) -> Self {
        Self { message: message.into(), may_have_arrived: true, source: None }
    }

    /// Keeps the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether the server may have received the request and acted on it.
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
