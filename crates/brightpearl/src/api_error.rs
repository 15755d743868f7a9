use serde::Deserialize;

/// An error that Brightpearl's API reports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ApiError {
    /// The code, such as `ORDC-024`. Only some are documented.
    #[serde(default)]
    pub code: String,
    /// The message, for people: never branch on it.
    #[serde(default)]
    pub message: String,
}
