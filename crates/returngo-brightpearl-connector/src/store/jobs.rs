//! How work stands, for whoever asks.

use std::{fmt, str::FromStr};

use brightpearl::OrderId;
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_mapping::Review;
use serde::{Deserialize, Serialize};

use super::{
    ConnectionId, Store, StoreError, Unknown,
    session::{Row, Session, json, unreadable},
};

/// A process that works, unlike every other that runs or ever ran.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub String);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct LeaseRequest {
    /// Who asks.
    pub worker: WorkerId,
    /// How many RMAs at the most.
    pub limit: u32,
    /// The time now.
    pub now: Timestamp,
    /// The connection to claim from; none for the one whose turn it is.
    pub only: Option<ConnectionId>,
    /// Connections that are not to be claimed from, such as those at work in this process.
    pub except: Vec<ConnectionId>,
}

/// An RMA that a worker may work on, until it finishes it or its process stops reporting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// Which attempt it is. Every write-back is conditional on it.
    pub attempt: i64,
    /// How often it was marked as due; tells whether it was marked again while it was worked on.
    pub enqueued: i64,
    /// How many attempts before it failed one after another.
    pub failures: u32,
    /// How many before it were never finished, one after another: their processes ended, or failed at it.
    pub abandoned: u32,
    /// Whether a person or a backfill asked for it: it is synchronized also if it is older than its connection.
    pub requested: bool,
    /// Whether it is known to be an RMA of this connection's shop: ReturnGO or a person named it.
    pub of_this_shop: bool,
}

/// Who made an RMA pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Something in Brightpearl carries its number. Another shop on the same account may be the one that has it.
    Brightpearl,
    /// ReturnGO told of it.
    Returngo,
    /// A person or a backfill asked for it.
    Prompter,
}

/// How claimed work ended.
#[derive(Debug, Clone, PartialEq)]
pub enum JobOutcome {
    /// Both systems are in step, but for what a person has to decide.
    Settled {
        /// What a person has to decide.
        reviews: Vec<Review>,
        /// The RMA's credit.
        credit: Option<OrderId>,
    },
    /// It failed and is tried again.
    Failed {
        /// Why.
        error: String,
        /// When; none puts it to a person.
        again_at: Option<Timestamp>,
    },
    /// It cannot be done yet, for no fault of its own: it is tried again then, and no attempt is counted.
    Postponed {
        /// Why.
        why: String,
        /// When it is tried again.
        until: Timestamp,
    },
    /// It was not worked on, and is due as before.
    Released,
    /// ReturnGO does not know it, and nothing but Brightpearl named it: it is another shop's.
    OfAnotherShop,
}

/// How an RMA's work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It is due, now or later.
    Pending,
    /// A worker has it.
    InProgress,
    /// Both systems are in step.
    InSync,
    /// A person has to decide something.
    NeedsReview,
    /// It is another shop's: what Brightpearl tells of it is ignored.
    OfAnotherShop,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::InProgress, Self::InSync, Self::NeedsReview, Self::OfAnotherShop];

    /// The name in the database and in tables.
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

/// An RMA's work.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA.
    pub rma: RmaId,
    /// How it stands.
    pub state: JobState,
    /// The RMA's credit, once it is known.
    pub credit: Option<OrderId>,
    /// How often it was claimed.
    pub attempt: i64,
    /// How many attempts failed one after another.
    pub failures: u32,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// When it is tried next.
    pub run_at: Option<Timestamp>,
    /// Since when it is not in step.
    pub pending_since: Option<Timestamp>,
    /// What a person has to decide.
    pub reviews: Vec<Review>,
    /// What a person has to decide, in the words of another version of this program.
    pub unreadable_reviews: Vec<UnreadableReview>,
    /// What a person has decided already, of what the last attempt found.
    pub resolved: Vec<Review>,
    /// How it fails, where a person has decided that it may.
    pub resolved_error: Option<String>,
    /// The process that works on it.
    pub worker: Option<WorkerId>,
    /// Whether a person or a backfill asked for it.
    pub requested: bool,
}

/// A question that another version of this program stored, of a kind that this one does not know. The next attempt asks
/// what is open in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableReview {
    /// What kind of question it is.
    pub code: String,
    /// The question.
    pub message: String,
}

