//! Seeing every change of a shop by looking, within the calls of a day
//! (docs/evidence/returngo.md#polling-and-lastupdated).
//!
//! Webhooks may be lost, and asking for RMAs by `lastUpdated` misses what matters most: it does not move when
//! a parcel arrives, a refund is made or a unit is inspected. So four lists are asked for, each for what only
//! it shows ([`SweepJob`]), and what they say is compared with what was read before. What differs is *due*: to
//! be read in full.
//!
//! [`SweepState`] is what is known and what is due: pure decisions over a value that is stored as JSON, without
//! a clock and without a network. [`Sweeper`] makes its calls with a [`Client`](crate::Client).
//!
//! A shop of many RMAs does not store all of them at every step: it keeps what was seen of each by itself, stores
//! [`SweepCheckpoint`] alone, and [recalls](SweepState::restore) the RMAs that are watched and those that a
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
//! while let Some(found) = sweeper.read_next().await? {
//!     match found {
//!         ReadResult::Rma(rma) => println!("{} is {}", rma.id(), rma.status()),
//!         ReadResult::Gone(id) => println!("{id} is gone"),
//!     }
//! }
//! println!("{}", serde_json::to_string(sweeper.state())?); // keep it
//! println!("again at {}", sweeper.wake_at());
//! # Ok(())
//! # }
//! ```

mod checkpoint;
mod observed;
mod pace;
mod pending;
mod run;
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

/// A list that is asked for again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SweepJob {
    /// All open RMAs: shows every change of a status, also those that leave.
    Open,
    /// RMAs by `lastUpdated`: shows what was submitted, approved, edited or reopened, and nothing else.
    Edited,
    /// Transactions by `lastUpdated`, which for them does move: shows refunds.
    Money,
    /// RMAs created lately, whatever their status: shows what all the rest missed.
    Recent,
}

impl SweepJob {
    const ALL: [Self; 4] = [Self::Open, Self::Edited, Self::Money, Self::Recent];
}

/// How often a shop is swept. All of it stretches when the day's calls run short; writes go first.
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
    /// How far back recent is.
    pub recent: Duration,
    /// How much of the time before it each list by time asks for again, for clocks that differ.
    pub overlap: Duration,
    /// How long an RMA that a webhook named is left to settle: several webhooks then cost one read.
    pub debounce: Duration,
    /// How many RMAs are read in an hour on suspicion alone: inspections show nowhere else.
    pub speculative_reads_per_hour: u32,
    /// How long a finished RMA may still be inspected.
    pub watch_after_done: Duration,
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

impl Default for SweepSettings {
    /// What fits 500 open RMAs into the 2,000 calls that every key has.
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
    /// Nothing is swept without a pause.
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
