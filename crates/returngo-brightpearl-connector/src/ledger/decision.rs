use std::fmt;

use jiff::Timestamp;
use returngo::RmaId;

use super::ConnectionId;

/// What a person decides about an RMA. Who and why is audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// Who decides.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}

/// Who, and why: as the audit tells it.
impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.note {
            Some(note) => write!(f, "by {}: {note}", self.by),
            None => write!(f, "by {}", self.by),
        }
    }
}

/// A review that a person has settled by hand: nothing is written any more for what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledReview {
    /// The review's code and what it is about, such as `OverRefund:778120`.
    pub review: String,
    /// Who settled it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub note: Option<String>,
}
