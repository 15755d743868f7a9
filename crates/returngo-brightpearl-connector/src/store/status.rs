//! How connections are doing: counts of RMAs by state and by age.

use jiff::{SignedDuration, Timestamp};

use super::{ConnectionId, Store, StoreError, session::Session};

/// The RMAs of a connection that are out of sync, apart from those that need review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfSync {
    /// The connection.
    pub connection: ConnectionId,
    /// RMAs out of sync for less than an hour.
    pub within_an_hour: u64,
    /// RMAs out of sync for less than a day, and more than an hour.
    pub within_a_day: u64,
    /// RMAs out of sync for a day or longer.
    pub longer: u64,
    /// RMAs of which the last three attempts or more failed.
    pub failing: u64,
    /// The last error of one of them.
    pub last_error: Option<String>,
    /// When the first of them is retried.
    pub next_attempt_at: Option<Timestamp>,
}

/// The status of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// The connection.
    pub connection: ConnectionId,
    /// Whether another connection shares the account and the shop, so that neither is processed.
    pub blocked: bool,
    /// RMAs that are pending.
    pub pending: u64,
    /// RMAs that are in progress.
    pub in_progress: u64,
    /// RMAs that are in sync.
    pub in_sync: u64,
    /// RMAs that need review.
    pub needs_review: u64,
    /// Webhooks that are waiting to be processed.
    pub waiting_deliveries: u64,
    /// Since when the oldest of them has been waiting.
    pub deliveries_wait_since: Option<Timestamp>,
    /// Since when the oldest RMA has been out of sync, counting those that waiting webhooks concern, but not those that need
    /// review.
    pub oldest_pending: Option<Timestamp>,
}

impl Store {
    /// The status of every connection.
    pub async fn status(&self) -> Result<Vec<ConnectionStatus>, StoreError> {
        status(&mut self.asking().await?).await
    }

    /// The RMAs that are out of sync, by connection; connections without any are left out.
    pub async fn out_of_sync(&self, now: Timestamp) -> Result<Vec<OutOfSync>, StoreError> {
        out_of_sync(&mut self.asking().await?, now).await
    }
}

/// Counts only waiting webhooks: `job_count` has the number of RMAs in each state.
pub(super) async fn status(session: &mut Session<'_>) -> Result<Vec<ConnectionStatus>, StoreError> {
    const STATUS: &str = "
        SELECT connection.id, blocked,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'pending'), 0) AS pending,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'in-progress'), 0) AS in_progress,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'in-sync'), 0) AS in_sync,
            COALESCE(MAX(rmas) FILTER (WHERE state = 'needs-review'), 0) AS needs_review,
            (SELECT MIN(pending_since) FROM job
             WHERE job.connection = connection.id AND pending_since IS NOT NULL) AS oldest_pending,
            (SELECT COUNT(*) FROM inbox
             WHERE inbox.connection = connection.id AND waiting_since IS NOT NULL)
            + (SELECT COUNT(*) FROM inbox
               WHERE inbox.connection = connection.id AND again_at IS NOT NULL) AS waiting,
            (SELECT MIN(waiting_since) FROM inbox
             WHERE inbox.connection = connection.id AND waiting_since IS NOT NULL) AS waiting_since
        FROM connection LEFT JOIN job_count ON job_count.connection = connection.id
        WHERE configuration IS NOT NULL GROUP BY connection.id, blocked ORDER BY connection.id";
    let rows = session.all(STATUS, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(ConnectionStatus {
                connection: row.parsed("id")?,
                blocked: row.int("blocked")? == 1,
                pending: row.count("pending")?,
                in_progress: row.count("in_progress")?,
                in_sync: row.count("in_sync")?,
                needs_review: row.count("needs_review")?,
                waiting_deliveries: row.count("waiting")?,
                deliveries_wait_since: row.time_if_any("waiting_since")?,
                oldest_pending: [row.time_if_any("oldest_pending")?, row.time_if_any("waiting_since")?]
                    .into_iter()
                    .flatten()
                    .min(),
            })
        })
        .collect()
}

/// An RMA counts as failing from this number of failures in a row: most single failures are followed by a success.
const FAILING_AFTER: i64 = 3;

/// Reads only jobs that are pending or in progress, which have an index.
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
