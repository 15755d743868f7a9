use std::{borrow::Cow, fmt};

use super::CallReport;
use crate::Idempotency;

/// The one-line text of a failed call, in the same order for every client:
/// `GET /order/{orderIds} (4 attempts in 2.1s): SUMMARY; before sending it again, HINT (status 503); DETAIL [request ID]`.
/// For a keyed write: `SUMMARY; to check it yourself, HINT`.
#[derive(Debug, Default)]
pub struct ErrorText<'a> {
    /// The call, if there was one.
    pub report: Option<&'a CallReport>,
    /// What failed, and what to do.
    pub summary: Cow<'a, str>,
    /// How to check whether a write was applied: a clause that begins with a verb.
    pub verification_hint: Option<&'a str>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// What the API says, and further advice.
    pub details: Vec<Cow<'a, str>>,
    /// The API's id of the request.
    pub request_id: Option<&'a str>,
}

impl fmt::Display for ErrorText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(report) = self.report {
            write!(f, "{report}: ")?;
        }
        f.write_str(&self.summary)?;
        if let Some(hint) = self.verification_hint {
            let keyed = |report: &CallReport| report.idempotency() == Idempotency::KeyedWrite;
            let advice = match self.report {
                Some(report) if keyed(report) => "to check it yourself",
                _ => "before sending it again",
            };
            write!(f, "; {advice}, {hint}")?;
        }
        if let Some(status) = self.status {
            write!(f, " (status {status})")?;
        }
        for detail in self.details.iter().filter(|detail| !detail.is_empty()) {
            write!(f, "; {detail}")?;
        }
        if let Some(id) = self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}
