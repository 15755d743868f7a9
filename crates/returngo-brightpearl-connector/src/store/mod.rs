//! The store: connections, webhooks, jobs, writes and their audit, in SQLite or PostgreSQL.
//!
//! Everything that has to survive a crash is in the [`Store`]. No transaction is open during a call to either system: a
//! worker leases jobs and commits, calls the systems, and records the results on the condition that it still holds the lease.

mod activity;
mod audit;
mod clock;
mod connection;
mod connection_changes;
mod connection_queue;
mod connections;
mod database;
mod decisions;
mod dialect;
mod effects;
mod error;
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
mod status;
mod sweep_rows;
mod sweeps;
mod token_refresh;
mod unreadable;

pub use activity::{Activity, Actor, Interface, Operation};
pub use audit::{AuditEntry, AuditEvent, AuditPosition, PrunedAudit};
pub use connection::{ConnectionId, Counterparts, Encrypted, InvalidConnectionId, StoredConnection};
pub use connection_changes::{ConnectionChange, FieldChange, RecordedChange};
pub use decisions::{Answer, Decided, RmaAction};
pub use effects::Intent;
pub use inbox::{Delivery, InboxId, Source, StoredDelivery};
pub use jobs::{Cause, Job, JobOutcome, JobState, Lease, LeaseRequest, UnreadableReview, WorkerId};
pub use observations::{Observation, ObservedCredit};
pub use original_orders::{OrderHold, OrderRequest, Revision};
pub use processes::{LEASE, Process, REPORT_EVERY};
pub use queue::QueueRequest;
pub use rekey::{Reencrypted, ReencryptedSecrets};
pub use returngo_calls::{CallLimits, KeyDigest, ReservedCalls};
pub use status::{ConnectionStatus, OutOfSync};
pub use sweep_rows::{SweepPart, SweepRowChanges, SweepRowKey, SweepRows};
pub use sweeps::{SweepLease, SweepName, SweepStatus};
pub use unreadable::{Dismissal, StoredUnreadable, Unreadable, UnreadableKind};

pub use error::{StoreError, Unknown};
pub use returngo_brightpearl_sync::{Admission, EffectOutcome, EffectRecord, WriteKind};

use std::sync::Arc;

use sqlx::AnyPool;

use self::{
    database::Database,
    open::{IfMissing, Opened},
    session::Session,
};

/// The database. One implementation serves SQLite and PostgreSQL; any number of processes may share a PostgreSQL database.
#[derive(Debug)]
pub struct Store {
    database: Database,
    write: AnyPool,
    read: AnyPool,
}

impl Store {
    /// Checks, by writing, that the database is writable and has space for a webhook.
    pub async fn ready(&self) -> Result<(), StoreError> {
        const FILL: &str = "UPDATE readiness SET checks = checks + 1, fill = $1 WHERE id = 1";
        let mut session = self.writing().await?;
        session.run(FILL, &[[0; 16 * 1024].as_slice().into()]).await?;
        session.run("UPDATE readiness SET fill = NULL WHERE id = 1", &[]).await?;
        session.commit().await
    }

    /// Whether no statement is running. A simulation advances its clock only then.
    pub fn is_idle(&self) -> bool {
        [&self.write, &self.read].into_iter().all(|pool| pool.num_idle() == pool.size() as usize)
    }

    async fn writing(&self) -> Result<Session<'_>, StoreError> {
        let begun = self.write.begin_with(self.database.dialect.begin()).await;
        Ok(Session::in_transaction(begun.map_err(|error| self.database.explain(error))?, &self.database))
    }

    async fn open(url: &str, if_missing: IfMissing) -> Result<Arc<Self>, StoreError> {
        let Opened { database, write, read } = open::open(url, if_missing).await?;
        let store = Self { database, write, read };
        store.ready().await?;
        Ok(Arc::new(store))
    }

    /// A session for several statements that have to see the same state.
    async fn reading(&self) -> Result<Session<'_>, StoreError> {
        let begun = self.read.begin().await;
        Ok(Session::in_transaction(begun.map_err(|error| self.database.explain(error))?, &self.database))
    }

    /// A session for one statement.
    async fn asking(&self) -> Result<Session<'_>, StoreError> {
        let connection = self.read.acquire().await;
        Ok(Session::for_one_statement(
            connection.map_err(|error| self.database.explain(error))?,
            &self.database,
        ))
    }
}

/// Opens a database, and creates or updates its tables: `sqlite:///var/lib/returngo-brightpearl/store.db` (created if it does
/// not exist, with the options `busy_timeout` in milliseconds and `max_page_count`), `sqlite::memory:` for tests, or
/// `postgres://user:password@host/name`.
///
/// # Errors
///
/// The database cannot be opened or written to, is held by another process, or was created by another version.
pub async fn open(url: &str) -> Result<Arc<Store>, StoreError> {
    Store::open(url, IfMissing::Create).await
}

/// Opens a database that exists and is set up; creates none.
///
/// # Errors
/// As [`open`], and [`StoreError::NotSetUp`].
pub async fn open_existing(url: &str) -> Result<Arc<Store>, StoreError> {
    Store::open(url, IfMissing::Fail).await
}
