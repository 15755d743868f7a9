//! What the connector remembers: connections, webhooks that arrived, work that is due, what was written, and why.
//!
//! Everything that must survive a crash goes through the [`Ledger`]. Nothing in it is open across a call to
//! either system: a worker claims, commits, talks to the systems, and writes back, on the condition that the
//! work is still its own.

mod audit;
mod connection;
mod connection_change;
mod decision;
mod effect;
mod failure;
mod inbox;
mod original_order;
mod process;
mod returngo_calls;
mod seals;
mod seen;
mod sql;
mod sweep;
mod sweep_rows;
mod unreadable;
mod work;

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_trait::async_trait;
use brightpearl::OrderId;
use jiff::{SignedDuration, Timestamp, civil::Date};
use returngo::{ReturnedItemId, RmaId, client::CallsMade, sweep::ObservedRma};
use returngo_brightpearl_sync::IntendedCredit;

pub use audit::{AuditEntry, AuditEvent, AuditPosition, PrunedAudit};
pub use connection::{ConnectionId, Counterparts, InvalidConnectionId, Sealed, StoredConnection};
pub use connection_change::{ConnectionChange, FieldChange, RecordedChange};
pub use decision::{Decision, SettledReview};
pub use effect::{Admission, EffectOutcome, EffectRecord, Intent, WriteKind};
pub(crate) use failure::same_at_every_attempt;
pub use inbox::{Delivery, InboxId, Source, StoredDelivery};
pub use original_order::{OrderRequest, OrderTurn, Revision};
pub use process::{LEASE, Process, REPORT_EVERY};
pub use returngo_calls::{CallLimits, KeyDigest, ReservedCalls};
pub use seals::{NewSeals, Resealed};
pub use seen::{Seen, SeenCredit};
pub use sweep::{SweepName, SweepStatus, SweepTurn};
pub use sweep_rows::{SweepPart, SweepRowChanges, SweepRowKey, SweepRows};
pub use unreadable::{Dismissal, StoredUnreadable, Unreadable, UnreadableKind};
pub use work::{
    Cause, Claim, ClaimRequest, ConnectionStatus, OutOfSync, Outcome, UnreadableReview, WorkItem, WorkState,
    WorkerId,
};

/// The durable memory. One implementation speaks to SQLite and to PostgreSQL; any number of processes may
/// share a PostgreSQL.
#[async_trait]
pub trait Ledger: fmt::Debug + Send + Sync {
    /// Has a name stand for this account and this shop from now on. What is remembered under it is about them, also
    /// when the connection is removed, so a name that stands for others is refused.
    async fn bind(&self, connection: &ConnectionId, to: &Counterparts) -> Result<(), LedgerError>;

    /// What a name stands for.
    async fn counterparts(&self, connection: &ConnectionId) -> Result<Option<Counterparts>, LedgerError>;

    /// The live connections between this account and this shop.
    async fn connected_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, LedgerError>;

    /// The names that this account and this shop are or were connected under.
    async fn known_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, LedgerError>;

    /// Stores a connection under its name; one of that name is replaced. Several between the same account and shop are
    /// not worked on until one of them is left: ask what they are [connected as](Self::connected_as) first.
    async fn put_connection(&self, connection: &StoredConnection, now: Timestamp) -> Result<(), LedgerError>;

