//! The entries that ReturnGO adds to an RMA's timeline (docs/evidence/returngo.md#timeline).

use jiff::Timestamp;
use returngo::{Comment, CommentType, OffsetDateTime, Rma};

/// The user of the mock's dashboard.
pub(crate) const STAFF: &str = "Sam Staff";
/// The author of changes through the API.
pub(crate) const API: &str = "ReturnGO API";
/// The author of automatic changes.
pub(crate) const AUTOMATION: &str = "Automation";

/// Formats a time as ReturnGO does: in UTC, to the second.
pub(crate) fn time(now: Timestamp) -> OffsetDateTime {
    OffsetDateTime::utc(Timestamp::from_second(now.as_second()).unwrap_or(now))
}

/// Adds an entry. The newest is the first.
pub(crate) fn add(
    rma: &mut Rma,
    kind: CommentType,
    by: &str,
    html: impl Into<String>,
    now: Timestamp,
) -> Comment {
    let comment = Comment {
        comment_type: Some(kind),
        triggered_by: Some(by.to_owned()),
        html_text: html.into(),
        datetime: Some(time(now)),
    };
    rma.comments.insert(0, comment.clone());
    comment
}
