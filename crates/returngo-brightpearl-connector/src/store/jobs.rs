//! Jobs: one for each RMA that a connection has to keep in sync.

use std::{fmt, str::FromStr};

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_mapping::Review;
use serde::{Deserialize, Serialize};

use super::{
    ConnectionId, Store, StoreError, Unknown,
    session::{Row, Session, json_column, unreadable},
};
use crate::Failure;

/// The id of a process. It is never used again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub String);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A request for pending RMAs.
#[derive(Debug, Clone)]
pub struct LeaseRequest {
    /// The process.
    pub worker: WorkerId,
    /// The maximum number of RMAs.
    pub limit: u32,
    /// The current time.
    pub now: Timestamp,
    /// The connection; none for the one that has waited longest.
    pub only: Option<ConnectionId>,
    /// Connections to leave out, such as those in progress in this process.
    pub except: Vec<ConnectionId>,
}

/// A lease: the exclusive right to synchronize an RMA, until it is finished or the process stops reporting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// The number of the attempt. Every change under the lease is conditional on it.
    pub attempt: i64,
    /// How many times the RMA was queued; shows whether it was queued again during the run.
    pub enqueued: i64,
    /// How many attempts before this one failed in a row.
    pub failures: u32,
    /// How many leases before this one were abandoned in a row, because their processes ended or failed.
    pub abandoned: u32,
    /// Whether a user or a backfill queued it: it is synchronized even if it is older than its connection.
    pub requested: bool,
    /// Whether the RMA is known to belong to the connection's shop, because ReturnGO or a user named it.
    pub of_this_shop: bool,
}

/// The origin of a request to synchronize an RMA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An object in Brightpearl carries the RMA's number. The RMA may belong to another shop on the same account.
    Brightpearl,
    /// ReturnGO named it.
    Returngo,
    /// A user or a backfill requested it.
    User,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum JobOutcome {
    /// Both systems are in sync, apart from reviews.
    Settled {
        /// The reviews.
        reviews: Vec<Review>,
        /// The RMA's credit.
        credit: Option<OrderId>,
    },
    /// It failed and is retried.
    Failed {
        /// The failure.
        failure: Failure,
        /// When it is retried; none if it needs review.
        again_at: Option<Timestamp>,
    },
    /// It cannot be processed yet, through no fault of its own. It is retried, and the attempt is not counted.
    Postponed {
        /// The reason.
        why: String,
        /// When it is retried.
        until: Timestamp,
    },
    /// It was not processed and stays pending.
    Released,
    /// ReturnGO does not know it, and only Brightpearl named it: it belongs to another shop.
    OfAnotherShop,
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It runs now or later.
    Pending,
    /// A worker holds it.
    InProgress,
    /// Both systems are in sync.
    InSync,
    /// A user has to decide.
    NeedsReview,
    /// It belongs to another shop; what Brightpearl shows of it is ignored.
    OfAnotherShop,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::InProgress, Self::InSync, Self::NeedsReview, Self::OfAnotherShop];

    /// The name in the database and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in-progress",
            Self::InSync => "in-sync",
            Self::NeedsReview => "needs-review",
            Self::OfAnotherShop => "of-another-shop",
        }
    }
}

impl FromStr for JobState {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Unknown::new("state", text))
    }
}

/// The job of an RMA.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// The state.
    pub state: JobState,
    /// The RMA's credit, once it is known.
    pub credit: Option<OrderId>,
    /// The number of attempts.
    pub attempt: i64,
    /// How many attempts failed in a row.
    pub failures: u32,
    /// The last failure.
    pub last_error: Option<String>,
    /// When it runs.
    pub run_at: Option<Timestamp>,
    /// Since when it is out of sync.
    pub pending_since: Option<Timestamp>,
    /// The open reviews.
    pub reviews: Vec<Review>,
    /// Open reviews of a kind that this version does not know.
    pub unreadable_reviews: Vec<UnreadableReview>,
    /// The resolved reviews, of those that the last run found.
    pub resolved: Vec<Review>,
    /// The failure that was resolved.
    pub resolved_error: Option<String>,
    /// The process that holds it.
    pub worker: Option<WorkerId>,
    /// Whether a user or a backfill queued it.
    pub requested: bool,
}