/// What of a connection is not in sync, apart from what waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfSync {
    /// The connection.
    pub connection: ConnectionId,
    /// RMAs that are due for less than an hour.
    pub within_an_hour: u64,
    /// RMAs that are due for less than a day, and more than an hour.
    pub within_a_day: u64,
    /// RMAs that are due for longer.
    pub longer: u64,
    /// RMAs of which the last three attempts failed, or more.
    pub failing: u64,
    /// How one of them failed.
    pub last_error: Option<String>,
    /// When the first of them is tried again.
    pub next_attempt_at: Option<Timestamp>,
}

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// The connection.
    pub connection: ConnectionId,
    /// Whether another connection is between the same account and shop, so that none of the two is worked on.
    pub blocked: bool,
    /// RMAs that are due.
    pub pending: u64,
    /// RMAs that are worked on.
    pub in_progress: u64,
    /// RMAs that are in step.
    pub in_sync: u64,
    /// RMAs that wait for a person.
    pub needs_review: u64,
    /// Webhooks that wait to be handled.
    pub waiting_deliveries: u64,
    /// Since when the one of these waits that waits longest.
    pub deliveries_wait_since: Option<Timestamp>,
    /// Since when the RMA that waits longest is not in step, one that a waiting webhook is about among them; those
    /// that wait for a person are not counted.
    pub oldest_pending: Option<Timestamp>,
}

impl Store {
    /// The RMAs whose credits these are, as far as they are known.
    pub async fn rmas_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<RmaId>, StoreError> {
        of_credits(&mut self.asking().await?, connection, credits).await
    }

    /// How an RMA's work stands.
    pub async fn work(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Option<Job>, StoreError> {
        one(&mut self.asking().await?, connection, rma).await
    }

    /// Work that waits for a person, oldest first.
    pub async fn reviews(&self, connection: Option<&ConnectionId>) -> Result<Vec<Job>, StoreError> {
        reviews(&mut self.asking().await?, connection).await
    }

    /// What is not in sync, by connection; those where nothing is are left out.
    pub async fn out_of_sync(&self, now: Timestamp) -> Result<Vec<OutOfSync>, StoreError> {
        out_of_sync(&mut self.asking().await?, now).await
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

/// What waits for a person stays here until an attempt finds that it no longer does, also while it is due again.
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

/// An RMA fails once so many attempts failed one after another: one that fails once is tried again and then succeeds.
const FAILING_AFTER: i64 = 3;

/// Looks at no more than what is due or claimed, of which there is an index.
pub(super) async fn out_of_sync(
    session: &mut Session<'_>,
    now: Timestamp,
) -> Result<Vec<OutOfSync>, StoreError> {
    const OUT_OF_SYNC: &str = "
        SELECT connection,
            COUNT(*) FILTER (WHERE pending_since > $1) AS within_an_hour,
            COUNT(*) FILTER (WHERE pending_since > $2 AND pending_since <= $1) AS within_a_day,
            COUNT(*) FILTER (WHERE pending_since <= $2) AS longer,
            COUNT(*) FILTER (WHERE failures >= $3) AS failing,
            MAX(last_error) FILTER (WHERE failures >= $3) AS last_error,
            MIN(run_at) FILTER (WHERE failures >= $3) AS next_attempt_at
        FROM job WHERE run_at IS NOT NULL OR worker IS NOT NULL GROUP BY connection ORDER BY connection";
    let [hour_ago, day_ago] =
        [1, 24].map(|hours| now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(now));
    let parameters = [hour_ago.into(), day_ago.into(), FAILING_AFTER.into()];
    let rows = session.all(OUT_OF_SYNC, &parameters).await?;
    rows.iter()
        .map(|row| {
            Ok(OutOfSync {
                connection: row.parsed("connection")?,
                within_an_hour: row.count("within_an_hour")?,
                within_a_day: row.count("within_a_day")?,
                longer: row.count("longer")?,
                failing: row.count("failing")?,
                last_error: row.text_if_any("last_error")?,
                next_attempt_at: row.time_if_any("next_attempt_at")?,
            })
        })
        .collect()
}

fn item(row: &Row) -> Result<Job, StoreError> {
    let (reviews, unreadable_reviews) = stored_reviews(&row.text("reviews")?);
    // Decided or not, what does not read is asked again if the next attempt finds it.
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

/// A question as it is stored, by this version or another.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredReview {
    Known(Review),
    Unreadable(UnreadableReview),
}

/// Those that read, and those of another version, of which one must not keep the others from being shown.
fn stored_reviews(list: &str) -> (Vec<Review>, Vec<UnreadableReview>) {
    let stored = serde_json::from_str(list).unwrap_or_else(|error| {
        let message = format!("what is to be decided does not read ({error}): look at the RMA again");
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

#[derive(Serialize)]
struct Credit {
    credit: String,
}

pub(super) async fn of_credits(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    credits: &[OrderId],
) -> Result<Vec<RmaId>, StoreError> {
    const OF_CREDITS: &str = "
        SELECT rma FROM job
        WHERE connection = $2 AND job.credit IN (SELECT input.credit FROM {input $1: credit text}) ORDER BY rma";
    let rows: Vec<_> = credits.iter().map(|credit| Credit { credit: credit.to_string() }).collect();
    let rows = session.all(OF_CREDITS, &[(&json(&rows)?).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| row.parsed("rma")).collect()
}
