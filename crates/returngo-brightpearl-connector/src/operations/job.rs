use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::{Choice, Review};
use serde::{Serialize, Serializer};

use crate::store::{ConnectionId, Job, JobState, UnreadableReview};

/// The state of an RMA.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobReport {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma_id: RmaId,
    /// Its state.
    #[serde(serialize_with = "state")]
    pub state: JobState,
    /// Its credit, once it is known.
    pub sales_credit_id: Option<OrderId>,
    /// The open reviews.
    pub reviews: Vec<Review>,
    /// Open reviews that another version of this program stored.
    pub unreadable_reviews: Vec<UnreadableReview>,
    /// The resolved reviews.
    pub resolved: Vec<Review>,
    /// The failure that was resolved.
    pub resolved_error: Option<String>,
    /// Failed attempts in a row.
    pub failures: u32,
    /// The last failure.
    pub last_error: Option<String>,
    /// When it runs next.
    pub due_at: Option<Timestamp>,
    /// Since when it is out of sync.
    #[serde(skip)]
    pub pending_since: Option<Timestamp>,
}

/// An open review: what a user has to decide, or why the RMA cannot be synchronized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReview {
    /// The id of the review, or `Failed`.
    pub id: String,
    /// The code of the review, or `Failed`.
    pub code: String,
    /// The choices that answer it.
    pub choices: Vec<Choice>,
    /// The review, or the failure.
    pub message: String,
}

impl JobReport {
    /// Returns the open reviews, the last failure among them.
    pub fn open_reviews(&self) -> Vec<OpenReview> {
        let reviews = self.reviews.iter().map(|review| OpenReview {
            id: review.id.clone(),
            code: review.code.to_string(),
            choices: review.choices.clone(),
            message: review.message.clone(),
        });
        let without_choices = |code: String, message: &String| OpenReview {
            id: code.clone(),
            code,
            choices: Vec::new(),
            message: message.clone(),
        };
        let unreadable = self.unreadable_reviews.iter().map(|UnreadableReview { code, message }| {
            without_choices(format!("{code} (of another version)"), message)
        });
        let failure = self.last_error.iter().map(|error| without_choices("Failed".to_owned(), error));
        reviews.chain(unreadable).chain(failure).collect()
    }
}

impl From<Job> for JobReport {
    fn from(job: Job) -> Self {
        Self {
            connection: job.connection,
            rma_id: job.rma,
            state: job.state,
            sales_credit_id: job.credit,
            reviews: job.reviews,
            unreadable_reviews: job.unreadable_reviews,
            resolved: job.resolved,
            resolved_error: job.resolved_error,
            failures: job.failures,
            last_error: job.last_error,
            due_at: job.run_at,
            pending_since: job.pending_since,
        }
    }
}

fn state<S: Serializer>(state: &JobState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.as_str())
}
