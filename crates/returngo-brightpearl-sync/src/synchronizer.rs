//! Synchronization of the RMAs of one connection, for programs that bring their own schedule.

mod applied;
mod error;
mod notified;

use std::sync::Arc;

use brightpearl::{
    OrderId,
    client::{Clock, SystemClock},
};
use jiff::{SignedDuration, Timestamp};
use returngo::RmaId;
use returngo_brightpearl_mapping::{
    ConnectionSettings, Effect, Plan, ReturnState, Review, Warning, World, original_order, plan,
};
use tokio::sync::Mutex;

pub use self::{
    applied::Applied,
    error::{ApplyError, SyncError},
};
use crate::{
    EffectOutcome, IntentResult, Journal, MemoryJournal, PlannedWrite, ReadError, Reader, ReaderCache,
    Withheld, Write, Writer, write_protocol,
};

/// How often both systems are written to. Without outside changes an RMA converges within four rounds.
const MAX_ROUNDS: usize = 5;

/// How long a write whose answer was lost may take to appear.
const APPEARS_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// Synchronizes the RMAs of one connection: a ReturnGO shop and a Brightpearl account.
///
/// Clones share their journal and their lock: one RMA is written at a time, because RMAs of the same sales order share its
/// quantities. Use one synchronizer and its clones for all RMAs of a connection. Several processes need a [`Journal`] that
/// they share and that admits one of them at a time.
///
/// Dropping a future of it loses nothing: a write that was sent is recorded in the journal as intended, and the next call
/// looks it up before it is sent again.
#[derive(Clone)]
pub struct Synchronizer {
    brightpearl: brightpearl::Client,
    returngo: returngo::Client,
    settings: Arc<ConnectionSettings>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    reader: Arc<ReaderCache>,
    writing: Arc<Mutex<()>>,
}

/// The result of synchronizing an RMA. Both systems agree, except for what the reviews name.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use = "reviews are decisions that a person has to make"]
pub struct Synced {
    /// The effects that were applied, in this order.
    pub applied: Vec<Applied>,
    /// The decisions that are needed.
    pub reviews: Vec<Review>,
    /// Facts to know about the return.
    pub warnings: Vec<Warning>,
    /// The state of the return.
    pub state: ReturnState,
}

impl Synchronizer {
    /// Creates a synchronizer with a journal in memory.
    ///
    /// Replace the journal with [`with_journal`](Self::with_journal) if the program may be restarted within a few minutes of a
    /// lost answer, and to keep decisions.
    pub fn new(
        brightpearl: brightpearl::Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
    ) -> Self {
        Self {
            brightpearl,
            returngo,
            settings: Arc::new(settings),
            journal: Arc::new(MemoryJournal::default()),
            clock: Arc::new(SystemClock),
            reader: Arc::default(),
            writing: Arc::default(),
        }
    }