/// A review that another version stored, of a kind that this version does not know. The next run replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableReview {
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
}

impl Store {
    /// The RMAs that have these credits, as far as they are known.
    pub async fn rmas_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<RmaId>, StoreError> {
        of_credits(&mut self.asking().await?, connection, credits).await
    }

    /// The job of an RMA.
    pub async fn work(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Option<Job>, StoreError> {
        one(&mut self.asking().await?, connection, rma).await
    }

    /// The jobs that need review, oldest first.
    pub async fn reviews(&self, connection: Option<&ConnectionId>) -> Result<Vec<Job>, StoreError> {
        reviews(&mut self.asking().await?, connection).await
    }
}

pub(super) async fn one(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<Option<Job>, StoreError> {
    const ONE: &str = "SELECT * FROM job WHERE connection = $1 AND rma = $2";
    let row = session.first(ONE, &[connection.as_str().into(), (&rma.to_string()).into()]).await?;
    row.as_ref().map(item).transpose()
}

/// A review stays listed until a run no longer finds it, also while the job is pending again.
pub(super) async fn reviews(
    session: &mut Session<'_>,
    connection: Option<&ConnectionId>,
) -> Result<Vec<Job>, StoreError> {
    const ALL: &str = "
        SELECT job.* FROM job JOIN connection ON connection.id = job.connection
        WHERE review_since IS NOT NULL AND configuration IS NOT NULL
        ORDER BY review_since, connection, rma";
    const OF_ONE: &str = "
        SELECT * FROM job WHERE review_since IS NOT NULL AND connection = $1 ORDER BY review_since, rma";
    let rows = match connection {
        None => session.all(ALL, &[]).await?,
        Some(connection) => session.all(OF_ONE, &[connection.as_str().into()]).await?,
    };
    rows.iter().map(item).collect()
}

fn item(row: &Row) -> Result<Job, StoreError> {
    let (reviews, unreadable_reviews) = stored_reviews(&row.text("reviews")?);
    // A review that cannot be decoded is raised again if the next run finds it.
    let (resolved, _) = stored_reviews(row.text_if_any("resolved")?.as_deref().unwrap_or("[]"));
    let credit = row.text_if_any("credit")?.map(|credit| credit.parse::<OrderId>());
    Ok(Job {
        connection: row.parsed("connection")?,
        rma: row.parsed("rma")?,
        state: row.parsed("state")?,
        credit: credit.transpose().map_err(|error| unreadable("credit", error))?,
        attempt: row.int("attempt")?,
        failures: row.small_count("failures")?,
        last_error: row.text_if_any("last_error")?,
        run_at: row.time_if_any("run_at")?,
        pending_since: row.time_if_any("pending_since")?.or(row.time_if_any("review_since")?),
        reviews,
        unreadable_reviews,
        resolved,
        resolved_error: row.text_if_any("resolved_error")?,
        worker: row.text_if_any("worker")?.map(WorkerId),
        requested: row.int("requested")? == 1,
    })
}

/// A stored review, of this version or another.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredReview {
    Known(Review),
    Unreadable(UnreadableReview),
}

/// Decodes the reviews one by one, so that one of another version does not hide the others.
fn stored_reviews(list: &str) -> (Vec<Review>, Vec<UnreadableReview>) {
    let stored = serde_json::from_str(list).unwrap_or_else(|error| {
        let message =
            format!("invalid list of reviews in the database ({error}): run `reviews retry` for the RMA");
        vec![StoredReview::Unreadable(UnreadableReview { code: "Unreadable".to_owned(), message })]
    });
    let (mut known, mut unreadable) = (Vec::new(), Vec::new());
    for review in stored {
        match review {
            StoredReview::Known(review) => known.push(review),
            StoredReview::Unreadable(review) => unreadable.push(review),
        }
    }
    (known, unreadable)
}

pub(super) async fn of_credits(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    credits: &[OrderId],
) -> Result<Vec<RmaId>, StoreError> {
    const OF_CREDITS: &str = "
        SELECT rma FROM job
        WHERE connection = $2 AND job.credit IN (SELECT input.credit FROM {input $1: credit text}) ORDER BY rma";
    let credits = json_column("credit", credits)?;
    let rows = session.all(OF_CREDITS, &[(&credits).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| row.parsed("rma")).collect()
}
