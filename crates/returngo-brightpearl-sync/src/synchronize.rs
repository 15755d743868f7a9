//! Synchronization of one RMA, for programs that bring their own schedule.

use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_mapping::{Plan, original_order, plan};

use crate::{
    EffectOutcome, IntentResult, Journal, JournalError, PlannedWrite, ReadError, Reader, Withheld, Write,
    WriteResult, Writer, write_protocol,
};

/// How often both systems are written to. Without outside changes an RMA converges within four rounds.
const MAX_ROUNDS: usize = 5;

/// How long a write whose answer was lost may take to appear.
const APPEARS_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// The result of synchronizing an RMA.
#[derive(Debug, Clone)]
#[must_use = "reviews and unfinished writes are reported only here"]
pub struct Synchronized {
    /// The keys of the effects that were written.
    pub written: Vec<String>,
    /// The last plan, with its reviews.
    pub plan: Plan,
    /// Why effects are left to write; none when both systems agree, except for reviews.
    pub incomplete: Option<Incomplete>,
}

/// Why effects are left to write. Synchronize the RMA again later.
#[derive(Debug, Clone)]
pub enum Incomplete {
    /// The journal does not allow a write.
    Withheld {
        /// The effect's key.
        key: String,
        /// Why.
        reason: Withheld,
    },
    /// A write failed, or its outcome is unknown.
    Failed {
        /// The effect's key.
        key: String,
        /// The result.
        result: WriteResult,
    },
    /// Effects are left after five rounds of writes.
    NotConverged,
}

/// Why an RMA could not be synchronized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynchronizeError {
    /// One of the systems cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal failed.
    #[error("cannot record writes in the journal")]
    Journal(#[source] JournalError),
}

impl Reader {
    /// Synchronizes an RMA at this time: reads both systems, sends the planned effects one after another, and reads both
    /// systems again until the plan has no effects. Each write is recorded in the journal before and after it is sent; use
    /// one journal for all RMAs of a connection. Do not synchronize two RMAs of one sales order at the same time: each would
    /// credit what the other is about to credit.
    ///
    /// # Errors
    /// When a system cannot be read or the journal fails.
    pub async fn synchronize(
        &self,
        id: &RmaId,
        journal: &dyn Journal,
        now: Timestamp,
    ) -> Result<Synchronized, SynchronizeError> {
        let known_until = now.saturating_sub(APPEARS_WITHIN).unwrap_or(Timestamp::MIN);
        let mut written = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let world = self.world_with(id, journal).await?;
            let mut plan = plan(&world, &self.settings);
            let mut is_changed = false;
            for effect in std::mem::take(&mut plan.effects) {
                let key = effect.key().to_owned();
                let write = Write { rma: id.clone(), effect };
                let original_order = original_order(&world);
                let planned = PlannedWrite { write, original_order, known_until };
                match self.write(journal, planned).await.map_err(SynchronizeError::Journal)? {
                    Ok(result) if matches!(result.outcome, EffectOutcome::Applied { .. }) => {
                        written.push(key);
                        is_changed = true;
                    }
                    Ok(result) => {
                        let incomplete = Some(Incomplete::Failed { key, result });
                        return Ok(Synchronized { written, plan, incomplete });
                    }
                    Err(Withheld::AlreadyNoted) => {}
                    Err(reason) => {
                        let incomplete = Some(Incomplete::Withheld { key, reason });
                        return Ok(Synchronized { written, plan, incomplete });
                    }
                }
            }
            if !is_changed {
                return Ok(Synchronized { written, plan, incomplete: None });
            }
        }
        let plan = plan(&self.world_with(id, journal).await?, &self.settings);
        let incomplete = (!plan.effects.is_empty()).then_some(Incomplete::NotConverged);
        Ok(Synchronized { written, plan, incomplete })
    }

    async fn write(
        &self,
        journal: &dyn Journal,
        planned: PlannedWrite,
    ) -> Result<Result<WriteResult, Withheld>, JournalError> {
        let mut admitted = Vec::new();
        for decided in write_protocol::intend(journal, vec![planned]).await? {
            match decided {
                IntentResult::Admitted(write) => admitted.push(*write),
                IntentResult::Withheld(reason) => return Ok(Err(reason)),
            }
        }
        let writes: Vec<Write> = admitted.iter().map(|admitted| admitted.write.clone()).collect();
        let writer = Writer { brightpearl: &self.brightpearl, returngo: &self.returngo };
        let mut results = writer.apply(&writes).await;
        write_protocol::record(journal, &admitted, &mut results).await?;
        Ok(results.pop().ok_or(Withheld::LeaseLost))
    }
}
