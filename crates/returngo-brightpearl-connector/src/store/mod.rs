//! What the connector remembers: connections, webhooks that arrived, work that is due, what was written, and why.
//!
//! Everything that must survive a crash goes through the [`Store`]. Nothing in it is open across a call to
//! either system: a worker claims, commits, talks to the systems, and writes back, on the condition that the
//! work is still its own.

mod activity;
mod audit;
mod clock;
mod connection_changes;
mod connections;
mod database;
mod decisions;
mod dialect;
mod effects;
mod error;
mod failure;
mod finish;
mod inbox;
mod jobs;
mod observations;
mod open;
mod original_orders;
mod processes;
mod queue;
mod rekey;
mod retention;
mod returngo_calls;
mod session;
mod sweep_rows;
mod sweeps;
mod token_refresh;
mod unreadable;

pub use activity::{Activity, Actor, Interface, Operation};
pub use audit::{AuditEntry, AuditEvent, AuditPosition, PrunedAudit};
pub use connection_changes::{ConnectionChange, FieldChange, RecordedChange};
pub use connections::{ConnectionId, Counterparts, Encrypted, InvalidConnectionId, StoredConnection};
pub use decisions::{Decision, SettledReview};
pub use effects::{Admission, EffectOutcome, EffectRecord, Intent, WriteKind};
pub(crate) use failure::same_at_every_attempt;
pub use inbox::{Delivery, InboxId, Source, StoredDelivery};
pub use jobs::{
    Cause, ConnectionStatus, Job, JobOutcome, JobState, Lease, LeaseRequest, OutOfSync, UnreadableReview,
    WorkerId,
};
pub use observations::{Observation, ObservedCredit};
pub use original_orders::{OrderHold, OrderRequest, Revision};
pub use processes::{LEASE, Process, REPORT_EVERY};
pub use queue::QueueRequest;
pub use rekey::{Reencrypted, ReencryptedSecrets};
pub use returngo_calls::{CallLimits, KeyDigest, ReservedCalls};
pub use sweep_rows::{SweepPart, SweepRowChanges, SweepRowKey, SweepRows};
pub use sweeps::{SweepLease, SweepName, SweepStatus};
pub use unreadable::{Dismissal, StoredUnreadable, Unreadable, UnreadableKind};

pub use error::{StoreError, Unknown};

use std::sync::Arc;

use sqlx::AnyPool;

use self::{database::Database, open::IfMissing, session::Session};

/// The durable memory. One implementation speaks to SQLite and to PostgreSQL; any number of processes may
/// share a PostgreSQL.
#[derive(Debug)]
pub struct Store {
    place: Database,
    write: AnyPool,
    read: AnyPool,
}

impl Store {
    /// Whether the store can be written to, and has space for a webhook: writes.
    pub async fn ready(&self) -> Result<(), StoreError> {
        const FILL: &str = "UPDATE readiness SET checks = checks + 1, fill = $1 WHERE id = 1";
        let mut session = self.writing().await?;
        session.run(FILL, &[[0; 16 * 1024].as_slice().into()]).await?;
        session.run("UPDATE readiness SET fill = NULL WHERE id = 1", &[]).await?;
        session.commit().await
    }

    /// Whether no statement is under way. A simulation lets time pass only then.
    pub fn is_idle(&self) -> bool {
        [&self.write, &self.read].into_iter().all(|pool| pool.num_idle() == pool.size() as usize)
    }

    async fn writing(&self) -> Result<Session<'_>, StoreError> {
        let begun = self.write.begin_with(self.place.dialect.begin()).await;
        Ok(Session::in_transaction(begun.map_err(|error| self.place.explain(error))?, &self.place))
    }

    async fn open(url: &str) -> Result<Self, StoreError> {
        let store = open::open(url, IfMissing::Create).await?;
        store.ready().await?;
        Ok(store)
    }

    async fn open_existing(url: &str) -> Result<Self, StoreError> {
        let store = open::open(url, IfMissing::Fail).await?;
        store.ready().await?;
        Ok(store)
    }

    /// For several statements that have to see the same state.
    async fn reading(&self) -> Result<Session<'_>, StoreError> {
        let begun = self.read.begin().await;
        Ok(Session::in_transaction(begun.map_err(|error| self.place.explain(error))?, &self.place))
    }

    /// For one statement.
    async fn asking(&self) -> Result<Session<'_>, StoreError> {
        let connection = self.read.acquire().await;
        Ok(Session::for_one_statement(connection.map_err(|error| self.place.explain(error))?, &self.place))
    }
}

/// Opens a store, and makes or updates its tables: `sqlite:///var/lib/returngo-brightpearl/store.db` (created
/// if it is not there; `?busy_timeout=` in milliseconds and `?max_page_count=` as SQLite has them),
/// `sqlite::memory:` for a try, or `postgres://user:password@host/name`.
///
/// # Errors
///
/// The database cannot be opened or written to, is held by another process, or is newer than this program.
pub async fn open(url: &str) -> Result<Arc<Store>, StoreError> {
    Ok(Arc::new(Store::open(url).await?))
}

/// The same of a database that was set up before; none is created.
///
/// # Errors
/// As [`open`], and [`StoreError::NotSetUp`].
pub async fn open_existing(url: &str) -> Result<Arc<Store>, StoreError> {
    Ok(Arc::new(Store::open_existing(url).await?))
}
