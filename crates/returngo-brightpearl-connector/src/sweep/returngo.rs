use jiff::{SignedDuration, Timestamp};
use returngo::{
    Notification, RmaId,
    sweep::{SweepSettings, SweepState, Sweeper},
};
use serde::{Deserialize, Serialize};

use super::{Progress, Schedule, SweepError, Swept, later};
use crate::{
    connection::Connection,
    ledger::{Ledger, SweepTurn},
};

/// How much of what workers saw before the last sweep is taken in again: their clocks may differ from this one.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// Where a sweep got to.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cursor {
    state: SweepState,
    /// Until when it is known what workers saw.
    heard_until: Timestamp,
}

impl Cursor {
    fn read(stored: Option<&str>, now: Timestamp) -> Self {
        let stored = stored.and_then(|stored| serde_json::from_str(stored).ok());
        stored.unwrap_or_else(|| Self { state: SweepState::new(now), heard_until: Timestamp::UNIX_EPOCH })
    }
}

impl Connection {
    /// Finds RMAs that changed since the last sweep, as [`returngo::sweep`] does: within the calls that the day
    /// has left, and without trusting `lastUpdated` alone (returngo.md §6.5). It reads no RMA itself: a worker
    /// does, and tells what it saw.
    pub(super) async fn sweep_returngo(
        &self,
        turn: &SweepTurn,
        schedule: &Schedule,
        ledger: &dyn Ledger,
    ) -> Result<Progress, SweepError> {
        let settings = SweepSettings::default();
        let began = self.clock.now();
        let Cursor { state, heard_until } = Cursor::read(turn.cursor.as_deref(), began);
        let mut sweeper = Sweeper::resume(self.returngo.clone(), settings.clone(), state);
        let since = heard_until.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
        for (rma, seen) in ledger.seen_since(&self.id, since).await? {
            sweeper.state_mut().saw(&rma, seen.rma);
        }
        if turn.hastened {
            sweeper.notified(&Notification::default());
        }
        let listed = sweeper.sweep().await;
        let found = sweeper.due();
        let rmas: Vec<RmaId> = found.iter().map(|due| due.rma_id.clone()).collect();
        let now = self.clock.now();
        let due = ledger.mark_found(&self.id, &rmas, "ReturnGO was swept", now).await?;
        found.iter().for_each(|due| sweeper.state_mut().handed_over(due, now));
        let next =
            sweeper.wake_at().clamp(later(now, schedule.returngo / 5), later(now, schedule.returngo * 4));
        let cursor = Cursor { state: sweeper.state().clone(), heard_until: began };
        Ok(Progress {
            cursor: serde_json::to_string(&cursor).unwrap_or_default(),
            due_at: next,
            swept: Swept { due },
            trouble: listed.err().map(SweepError::from),
        })
    }
}
