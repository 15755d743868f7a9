use jiff::Timestamp;
use returngo::{
    RmaId, rma,
    sweep::{SweepCall, SweepSettings, SweepState},
    transaction,
};

use super::{Progress, Schedule, SweepError, Swept, later};
use crate::{connection::Connection, ledger::Ledger};

impl Connection {
    /// Finds RMAs that changed since the last sweep, as [`returngo::sweep`] does: within the calls that the day
    /// has left, and without trusting `lastUpdated` alone (returngo.md §6.5).
    pub(super) async fn sweep_returngo(
        &self,
        cursor: Option<&str>,
        schedule: &Schedule,
        ledger: &dyn Ledger,
    ) -> Result<Progress, SweepError> {
        let settings = SweepSettings::default();
        let stored = cursor.and_then(|cursor| serde_json::from_str(cursor).ok());
        let mut state: SweepState = stored.unwrap_or_else(|| SweepState::new(self.clock.now()));
        self.ask_for_lists(&mut state, &settings).await?;
        let due = self.read_what_changed(&mut state, &settings).await;
        ledger.mark_due(&self.id, &due, "ReturnGO was swept", self.clock.now()).await?;
        let now = self.clock.now();
        let wake_at = state.wake_at(now, &settings, self.returngo.calls_left());
        let due_at = wake_at.clamp(later(now, schedule.returngo / 2), later(now, schedule.returngo * 4));
        let cursor = serde_json::to_string(&state).unwrap_or_default();
        Ok(Progress { cursor, due_at, swept: Swept { due: due.len() } })
    }

    async fn ask_for_lists(
        &self,
        state: &mut SweepState,
        settings: &SweepSettings,
    ) -> Result<(), returngo::Error> {
        loop {
            let asked_at = self.clock.now();
            let Some(call) = state.next_call(asked_at, settings, self.returngo.calls_left()) else {
                return Ok(());
            };
            let undecodable = match call {
                SweepCall::Rmas { job, filter, cursor } => {
                    let page = self.returngo.send(&rma::list(&filter, cursor.as_ref())).await?;
                    state.saw_rmas(job, page, asked_at)
                }
                SweepCall::Transactions { filter, cursor } => {
                    let page = self.returngo.send(&transaction::list(&filter, cursor.as_ref())).await?;
                    state.saw_transactions(page, asked_at)
                }
            };
            for row in undecodable {
                tracing::warn!(connection = %self.id, "a row of a list does not read: {row}");
            }
        }
    }

    /// Reads the RMAs that changed, so that the next lists are compared with what they show now. The worker reads
    /// them again when it looks at both systems together.
    async fn read_what_changed(&self, state: &mut SweepState, settings: &SweepSettings) -> Vec<RmaId> {
        let mut changed = Vec::new();
        for due in state.due(self.clock.now(), settings, self.returngo.calls_left()) {
            let asked_at: Timestamp = self.clock.now();
            match self.returngo.rmas().get(&due.rma_id).await {
                Ok(rma) => state.learned(&rma, asked_at),
                Err(error) => {
                    tracing::warn!(connection = %self.id, rma = %due.rma_id, "not read: {error}");
                    state.postpone(&due.rma_id, asked_at, later(asked_at, settings.open_every));
                    continue;
                }
            }
            changed.push(due.rma_id);
        }
        changed
    }
}
