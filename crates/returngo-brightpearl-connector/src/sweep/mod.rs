//! Sweeps: scheduled polls that find the changes that webhooks missed. Each sweep has its own schedule and stores how far
//! it got.

mod brightpearl;
mod returngo;
mod returngo_cursor;
mod since;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl_sync::ReadError;

use crate::{
    configuration::ConnectionConfiguration,
    connection::Context,
    failpoints::Failpoint,
    skipped::Skipped,
    store::{StoreError, SweepLease, SweepName, SweepRowChanges},
    subscriptions,
};

pub use since::changed_since;

/// Intervals of the sweeps of a connection.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Between sweeps of Brightpearl.
    pub brightpearl: Duration,
    /// Between sweeps of ReturnGO, at most: the [sweeper](::returngo::sweep) adapts to the calls that are left.
    pub returngo: Duration,
    /// Between checks of the webhook subscriptions.
    pub subscriptions: Duration,
    /// After a failed sweep.
    pub after_failure: Duration,
    /// How long a sweep may take before another process takes it over.
    pub longest: Duration,
    /// Where webhooks arrive; without it, subscriptions are not changed.
    pub public_url: Option<String>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            brightpearl: Duration::from_secs(600),
            returngo: Duration::from_secs(300),
            subscriptions: Duration::from_secs(24 * 3600),
            after_failure: Duration::from_secs(300),
            longest: Duration::from_secs(1800),
            public_url: None,
        }
    }
}

impl Schedule {
    /// When a sweep that fails at this time is retried.
    pub(crate) fn after_failure_at(&self, now: Timestamp) -> Timestamp {
        later(now, self.after_failure)
    }
}

/// What a sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepResult {
    /// RMAs that were queued.
    pub due: usize,
}

/// Why a sweep failed. It is retried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// One of the systems could not be read.
    #[error("the sweep cannot read")]
    Read(#[source] ReadError),
    /// Another process took the sweep over, so its progress was not stored.
    #[error("the sweep took too long and another process took over; its changes may be searched for again")]
    TakenOver,
    /// The daily quota allows no further list.
    #[error("the daily quota of ReturnGO calls is used up; the sweep continues at {}", until.strftime("%F %TZ"))]
    NoCallsLeft {
        /// When the day ends.
        until: Timestamp,
    },
}

impl From<::brightpearl::Error> for SweepError {
    fn from(error: ::brightpearl::Error) -> Self {
        Self::Read(error.into())
    }
}

impl From<::returngo::Error> for SweepError {
    fn from(error: ::returngo::Error) -> Self {
        Self::Read(error.into())
    }
}

/// How far a sweep got, and when it runs next.
struct SweepOutcome {
    cursor: String,
    rows: SweepRowChanges,
    run_at: Timestamp,
    result: SweepResult,
    /// Why it did not get further.
    error: Option<SweepError>,
}

/// Runs a sweep under its lease: reads, queues the RMAs that changed, and stores how far it got.
///
/// # Errors
/// When a system or the store fails: the sweep is retried from where the last one got to.
pub async fn run(
    context: &Context<'_>,
    lease: &SweepLease,
    configuration: &ConnectionConfiguration,
    schedule: &Schedule,
) -> Result<SweepResult, SweepError> {
    context.reached(Failpoint::SweepTaken);
    let mut skipped = Skipped::of(context.id());
    let outcome = match lease.sweep {
        SweepName::Brightpearl => {
            if let Some(reader) = context.connection.cached_reader().await {
                skipped.account_was_read(&reader.account.unreadable);
            }
            brightpearl::sweep(context, lease.cursor.as_deref(), schedule, &mut skipped).await
        }
        SweepName::Returngo => returngo::sweep(context, lease, schedule, &mut skipped).await,
        SweepName::Subscriptions => check_subscriptions(context, configuration, schedule).await,
    };
    context.reached(Failpoint::SweepQueued);
    let retry_at = schedule.after_failure_at(context.now());
    // Stored before the cursor moves past the skipped objects.
    let stored = skipped.store(context.store, context.now()).await;
    context.reached(Failpoint::SkippedStored);
    let result = match stored {
        Ok(()) => finish(context, lease, outcome, retry_at).await,
        Err(error) => Err(error.into()),
    };
    // The store ignores the release of a sweep that is finished or that another process holds.
    if result.is_err()
        && let Err(error) = context.store.release_sweep(lease, retry_at).await
    {
        let (connection, sweep) = (context.id(), lease.sweep.as_str());
        tracing::warn!(%connection, sweep, %error, "cannot release failed sweep");
    }
    context.reached(Failpoint::SweepFinished);
    result
}

async fn check_subscriptions(
    context: &Context<'_>,
    configuration: &ConnectionConfiguration,
    schedule: &Schedule,
) -> Result<SweepOutcome, SweepError> {
    if let Some(public_url) = &schedule.public_url {
        let secret = &configuration.webhook_secret;
        subscriptions::subscribe(context.connection, public_url, secret).await.map_err(SweepError::Read)?;
    }
    let now = context.now();
    Ok(SweepOutcome {
        cursor: now.to_string(),
        rows: SweepRowChanges::default(),
        run_at: later(now, schedule.subscriptions),
        result: SweepResult::default(),
        error: None,
    })
}

async fn finish(
    context: &Context<'_>,
    lease: &SweepLease,
    outcome: Result<SweepOutcome, SweepError>,
    retry_at: Timestamp,
) -> Result<SweepResult, SweepError> {
    let SweepOutcome { cursor, rows, run_at, result, error } = outcome?;
    let run_at = if error.is_some() { retry_at } else { run_at };
    let is_finished = context.store.finish_sweep_with(lease, &cursor, &rows, run_at).await?;
    match error {
        Some(error) => Err(error),
        None if !is_finished => Err(SweepError::TakenOver),
        None => Ok(result),
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| now.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}
