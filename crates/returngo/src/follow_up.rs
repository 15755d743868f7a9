//! Follow-up questions: what the merchant asked and the shopper answered (docs/evidence/returngo.md#returned-items).

use std::fmt;

use api_client_core::{open_enum, wire};
use serde::{Deserialize, Serialize};

open_enum! {
    /// The kind of answer that a question expects.
    pub enum FollowUpQuestionType {
        /// A text.
        Text = "Text",
        /// Texts to choose from.
        TextArray = "TextArray",
        /// Photos, videos.
        Media = "Media",
    }
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FollowUpQuestion {
    /// The kind of answer.
    #[serde(rename = "type")]
    pub kind: FollowUpQuestionType,
    /// The question.
    #[serde(default, with = "wire::informational")]
    pub name: String,
    /// The answer; `{}` when there is none.
    #[serde(default, with = "wire::informational")]
    pub answer: FollowUpAnswer,
}

/// The shopper's answer, in one of the forms. Never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct FollowUpAnswer {
    /// A text.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub text_answer: Option<String>,
    /// Several texts.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Vec::is_empty")]
    pub text_array_answer: Vec<String>,
    /// Photos, videos; only in an RMA that was requested with its media.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Vec::is_empty")]
    pub media_answer: Vec<Media>,
    /// A number, as it was written.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub numeric_answer: Option<String>,
}

impl FollowUpAnswer {
    /// Whether there is no answer.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for FollowUpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "FollowUpAnswer(none)" } else { "FollowUpAnswer(hidden)" })
    }
}

/// A photo or video that the shopper uploaded. Never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Media {
    /// Such as `image/jpeg`.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its size, as it was written.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub media_file_size: Option<String>,
    /// A URL that works for a while.
    #[serde(default, with = "wire::informational_text", skip_serializing_if = "Option::is_none")]
    pub temp_download_url: Option<String>,
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Media(hidden)")
    }
}