    /// Stores a connection as a person changed it, and records the change, unless something else is stored than the person
    /// saw: false then, and nothing is stored.
    async fn change_connection(
        &self,
        connection: &StoredConnection,
        was: Option<&Sealed>,
        change: &ConnectionChange,
        now: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// What people changed of a connection, oldest first.
    async fn connection_changes(&self, id: &ConnectionId) -> Result<Vec<RecordedChange>, LedgerError>;
    /// Stores a connection as [`put_connection`](Self::put_connection) does, if it is still stored as it was. False, and
    /// nothing is changed, when it is not.
    async fn replace_connection(
        &self,
        connection: &StoredConnection,
        was: &Sealed,
        now: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// Stores a connection of which only the tokens changed, if it is still stored as it was: it is the same connection,
    /// stored when it was. False, and nothing is changed, when it is not.
    async fn replace_tokens(&self, connection: &StoredConnection, was: &Sealed) -> Result<bool, LedgerError>;

    /// Reserves the refresh of a connection's tokens, for 90 seconds at most. False while another process has it.
    async fn begin_token_refresh(
        &self,
        connection: &ConnectionId,
        holder: &str,
        now: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// Ends a reservation that is still this holder's.
    async fn end_token_refresh(&self, connection: &ConnectionId, holder: &str) -> Result<(), LedgerError>;

    /// All connections, by name.
    async fn connections(&self) -> Result<Vec<StoredConnection>, LedgerError>;

    /// All connections' names, each with when it was stored last.
    async fn stored_connections(&self) -> Result<Vec<(ConnectionId, Timestamp)>, LedgerError>;

    /// The connections of these names.
    async fn connections_named(&self, ids: &[ConnectionId]) -> Result<Vec<StoredConnection>, LedgerError>;

    /// The connection of this name.
    async fn connection(&self, id: &ConnectionId) -> Result<Option<StoredConnection>, LedgerError>;

    /// Forgets a connection and its secrets. Its work stops; what was written stays in the audit.
    async fn remove_connection(&self, id: &ConnectionId, now: Timestamp) -> Result<bool, LedgerError>;

    /// Takes webhooks in; they are durable when this returns. A body that waits already is stored once; one that
    /// was handled before waits again, for what it names may have changed since.
    async fn receive(&self, deliveries: &[Delivery]) -> Result<(), LedgerError>;

    /// Webhooks of one connection that wait to be handled, oldest first: of the connection whose turn it is, but of
    /// none of these.
    async fn waiting_deliveries(
        &self,
        limit: u32,
        except: &[ConnectionId],
    ) -> Result<Vec<StoredDelivery>, LedgerError>;

    /// A webhook that arrived, handled or not.
    async fn delivery(&self, id: InboxId) -> Result<Option<StoredDelivery>, LedgerError>;

    /// Lets webhooks wait whose time to be handled again has come. One that arrived once more waits already.
    async fn resume_deliveries(&self, now: Timestamp) -> Result<(), LedgerError>;

    /// Marks RMAs as due because of webhooks and the webhooks as handled, both or neither; those with a time to be
    /// handled again wait from then on. A webhook that arrived once more in between goes on waiting.
    async fn resolve(
        &self,
        connection: &ConnectionId,
        handled: &[StoredDelivery],
        due: &[(RmaId, Cause)],
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Marks RMAs as due, but for those that only Brightpearl names and another shop has.
    async fn mark_due(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        cause: Cause,
        why: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Registers a process that has just started. What earlier processes of this name held is pending again: of one
    /// name one process runs at a time.
    async fn register(&self, name: &str, now: Timestamp) -> Result<WorkerId, LedgerError>;

    /// Counts a report of a process that runs. False when it is registered no more, and holds nothing.
    async fn report(&self, worker: &WorkerId, now: Timestamp) -> Result<bool, LedgerError>;

    /// Processes that are registered or hold work.
    async fn processes(&self) -> Result<Vec<Process>, LedgerError>;

    /// Makes pending again what a process holds, and forgets the process; with a count of `reports`, only if it has not
    /// reported since. Gives back how many RMAs it held.
    async fn release_process(
        &self,
        worker: &WorkerId,
        reports: Option<i64>,
        now: Timestamp,
    ) -> Result<usize, LedgerError>;

    /// Makes pending again what a process holds besides these RMAs. Gives back how many that were.
    async fn release_others(
        &self,
        worker: &WorkerId,
        in_progress: &BTreeSet<(ConnectionId, RmaId)>,
        now: Timestamp,
    ) -> Result<usize, LedgerError>;

    /// Makes what was scheduled by a clock that was ahead due now, if a process reported from a time that has not come
    /// yet. Gives back by how much it was ahead.
    async fn align_clock(&self, now: Timestamp) -> Result<Option<SignedDuration>, LedgerError>;

    /// Claims due RMAs of one connection: of those with due work, the one that waited longest for its turn. Empty
    /// when nothing is due.
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, LedgerError>;

    /// How often sales orders changed hands so far: to be asked before both systems are read.
    async fn revision(&self) -> Result<Revision, LedgerError>;

    /// Gives claims of one connection the sales orders of their RMAs, until they are finished: of all returns of an order
    /// one is worked on at a time, also by other connections of the account and other processes. What was read after
    /// `read_at` shows what the others wrote. Answers in the same order.
    async fn take_orders(
        &self,
        requests: &[OrderRequest],
        read_at: Revision,
    ) -> Result<Vec<OrderTurn>, LedgerError>;

    /// The credits that were intended for these sales orders, by any RMA of the connection's account, and not refused.
    async fn intended_credits(
        &self,
        connection: &ConnectionId,
        orders: &[OrderId],
    ) -> Result<Vec<IntendedCredit>, LedgerError>;

    /// The credits and payments of these RMAs that were intended or applied since this time and not refused.
    async fn recent_writes(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        since: Timestamp,
    ) -> Result<Vec<(RmaId, EffectRecord)>, LedgerError>;

    /// Writes back how claimed work ended; a claim that is no longer held changes nothing. Gives back how many
    /// were.
    async fn finish(&self, outcomes: &[(Claim, Outcome)], now: Timestamp) -> Result<usize, LedgerError>;

    /// Records what is about to be written, before it is. Answers in the same order; nothing may be written
    /// that is not [admitted](Admission::Go).
    async fn intend(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Admission>, LedgerError>;

    /// Records what became of what was intended. An outcome whose claim is no longer held is left to the
    /// claim's next holder, who looks it up.
    async fn record(
        &self,
        outcomes: &[(Claim, String, EffectOutcome)],
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// What was intended for an RMA, and what became of it.
    async fn effects(&self, connection: &ConnectionId, rma: &RmaId)
    -> Result<Vec<EffectRecord>, LedgerError>;

    /// The RMAs whose credits these are, as far as they are known.
    async fn rmas_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<RmaId>, LedgerError>;

    /// How an RMA's work stands.
    async fn work(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Option<WorkItem>, LedgerError>;

    /// Work that waits for a person, oldest first.
    async fn reviews(&self, connection: Option<&ConnectionId>) -> Result<Vec<WorkItem>, LedgerError>;

    /// Takes an RMA off what waits for a person, who has settled by hand what it asks: from then on the connector writes
    /// nothing for what its reviews name, until it is [reopened](Self::reopen). What it asks now is not asked again as
    /// long as every attempt finds it, nor is a person asked when its attempts fail in the same way; anything else is
    /// asked. It is due when a sweep found a change meanwhile. False when it does not wait for a person.
    async fn put_aside(&self, decision: &Decision, now: Timestamp) -> Result<bool, LedgerError>;

    /// Lifts what was settled by hand about an RMA, and [begins again](Self::begin_again). False when nothing was.
    async fn reopen(&self, decision: &Decision, now: Timestamp) -> Result<bool, LedgerError>;

    /// What was settled by hand about these RMAs.
    async fn settled_reviews(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<(RmaId, SettledReview)>, LedgerError>;

    /// Makes an RMA due now, with all its attempts. What was settled by hand stays so. False when nothing is known of
    /// it.
    async fn begin_again(&self, decision: &Decision, now: Timestamp) -> Result<bool, LedgerError>;

    /// Forgets writes that were applied, so that they are written again if both systems still ask for them, and
    /// [begins again](Self::begin_again). Gives what was known of them; none, and nothing is forgotten, unless every
    /// one was applied.
    async fn forget_effects(
        &self,
        decision: &Decision,
        keys: &[String],
        now: Timestamp,
    ) -> Result<Option<Vec<EffectRecord>>, LedgerError>;

    /// The audit of an RMA, oldest first.
    async fn audit(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Vec<AuditEntry>, LedgerError>;

    /// How every connection stands.
    async fn status(&self) -> Result<Vec<ConnectionStatus>, LedgerError>;

    /// Takes the next sweep that is due, of any connection, and sets when it is due again. None when no sweep
    /// is due. Of several processes one gets it.
    async fn take_sweep(&self, now: Timestamp, again_at: Timestamp)
    -> Result<Option<SweepTurn>, LedgerError>;

    /// Remembers where a sweep has got to, and when it is due again.
    async fn finish_sweep(
        &self,
        turn: &SweepTurn,
        cursor: &str,
        due_at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The same, and changes the sweep's rows, both or neither. False, and nothing is changed, when another process took
    /// the sweep since, or the connection is gone.
    async fn finish_sweep_with(
        &self,
        turn: &SweepTurn,
        cursor: &str,
        rows: &SweepRowChanges,
        due_at: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// What a connection's sweep of this name is not done with.
    async fn sweep_rows(&self, connection: &ConnectionId, sweep: SweepName)
    -> Result<SweepRows, LedgerError>;

    /// Gives a turn back that came to nothing: where the sweep has got to, and its haste, stay as they were.
    async fn release_sweep(&self, turn: &SweepTurn, due_at: Timestamp) -> Result<(), LedgerError>;

    /// Notes how a sweep ended: with an error, or well.
    async fn sweep_ended(
        &self,
        turn: &SweepTurn,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// What is not in sync, by connection; those where nothing is are left out.
    async fn out_of_sync(&self, now: Timestamp) -> Result<Vec<OutOfSync>, LedgerError>;

    /// How the sweeps of every connection went, by connection.
    async fn sweeps(&self) -> Result<Vec<SweepStatus>, LedgerError>;

    /// Notes what could not be read of a connection and was passed over. What was noted for the same reason is counted.
    async fn report_unreadable(
        &self,
        connection: &ConnectionId,
        unreadable: &[Unreadable],
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// What could not be read, of one connection or of all, and was not dismissed: oldest first.
    async fn unreadable(
        &self,
        connection: Option<&ConnectionId>,
    ) -> Result<Vec<StoredUnreadable>, LedgerError>;

    /// These objects can be read. What was noted of them is forgotten, also that it was dismissed.
    async fn readable_again(
        &self,
        connection: &ConnectionId,
        objects: &[(UnreadableKind, String)],
    ) -> Result<(), LedgerError>;

    /// All objects of this kind can be read but these. What was noted of the others is forgotten.
    async fn all_readable_but(
        &self,
        connection: &ConnectionId,
        kind: UnreadableKind,
        objects: &[String],
    ) -> Result<(), LedgerError>;

    /// A person has seen to what could not be read. Gives back of how many objects.
    async fn dismiss_unreadable(&self, dismissal: &Dismissal, now: Timestamp) -> Result<u64, LedgerError>;

    /// Makes a sweep due at this time, if that is sooner: one that is under way once more when it is done.
    async fn hasten_sweep(
        &self,
        connection: &ConnectionId,
        sweep: SweepName,
        to: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The same of every connection's sweep of this name.
    async fn hasten_sweeps(&self, sweep: SweepName, to: Timestamp) -> Result<(), LedgerError>;

    /// Marks RMAs as due that a sweep found, but for those that are due already, or were put to a person because
    /// every attempt failed: a sweep finds them again and again. These are due when the person has
    /// [put them aside](Self::put_aside). Gives back how many were marked.
    async fn mark_found(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        cause: Cause,
        why: &str,
        now: Timestamp,
    ) -> Result<usize, LedgerError>;

    /// Remembers what a worker saw of RMAs about which it has nothing more to do, unless a later read is remembered.
    async fn remember(
        &self,
        connection: &ConnectionId,
        seen: &[(RmaId, Seen)],
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// What was remembered since this time.
    async fn seen_since(
        &self,
        connection: &ConnectionId,
        since: Timestamp,
    ) -> Result<Vec<(RmaId, Seen)>, LedgerError>;

    /// What was remembered of the RMAs that have these credits: nothing of a credit where not all of it is readable.
    async fn seen_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<Seen>, LedgerError>;

    /// The RMAs of which any of these units was seen, whenever that was.
    async fn rmas_of_items(
        &self,
        connection: &ConnectionId,
        items: &[ReturnedItemId],
    ) -> Result<Vec<RmaId>, LedgerError>;

    /// What was remembered of these RMAs in ReturnGO.
    async fn seen_rmas(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<(RmaId, ObservedRma)>, LedgerError>;

    /// What was remembered in ReturnGO of the RMAs that a sweep has to [watch](ObservedRma::watched_until): those that are
    /// finished are not among them.
    async fn watched_rmas(
        &self,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<Vec<(RmaId, ObservedRma)>, LedgerError>;

    /// The value that tells whether a key opens what is stored: the one that was offered first, which is kept.
    async fn vault_check(&self, offered: &Sealed) -> Result<Sealed, LedgerError>;

    /// Puts other seals in place of all that are stored: all or none. False, and nothing is changed, when something
    /// else is stored by now.
    async fn reseal(&self, seals: &NewSeals) -> Result<bool, LedgerError>;

    /// Removes webhooks that are handled and came last before this time, as many as `limit`; gives back how many.
    async fn prune_inbox(&self, before: Timestamp, limit: u32) -> Result<u64, LedgerError>;

    /// Looks at the next `limit` entries of the audit and removes those from before this time, but for RMAs that
    /// are not in step.
    async fn prune_audit(
        &self,
        from: AuditPosition,
        before: Timestamp,
        limit: u32,
    ) -> Result<PrunedAudit, LedgerError>;

    /// Reserves calls to ReturnGO of a day of UTC by an API key: as many as are wanted, or as the day has left. Of several
    /// processes, and connections with this key, each gets others.
    async fn reserve_returngo_calls(
        &self,
        key: &KeyDigest,
        day: Date,
        are_writes: bool,
        wanted: u32,
        limits: &CallLimits,
    ) -> Result<ReservedCalls, LedgerError>;

    /// Gives back calls that were reserved and not made.
    async fn give_back_returngo_calls(&self, key: &KeyDigest, unused: &CallsMade) -> Result<(), LedgerError>;

    /// The calls to ReturnGO of a day of UTC that were made or reserved, by all processes.
    async fn returngo_calls(&self, key: &KeyDigest, day: Date) -> Result<CallsMade, LedgerError>;

    /// Whether the ledger can be written to, and has space for a webhook: writes.
    async fn ready(&self) -> Result<(), LedgerError>;

    /// Whether no statement is under way. A simulation lets time pass only then.
    fn is_idle(&self) -> bool;
}

/// Opens a ledger, and makes or updates its tables: `sqlite:///var/lib/returngo-brightpearl/ledger.db` (created
/// if it is not there; `?busy_timeout=` in milliseconds and `?max_page_count=` as SQLite has them),
/// `sqlite::memory:` for a try, or `postgres://user:password@host/name`.
///
/// # Errors
///
/// The database cannot be opened or written to, is held by another process, or is newer than this program.
pub async fn open(url: &str) -> Result<Arc<dyn Ledger>, LedgerError> {
    Ok(Arc::new(sql::SqlLedger::open(url).await?))
}

/// The same of a database that was set up before; none is created.
///
/// # Errors
/// As [`open`], and [`LedgerError::NotSetUp`].
pub async fn open_existing(url: &str) -> Result<Arc<dyn Ledger>, LedgerError> {
    Ok(Arc::new(sql::SqlLedger::open_existing(url).await?))
}

/// The ledger cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The database cannot be reached or opened.
    #[error("the database {database} cannot be opened: {advice}")]
    Unreachable {
        /// Where it is, without credentials.
        database: String,
        /// What to do.
        advice: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no database, or none with tables.
    #[error("there is no database {database} yet: `connect` or `serve` creates it")]
    NotSetUp {
        /// Where it would be, without credentials.
        database: String,
    },
    /// The database was made by a newer version.
    #[error(
        "the database {database} was made by a newer version (its migration {migration} is not known): install that version or later"
    )]
    Newer {
        /// Where it is, without credentials.
        database: String,
        /// The migration that is not known.
        migration: i64,
    },
    /// Another process holds the database.
    #[error("another process holds the database {database}: {advice}")]
    Locked {
        /// Where it is, without credentials.
        database: String,
        /// What to do.
        advice: String,
    },
    /// There is no space, or the database is read-only.
    #[error("the database cannot be written to ({reason}): {advice}")]
    ReadOnly {
        /// `full`, `read-only`, `not allowed` or `disk error`.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The connection is not stored, or was removed.
    #[error("there is no connection {connection}: connect it first")]
    NoConnection {
        /// Its name.
        connection: ConnectionId,
    },
    /// The name stands for another account or shop.
    #[error(
        "connection {connection} is between {bound}, and its history too, also if it was removed: give the one between \
         {asked} another name"
    )]
    BoundElsewhere {
        /// Its name.
        connection: ConnectionId,
        /// What it stands for.
        bound: Counterparts,
        /// What it was to stand for.
        asked: Counterparts,
    },
    /// The account and the shop are connected already.
    #[error(
        "cannot connect {asked} as {connection}: they are connected as {existing} already. Change that connection \
         with `connect {existing}`, or remove it first with `disconnect {existing}`"
    )]
    AlreadyConnected {
        /// The new name.
        connection: ConnectionId,
        /// The name that they are connected under.
        existing: ConnectionId,
        /// The account and the shop.
        asked: Counterparts,
    },
    /// The account and the shop were connected under another name.
    #[error(
        "cannot connect {asked} as {connection}: they were connected as {existing}, and what was written and decided is \
         remembered under that name. Run `connect {existing}`"
    )]
    ConnectedBefore {
        /// The new name.
        connection: ConnectionId,
        /// The name that they were connected under.
        existing: ConnectionId,
        /// The account and the shop.
        asked: Counterparts,
    },
    /// What is stored does not read.
    #[error("{what} in the database does not read: {reason}")]
    Corrupt {
        /// What it is.
        what: String,
        /// Why.
        reason: String,
    },
    /// Anything else that the database says.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A name is none of those that there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no {what}")]
pub struct Unknown {
    what: &'static str,
    name: String,
}

impl Unknown {
    fn new(what: &'static str, name: &str) -> Self {
        Self { what, name: name.to_owned() }
    }
}