    /// Records writes in this journal, and takes decisions about reviews from it.
    #[must_use]
    pub fn with_journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = journal;
        self
    }

    /// Takes the time from this clock. Give the same clock to a [`MemoryJournal`].
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The client of the Brightpearl account.
    pub const fn brightpearl(&self) -> &brightpearl::Client {
        &self.brightpearl
    }

    /// The client of the ReturnGO shop.
    pub const fn returngo(&self) -> &returngo::Client {
        &self.returngo
    }

    /// The settings of the connection.
    pub fn settings(&self) -> &ConnectionSettings {
        &self.settings
    }

    /// Synchronizes an RMA: reads both systems, applies the planned effects one after another, and reads both systems again
    /// until the plan has no effects.
    ///
    /// # Errors
    /// When a system cannot be read, or an effect could not be applied. What was applied before stands; the error lists it.
    /// Call it again when the error is [retryable](SyncError::is_retryable).
    pub async fn sync(&self, id: &RmaId) -> Result<Synced, SyncError> {
        let _one_at_a_time = self.writing.lock().await;
        let mut applied = Vec::new();
        match self.converge(id, &mut applied).await {
            Ok(Plan { reviews, warnings, state, .. }) => Ok(Synced { applied, reviews, warnings, state }),
            Err(source) => Err(SyncError { rma: id.clone(), applied, source }),
        }
    }

    /// Reads both systems and plans an RMA. Writes nothing.
    ///
    /// # Errors
    /// When one of the systems cannot be read.
    pub async fn plan(&self, id: &RmaId) -> Result<Plan, ReadError> {
        Ok(plan(&self.world(id).await?, &self.settings))
    }

    /// Reads the current snapshot of an RMA, with what the journal remembers about it.
    ///
    /// # Errors
    /// When one of the systems cannot be read.
    pub async fn world(&self, id: &RmaId) -> Result<World, ReadError> {
        self.reader().await?.world_with(id, &*self.journal).await
    }

    /// Applies one effect of the plan of an RMA, if it is still planned: both systems are read again first. Apply the effects of
    /// a plan in its order.
    ///
    /// # Errors
    /// When the effect is not planned any more, could not be applied, or may have been applied.
    pub async fn apply(&self, id: &RmaId, effect: &Effect) -> Result<Applied, ApplyError> {
        let _one_at_a_time = self.writing.lock().await;
        let look = self.look(id).await?;
        if !plan(&look.world, &self.settings).effects.contains(effect) {
            return Err(ApplyError::NotPlanned { key: effect.key().to_owned() });
        }
        let applied = self.write(id, effect.clone(), &look).await?;
        Ok(applied.unwrap_or_else(|| Applied {
            effect: effect.clone(),
            remote_id: None,
            already_existed: true,
        }))
    }

    /// Returns the reader for both systems, with the configuration of the account. The configuration is read again after half an
    /// hour.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub async fn reader(&self) -> Result<Arc<Reader>, ReadError> {
        self.reader.get(&self.brightpearl, &self.returngo, &self.settings, self.clock.now()).await
    }

    async fn converge(&self, id: &RmaId, applied: &mut Vec<Applied>) -> Result<Plan, ApplyError> {
        for _ in 0..MAX_ROUNDS {
            let look = self.look(id).await?;
            let mut plan = plan(&look.world, &self.settings);
            let before = applied.len();
            for effect in std::mem::take(&mut plan.effects) {
                applied.extend(self.write(id, effect, &look).await?);
            }
            if applied.len() == before {
                return Ok(plan);
            }
        }
        let plan = self.plan(id).await?;
        if plan.effects.is_empty() { Ok(plan) } else { Err(ApplyError::NotConverged) }
    }

    async fn look(&self, id: &RmaId) -> Result<Look, ReadError> {
        let known_until = self.clock.now().saturating_sub(APPEARS_WITHIN).unwrap_or(Timestamp::MIN);
        let world = self.world(id).await?;
        Ok(Look { original_order: original_order(&world), world, known_until })
    }

    /// Writes an effect. Returns none for a note that was written before.
    async fn write(&self, rma: &RmaId, effect: Effect, look: &Look) -> Result<Option<Applied>, ApplyError> {
        let key = effect.key().to_owned();
        let write = Write { rma: rma.clone(), effect: effect.clone() };
        let Look { original_order, known_until, .. } = *look;
        let planned = PlannedWrite { write, original_order, known_until };
        let intended = write_protocol::intend(&*self.journal, vec![planned]).await;
        let intended =
            intended.map_err(|source| ApplyError::Journal { key: key.clone(), sent: false, source })?;
        let admitted = match intended.into_iter().next() {
            Some(IntentResult::Admitted(admitted)) => [*admitted],
            Some(IntentResult::Withheld(Withheld::AlreadyNoted)) => return Ok(None),
            Some(IntentResult::Withheld(reason)) => return Err(ApplyError::Withheld { key, reason }),
            None => return Err(ApplyError::Withheld { key, reason: Withheld::LeaseLost }),
        };
        let writer = Writer { brightpearl: &self.brightpearl, returngo: &self.returngo };
        let mut results = writer.apply(std::slice::from_ref(&admitted[0].write)).await;
        let recorded = write_protocol::record(&*self.journal, &admitted, &mut results).await;
        recorded.map_err(|source| ApplyError::Journal { key: key.clone(), sent: true, source })?;
        match results.pop() {
            Some(result) => match result.outcome {
                EffectOutcome::Applied { remote_id, already_existed } => {
                    Ok(Some(Applied { effect, remote_id, already_existed }))
                }
                _ => Err(ApplyError::Failed { key, result: Box::new(result) }),
            },
            None => Err(ApplyError::Withheld { key, reason: Withheld::LeaseLost }),
        }
    }
}

/// A snapshot, and what a write that is planned on it has to say about it.
struct Look {
    world: World,
    original_order: Option<OrderId>,
    known_until: Timestamp,
}

impl std::fmt::Debug for Synchronizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let account = self.brightpearl.account();
        f.debug_struct("Synchronizer").field("account", account).finish_non_exhaustive()
    }
}
