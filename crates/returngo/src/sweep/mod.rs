//! Sweeps: polling that finds every change of a shop within the daily quota
//! (docs/evidence/returngo.md#polling-and-lastupdated).
//!
//! Webhooks may be lost, and `lastUpdated` misses the most important changes: it does not move when a parcel
//! arrives, a refund is made or a unit is inspected. So a sweep requests four lists, each for what only it
//! shows ([`SweepJob`]), and compares them with what was read before. An RMA that differs is *pending*: it has
//! to be read completely.
//!
//! [`SweepState`] holds what was observed and what is pending: pure decisions over a value that is stored as
//! JSON, without clock and network. [`Sweeper`] makes its calls with a [`Client`](crate::Client).
//!
//! A shop with many RMAs does not store all of them at every step: it stores each observed RMA by itself and
//! the [`SweepCheckpoint`], and [restores](SweepState::restore) the RMAs that are watched and those that a
//! [page](Sweeper::next_page) shows.
//!
//! ```no_run
//! use returngo::sweep::{ReadResult, Sweeper, SweepSettings, SweepState};
//!
//! # async fn example(returngo: returngo::Client, stored: Option<SweepState>) -> Result<(), Box<dyn std::error::Error>> {
//! let mut sweeper = match stored {
//!     Some(state) => Sweeper::resume(returngo, SweepSettings::default(), state),
//!     None => Sweeper::new(returngo, SweepSettings::default()),
//! };
//! sweeper.sweep().await?;
//! while let Some(result) = sweeper.read_next().await? {
//!     match result {
//!         ReadResult::Rma(rma) => println!("{} is {}", rma.id(), rma.status()),
//!         ReadResult::Gone(id) => println!("{id} is gone"),
//!     }
//! }
//! println!("{}", serde_json::to_string(sweeper.state())?); // keep it
//! println!("next sweep at {}", sweeper.wake_at());
//! # Ok(())
//! # }
//! ```

mod checkpoint;
mod observed;
mod pace;
mod pending;
mod run;
mod speculative_reads;
mod state;
mod sweeper;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::{
    checkpoint::SweepCheckpoint,
    observed::ObservedRma,
    pending::{PendingMark, PendingRma, Reason},
    state::{SweepCall, SweepState},
    sweeper::{ListPage, ReadResult, SweepResult, Sweeper},
};

/// A list that a sweep requests at an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SweepJob {
    /// All open RMAs: shows every change of a status, including RMAs that leave the list.
    Open,
    /// RMAs by `lastUpdated`: shows what was submitted, approved, edited or reopened, and nothing else.
    Edited,
    /// Transactions by `lastUpdated`, which for them does move: shows refunds.
    Money,
    /// RMAs created lately, in any status: shows changes that the other lists missed.
    Recent,
}

impl SweepJob {
    const ALL: [Self; 4] = [Self::Open, Self::Edited, Self::Money, Self::Recent];
}

/// The intervals of a sweep. They grow when the day's calls run short; writes have priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepSettings {
    /// How often the open RMAs are listed.
    pub open_every: Duration,
    /// How often the edited ones are listed.
    pub edited_every: Duration,
    /// How often transactions are listed.
    pub money_every: Duration,
    /// How often recent RMAs are listed.
    pub recent_every: Duration,
    /// How far back RMAs count as recent.
    pub recent: Duration,
    /// How much of the previous period each list by time requests again, for clocks that differ.
    pub overlap: Duration,
    /// How long to wait after a webhook of an RMA, so that several webhooks cost one read.
    pub debounce: Duration,
    /// How many RMAs per hour are read without a sign of a change: inspections show in no list.
    pub speculative_reads_per_hour: u32,
    /// How long a finished RMA may still be inspected.
    pub watch_after_done: Duration,
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

impl Default for SweepSettings {
    /// Intervals for 500 open RMAs within the 2,000 calls of every key.
    fn default() -> Self {
        Self {
            open_every: Duration::from_secs(10 * MINUTE),
            edited_every: Duration::from_secs(10 * MINUTE),
            money_every: Duration::from_secs(15 * MINUTE),
            recent_every: Duration::from_secs(DAY),
            recent: Duration::from_secs(30 * DAY),
            overlap: Duration::from_secs(5 * MINUTE),
            debounce: Duration::from_secs(45),
            speculative_reads_per_hour: 20,
            watch_after_done: Duration::from_secs(3 * DAY),
        }
    }
}

impl SweepSettings {
    /// Returns the interval of a list; 1 second at least.
    fn every(&self, job: SweepJob) -> Duration {
        let every = match job {
            SweepJob::Open => self.open_every,
            SweepJob::Edited => self.edited_every,
            SweepJob::Money => self.money_every,
            SweepJob::Recent => self.recent_every,
        };
        every.max(Duration::from_secs(1))
    }
}
