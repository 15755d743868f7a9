//! How work stands, for whoever asks.

use brightpearl::OrderId;
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_mapping::Review;
use serde::{Deserialize, Serialize};

use super::session::{Row, Session, json, unreadable};
use crate::ledger::{ConnectionId, LedgerError, OutOfSync, UnreadableReview, WorkItem, WorkerId};

pub(super) async fn one(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<Option<WorkItem>, LedgerError> {
    const ONE: &str = "SELECT * FROM work WHERE connection = $1 AND rma = $2";
    let row = session.first(ONE, &[connection.as_str().into(), (&rma.to_string()).into()]).await?;
    row.as_ref().map(item).transpose()
}

/// What waits for a person stays here until an attempt finds that it no longer does, also while it is due again.
pub(super) async fn reviews(
    session: &mut Session<'_>,
    connection: Option<&ConnectionId>,
) -> Result<Vec<WorkItem>, LedgerError> {
    const ALL: &str = "
        SELECT work.* FROM work JOIN connection ON connection.id = work.connection
        WHERE review_since IS NOT NULL AND configuration IS NOT NULL
        ORDER BY review_since, connection, rma";
    const OF_ONE: &str = "
        SELECT * FROM work WHERE review_since IS NOT NULL AND connection = $1 ORDER BY review_since, rma";
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
) -> Result<Vec<OutOfSync>, LedgerError> {
    const OUT_OF_SYNC: &str = "
        SELECT connection,
            COUNT(*) FILTER (WHERE due_since > $1) AS within_an_hour,
            COUNT(*) FILTER (WHERE due_since > $2 AND due_since <= $1) AS within_a_day,
            COUNT(*) FILTER (WHERE due_since <= $2) AS longer,
            COUNT(*) FILTER (WHERE failures >= $3) AS failing,
            MAX(last_error) FILTER (WHERE failures >= $3) AS last_error,
            MIN(due_at) FILTER (WHERE failures >= $3) AS next_attempt_at
        FROM work WHERE due_at IS NOT NULL OR worker IS NOT NULL GROUP BY connection ORDER BY connection";
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

fn item(row: &Row) -> Result<WorkItem, LedgerError> {
    let (reviews, unreadable_reviews) = stored_reviews(&row.text("reviews")?);
    // Decided or not, what does not read is asked again if the next attempt finds it.
    let (resolved, _) = stored_reviews(row.text_if_any("resolved")?.as_deref().unwrap_or("[]"));
    let credit = row.text_if_any("credit")?.map(|credit| credit.parse::<OrderId>());
    Ok(WorkItem {
        connection: row.parsed("connection")?,
        rma: row.parsed("rma")?,
        state: row.parsed("state")?,
        credit: credit.transpose().map_err(|error| unreadable("credit", error))?,
        attempt: row.int("attempt")?,
        failures: row.small_count("failures")?,
        last_error: row.text_if_any("last_error")?,
        due_at: row.time_if_any("due_at")?,
        due_since: row.time_if_any("due_since")?.or(row.time_if_any("review_since")?),
        reviews,
        unreadable_reviews,
        resolved,
        resolved_error: row.text_if_any("resolved_error")?,
        worker: row.text_if_any("worker")?.map(WorkerId),
        asked: row.int("asked")? == 1,
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
) -> Result<Vec<RmaId>, LedgerError> {
    const OF_CREDITS: &str = "
        SELECT rma FROM work
        WHERE connection = $2 AND work.credit IN (SELECT input.credit FROM {input $1: credit text}) ORDER BY rma";
    let rows: Vec<_> = credits.iter().map(|credit| Credit { credit: credit.to_string() }).collect();
    let rows = session.all(OF_CREDITS, &[(&json(&rows)?).into(), connection.as_str().into()]).await?;
    rows.iter().map(|row| row.parsed("rma")).collect()
}
