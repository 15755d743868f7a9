//! Sweeps: what webhooks did not tell, found by asking. Each has a schedule of its own, and remembers where it
//! got to.

mod brightpearl;
mod returngo;
mod rows;
mod since;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use returngo_brightpearl_sync::ReadError;

use crate::{
    configuration::ConnectionConfiguration,
    connection::Connection,
    failpoints::{Failpoint, Failpoints},
    inbox::InboxError,
    skipped::Skipped,
    store::{Store, StoreError, SweepLease, SweepName, SweepRowChanges},
};

/// How often a connection is swept.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Brightpearl.
    pub brightpearl: Duration,
    /// ReturnGO, at the most: its own [pace](::returngo::sweep) follows the calls that are left.
    pub returngo: Duration,
    /// The webhooks' subscriptions.
    pub subscriptions: Duration,
    /// After a sweep that failed.
    pub after_failure: Duration,
    /// How long a sweep may take before another process takes it over.
    pub longest: Duration,
    /// Where webhooks arrive, for the subscriptions; none leaves them alone.
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
    /// When a sweep that fails at this time is due again.
    pub(crate) fn after_failure_at(&self, now: Timestamp) -> Timestamp {
        later(now, self.after_failure)
    }
}

/// What a sweep found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepResult {
    /// RMAs that are due because of it.
    pub due: usize,
}

/// Why a sweep came to nothing; it is done again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// One of the systems could not be read.
    #[error("the sweep could not read")]
    Read(#[source] ReadError),
    /// It took so long that another process began it anew: where it got to is not stored.
    #[error("it took so long that another process took over, and what it found may be looked for again")]
    TakenOver,
    /// No list was asked for.
    #[error("the calls to ReturnGO of today are used up: it goes on at {}", until.strftime("%F %TZ"))]
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

impl From<InboxError> for SweepError {
    fn from(error: InboxError) -> Self {
        match error {
            InboxError::Store(error) => Self::Store(error),
            InboxError::Lookup(error) => Self::Read(error),
        }
    }
}

/// Where a sweep got to, and when its turn comes again.
struct Progress {
    cursor: String,
    rows: SweepRowChanges,
    run_at: Timestamp,
    swept: SweepResult,
    /// What kept it from getting further.
    trouble: Option<SweepError>,
}

impl Connection {
    /// Takes a turn of a sweep: asks, marks what it finds as due, remembers where it got to.
    ///
    /// # Errors
    /// When a system or the store fails: the sweep is due again, from where the last one got to.
    pub async fn sweep(
        &self,
        turn: &SweepLease,
        configuration: &ConnectionConfiguration,
        schedule: &Schedule,
        store: &Store,
        failpoints: &dyn Failpoints,
    ) -> Result<SweepResult, SweepError> {
        failpoints.reached(Failpoint::SweepTaken);
        let cursor = turn.cursor.as_deref();
        let mut skipped = Skipped::of(&self.id);
        let taken = match turn.sweep {
            SweepName::Brightpearl => {
                if let Some(reader) = self.known_account().await {
                    skipped.account_was_read(&reader.account.unreadable);
                }
                self.sweep_brightpearl(cursor, schedule, store, &mut skipped).await
            }
            SweepName::Returngo => self.sweep_returngo(turn, schedule, store, &mut skipped).await,
            SweepName::Subscriptions => self.sweep_subscriptions(configuration, schedule).await,
        };
        failpoints.reached(Failpoint::SweepQueued);
        let again_at = schedule.after_failure_at(self.clock.now());
        // Before the sweep goes past it.
        let stored = skipped.store(store, self.clock.now()).await;
        failpoints.reached(Failpoint::SkippedStored);
        let outcome = match stored {
            Ok(()) => finish(turn, taken, again_at, store).await,
            Err(error) => Err(error.into()),
        };
        // Nothing is released that is finished, or another process's.
        if outcome.is_err()
            && let Err(error) = store.release_sweep(turn, again_at).await
        {
            tracing::warn!(connection = %self.id, sweep = turn.sweep.as_str(), "a sweep that failed is not released: {error}");
        }
        failpoints.reached(Failpoint::SweepFinished);
        outcome
    }

    async fn sweep_subscriptions(
        &self,
        configuration: &ConnectionConfiguration,
        schedule: &Schedule,
    ) -> Result<Progress, SweepError> {
        if let Some(public_url) = &schedule.public_url {
            self.subscribe(public_url, &configuration.webhook_secret).await.map_err(SweepError::Read)?;
        }
        let now = self.clock.now();
        let run_at = later(now, schedule.subscriptions);
        Ok(Progress {
            cursor: now.to_string(),
            rows: SweepRowChanges::default(),
            run_at,
            swept: SweepResult::default(),
            trouble: None,
        })
    }
}

async fn finish(
    turn: &SweepLease,
    taken: Result<Progress, SweepError>,
    again_at: Timestamp,
    store: &Store,
) -> Result<SweepResult, SweepError> {
    let Progress { cursor, rows, run_at, swept, trouble } = taken?;
    let run_at = if trouble.is_some() { again_at } else { run_at };
    let is_finished = store.finish_sweep_with(turn, &cursor, &rows, run_at).await?;
    match trouble {
        Some(trouble) => Err(trouble),
        None if !is_finished => Err(SweepError::TakenOver),
        None => Ok(swept),
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| now.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}
