//! The timeline of an RMA (docs/evidence/returngo.md#timeline).

use std::fmt;

use api_client_core::{OffsetDateTime, open_enum, wire};
use serde::{Deserialize, Serialize};

/// The field that holds a comment's text in a request, unless
/// [`ClientBuilder::comment_field`](crate::ClientBuilder::comment_field) sets another.
pub const COMMENT_FIELD: &str = "htmlText";

open_enum! {
    /// The kind of a line.
    pub enum CommentType {
        /// Written by a member of staff.
        Merchant = "merchant",
        /// Written by ReturnGO about an event.
        System = "system",
        /// Written by ReturnGO about an error.
        Error = "error",
    }
}

/// A line of the timeline. Its text is for people, has no fixed form and may name the shopper, so it is never
/// printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// The kind.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub comment_type: Option<CommentType>,
    /// A member of staff, `ReturnGO API`, `Automation`; none is `""` on the wire.
    #[serde(default, with = "wire::informational_text")]
    pub triggered_by: Option<String>,
    /// The text, with HTML in it.
    #[serde(default, with = "wire::informational")]
    pub html_text: String,
    /// When.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub datetime: Option<OffsetDateTime>,
}

impl fmt::Debug for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Comment")
            .field("comment_type", &self.comment_type)
            .field("datetime", &self.datetime)
            .finish_non_exhaustive()
    }
}
