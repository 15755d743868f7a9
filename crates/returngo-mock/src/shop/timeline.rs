//! The lines that ReturnGO adds to an RMA's timeline (docs/evidence/returngo.md#timeline).

use jiff::Timestamp;
use returngo::{Comment, CommentType, OffsetDateTime, Rma};

/// Who the mock's dashboard user is.
pub(crate) const STAFF: &str = "Sam Staff";
/// Who writes what comes by the API.
pub(crate) const API: &str = "ReturnGO API";
/// Who writes what nobody did.
pub(crate) const AUTOMATION: &str = "Automation";

/// A time as ReturnGO writes it: in UTC, to the second.
pub(crate) fn time(now: Timestamp) -> OffsetDateTime {
    OffsetDateTime::utc(Timestamp::from_second(now.as_second()).unwrap_or(now))
}

/// Adds a line; the newest is the first.
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
