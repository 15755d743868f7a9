use brightpearl::DecodeError;
use returngo_brightpearl_sync::{ReadError, with_causes};

/// Why something failed: the text for users, and what tells this failure apart from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The text.
    pub message: String,
    /// Equal for two failures with the same reason, whatever their texts say about requests, attempts and times.
    pub signature: String,
}

impl Failure {
    /// The failure with its message cut to this number of characters.
    #[must_use]
    pub(crate) fn cut_to(mut self, characters: usize) -> Self {
        self.message = self.message.chars().take(characters).collect();
        self
    }
}

/// A failure whose text is the same every time.
impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { signature: message.clone(), message }
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

impl From<&brightpearl::Error> for Failure {
    fn from(error: &brightpearl::Error) -> Self {
        Self { message: with_causes(error), signature: error.signature() }
    }
}

impl From<&DecodeError> for Failure {
    fn from(error: &DecodeError) -> Self {
        error.to_string().into()
    }
}

impl From<&ReadError> for Failure {
    fn from(error: &ReadError) -> Self {
        Self { message: with_causes(error), signature: error.signature() }
    }
}
