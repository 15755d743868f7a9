//! The ledger in a SQL database: SQLite or PostgreSQL, with the same statements.
//!
//! A change of a connection's work holds that connection's row locked, so work of one connection changes one
//! step at a time while different connections do not wait for each other. Rows go in as one JSON list a
//! statement, so a thousand cost a few statements.

mod audit;
mod clock;
mod connection_changes;
mod connections;
mod decisions;
mod dialect;
mod effects;
mod finish;
mod inbox;
mod open;
mod original_orders;
mod place;
mod processes;
mod retention;
mod returngo_calls;
mod seals;
mod seen;
mod session;
mod sweep_rows;
mod sweeps;
mod token_refresh;
mod unreadable;
mod work;
mod work_items;

use std::collections::BTreeSet;

use async_trait::async_trait;
use brightpearl::OrderId;
use jiff::{SignedDuration, Timestamp, civil::Date};
use returngo::{ReturnedItemId, RmaId, client::CallsMade, sweep::ObservedRma};
use returngo_brightpearl_sync::IntendedCredit;
use sqlx::AnyPool;

use self::{open::IfMissing, place::Place, session::Session};
use super::{
    Admission, AuditEntry, AuditPosition, CallLimits, Cause, Claim, ClaimRequest, ConnectionChange,
    ConnectionId, ConnectionStatus, Counterparts, Decision, Delivery, Dismissal, EffectOutcome, EffectRecord,
    InboxId, Intent, KeyDigest, Ledger, LedgerError, NewSeals, OrderRequest, OrderTurn, OutOfSync, Outcome,
    Process, PrunedAudit, RecordedChange, ReservedCalls, Revision, Sealed, Seen, SettledReview,
    StoredConnection, StoredDelivery, StoredUnreadable, SweepName, SweepRowChanges, SweepRows, SweepStatus,
    SweepTurn, Unreadable, UnreadableKind, WorkItem, WorkerId,
};

/// A ledger in a SQL database.
#[derive(Debug)]
pub(super) struct SqlLedger {
    place: Place,
    write: AnyPool,
    read: AnyPool,
}

impl SqlLedger {
    pub(super) async fn open(url: &str) -> Result<Self, LedgerError> {
        let ledger = open::open(url, IfMissing::Create).await?;
        ledger.ready().await?;
        Ok(ledger)
    }

    pub(super) async fn open_existing(url: &str) -> Result<Self, LedgerError> {
        let ledger = open::open(url, IfMissing::Fail).await?;
        ledger.ready().await?;
        Ok(ledger)
    }

    async fn writing(&self) -> Result<Session<'_>, LedgerError> {
        let begun = self.write.begin_with(self.place.dialect.begin()).await;
        Ok(Session::in_transaction(begun.map_err(|error| self.place.explain(error))?, &self.place))
    }

    /// For several statements that have to see the same state.
    async fn reading(&self) -> Result<Session<'_>, LedgerError> {
        let begun = self.read.begin().await;
        Ok(Session::in_transaction(begun.map_err(|error| self.place.explain(error))?, &self.place))
    }

    /// For one statement.
    async fn asking(&self) -> Result<Session<'_>, LedgerError> {
        let connection = self.read.acquire().await;
        Ok(Session::for_one_statement(connection.map_err(|error| self.place.explain(error))?, &self.place))
    }
}

#[async_trait]
impl Ledger for SqlLedger {
    async fn bind(&self, connection: &ConnectionId, to: &Counterparts) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        connections::bind(&mut session, connection, to).await?;
        session.commit().await
    }

    async fn counterparts(&self, connection: &ConnectionId) -> Result<Option<Counterparts>, LedgerError> {
        connections::counterparts(&mut self.asking().await?, connection).await
    }

    async fn connected_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, LedgerError> {
        connections::connected_as(&mut self.asking().await?, pair).await
    }

    async fn known_as(&self, pair: &Counterparts) -> Result<Vec<ConnectionId>, LedgerError> {
        connections::known_as(&mut self.asking().await?, pair).await
    }

    async fn put_connection(&self, connection: &StoredConnection, now: Timestamp) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        connections::put(&mut session, connection, now, None).await?;
        session.commit().await
    }

    async fn replace_connection(
        &self,
        connection: &StoredConnection,
        was: &Sealed,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let replaced = connections::put(&mut session, connection, now, Some(was)).await?;
        if replaced {
            session.commit().await?;
        }
        Ok(replaced)
    }

    async fn replace_tokens(&self, connection: &StoredConnection, was: &Sealed) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let replaced = connections::replace_tokens(&mut session, connection, was).await?;
        session.commit().await?;
        Ok(replaced)
    }

    async fn begin_token_refresh(
        &self,
        connection: &ConnectionId,
        holder: &str,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let begun = token_refresh::begin(&mut session, connection, holder, now).await?;
        session.commit().await?;
        Ok(begun)
    }

    async fn end_token_refresh(&self, connection: &ConnectionId, holder: &str) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        token_refresh::end(&mut session, connection, holder).await?;
        session.commit().await
    }

    async fn change_connection(
        &self,
        connection: &StoredConnection,
        was: Option<&Sealed>,
        change: &ConnectionChange,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let changed = connection_changes::make(&mut session, connection, was, change, now).await?;
        if changed {
            session.commit().await?;
        }
        Ok(changed)
    }

    async fn connection_changes(&self, id: &ConnectionId) -> Result<Vec<RecordedChange>, LedgerError> {
        connection_changes::of(&mut self.asking().await?, id).await
    }

    async fn connections(&self) -> Result<Vec<StoredConnection>, LedgerError> {
        connections::all(&mut self.asking().await?).await
    }

    async fn stored_connections(&self) -> Result<Vec<(ConnectionId, Timestamp)>, LedgerError> {
        connections::stored_at(&mut self.asking().await?).await
    }

    async fn connections_named(&self, ids: &[ConnectionId]) -> Result<Vec<StoredConnection>, LedgerError> {
        connections::named(&mut self.asking().await?, ids).await
    }

    async fn connection(&self, id: &ConnectionId) -> Result<Option<StoredConnection>, LedgerError> {
        connections::one(&mut self.asking().await?, id).await
    }

    async fn remove_connection(&self, id: &ConnectionId, now: Timestamp) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let removed = connections::remove(&mut session, id, now).await?;
        session.commit().await?;
        Ok(removed)
    }

    async fn receive(&self, deliveries: &[Delivery]) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        inbox::receive(&mut session, deliveries).await?;
        session.commit().await
    }

    async fn waiting_deliveries(
        &self,
        limit: u32,
        except: &[ConnectionId],
    ) -> Result<Vec<StoredDelivery>, LedgerError> {
        let mut session = self.writing().await?;
        let waiting = inbox::waiting(&mut session, limit, except).await?;
        session.commit().await?;
        Ok(waiting)
    }

    async fn delivery(&self, id: InboxId) -> Result<Option<StoredDelivery>, LedgerError> {
        inbox::one(&mut self.asking().await?, id).await
    }

    async fn resume_deliveries(&self, now: Timestamp) -> Result<(), LedgerError> {
        if !inbox::has_to_resume(&mut self.asking().await?, now).await? {
            return Ok(());
        }
        let mut session = self.writing().await?;
        inbox::resume(&mut session, now).await?;
        session.commit().await
    }

    async fn resolve(
        &self,
        connection: &ConnectionId,
        handled: &[StoredDelivery],
        due: &[(RmaId, Cause)],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        inbox::resolve(&mut session, connection, handled, due, now).await?;
        session.commit().await
    }

    async fn mark_due(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        cause: Cause,
        why: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        work::mark_due(&mut session, connection, rmas, cause, why, now).await?;
        session.commit().await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, LedgerError> {
        let mut session = self.writing().await?;
        let claims = work::claim(&mut session, request).await?;
        session.commit().await?;
        Ok(claims)
    }

    async fn register(&self, name: &str, now: Timestamp) -> Result<WorkerId, LedgerError> {
        let mut session = self.writing().await?;
        let worker = processes::register(&mut session, name, now).await?;
        session.commit().await?;
        Ok(worker)
    }

    async fn report(&self, worker: &WorkerId, now: Timestamp) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let is_registered = processes::report(&mut session, worker, now).await?;
        session.commit().await?;
        Ok(is_registered)
    }

    async fn processes(&self) -> Result<Vec<Process>, LedgerError> {
        processes::all(&mut self.reading().await?).await
    }

    async fn release_process(
        &self,
        worker: &WorkerId,
        reports: Option<i64>,
        now: Timestamp,
    ) -> Result<usize, LedgerError> {
        let mut session = self.writing().await?;
        let released = processes::release(&mut session, worker, reports, now).await?;
        session.commit().await?;
        Ok(released)
    }

    async fn release_others(
        &self,
        worker: &WorkerId,
        in_progress: &BTreeSet<(ConnectionId, RmaId)>,
        now: Timestamp,
    ) -> Result<usize, LedgerError> {
        if !processes::holds_others(&mut self.asking().await?, worker, in_progress).await? {
            return Ok(0);
        }
        let mut session = self.writing().await?;
        let released = processes::release_others(&mut session, worker, in_progress, now).await?;
        session.commit().await?;
        Ok(released)
    }

    async fn align_clock(&self, now: Timestamp) -> Result<Option<SignedDuration>, LedgerError> {
        let mut session = self.writing().await?;
        let ahead = clock::align(&mut session, now).await?;
        session.commit().await?;
        Ok(ahead)
    }

    async fn revision(&self) -> Result<Revision, LedgerError> {
        original_orders::revision(&mut self.asking().await?).await
    }

    async fn take_orders(
        &self,
        requests: &[OrderRequest],
        read_at: Revision,
    ) -> Result<Vec<OrderTurn>, LedgerError> {
        let mut session = self.writing().await?;
        let turns = original_orders::take(&mut session, requests, read_at).await?;
        session.commit().await?;
        Ok(turns)
    }

    async fn intended_credits(
        &self,
        connection: &ConnectionId,
        orders: &[OrderId],
    ) -> Result<Vec<IntendedCredit>, LedgerError> {
        original_orders::intended_credits(&mut self.reading().await?, connection, orders).await
    }

    async fn recent_writes(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        since: Timestamp,
    ) -> Result<Vec<(RmaId, EffectRecord)>, LedgerError> {
        original_orders::recent_writes(&mut self.asking().await?, connection, rmas, since).await
    }

    async fn finish(&self, outcomes: &[(Claim, Outcome)], now: Timestamp) -> Result<usize, LedgerError> {
        let mut session = self.writing().await?;
        let finished = finish::finish(&mut session, outcomes, now).await?;
        session.commit().await?;
        Ok(finished)
    }

    async fn intend(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Admission>, LedgerError> {
        let mut session = self.writing().await?;
        let admissions = effects::intend(&mut session, intents, now).await?;
        session.commit().await?;
        Ok(admissions)
    }

    async fn record(
        &self,
        outcomes: &[(Claim, String, EffectOutcome)],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        effects::record_outcomes(&mut session, outcomes, now).await?;
        session.commit().await
    }

    async fn effects(
        &self,
        connection: &ConnectionId,
        rma: &RmaId,
    ) -> Result<Vec<EffectRecord>, LedgerError> {
        effects::of(&mut self.asking().await?, connection, rma).await
    }

    async fn rmas_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<RmaId>, LedgerError> {
        work_items::of_credits(&mut self.asking().await?, connection, credits).await
    }

    async fn work(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Option<WorkItem>, LedgerError> {
        work_items::one(&mut self.asking().await?, connection, rma).await
    }

    async fn reviews(&self, connection: Option<&ConnectionId>) -> Result<Vec<WorkItem>, LedgerError> {
        work_items::reviews(&mut self.asking().await?, connection).await
    }

    async fn put_aside(&self, decision: &Decision, now: Timestamp) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let put_aside = decisions::put_aside(&mut session, decision, now).await?;
        session.commit().await?;
        Ok(put_aside)
    }

    async fn begin_again(&self, decision: &Decision, now: Timestamp) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let known = decisions::begin_again(&mut session, decision, now).await?;
        session.commit().await?;
        Ok(known)
    }

    async fn reopen(&self, decision: &Decision, now: Timestamp) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let reopened = decisions::reopen(&mut session, decision, now).await?;
        session.commit().await?;
        Ok(reopened)
    }

    async fn settled_reviews(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<(RmaId, SettledReview)>, LedgerError> {
        decisions::settled(&mut self.asking().await?, connection, rmas).await
    }

    async fn forget_effects(
        &self,
        decision: &Decision,
        keys: &[String],
        now: Timestamp,
    ) -> Result<Option<Vec<EffectRecord>>, LedgerError> {
        let mut session = self.writing().await?;
        let forgotten = decisions::forget_effects(&mut session, decision, keys, now).await?;
        session.commit().await?;
        Ok(forgotten)
    }

    async fn audit(&self, connection: &ConnectionId, rma: &RmaId) -> Result<Vec<AuditEntry>, LedgerError> {
        audit::of(&mut self.asking().await?, connection, rma).await
    }

    async fn status(&self) -> Result<Vec<ConnectionStatus>, LedgerError> {
        connections::status(&mut self.asking().await?).await
    }

    async fn take_sweep(
        &self,
        now: Timestamp,
        again_at: Timestamp,
    ) -> Result<Option<SweepTurn>, LedgerError> {
        let mut session = self.writing().await?;
        let turn = sweeps::take(&mut session, now, again_at).await?;
        session.commit().await?;
        Ok(turn)
    }

    async fn finish_sweep(
        &self,
        turn: &SweepTurn,
        cursor: &str,
        due_at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        sweeps::finish(&mut session, turn, cursor, due_at).await?;
        session.commit().await
    }

    async fn sweep_ended(
        &self,
        turn: &SweepTurn,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        sweeps::ended(&mut session, turn, error, now).await?;
        session.commit().await
    }

    async fn out_of_sync(&self, now: Timestamp) -> Result<Vec<OutOfSync>, LedgerError> {
        work_items::out_of_sync(&mut self.asking().await?, now).await
    }

    async fn sweeps(&self) -> Result<Vec<SweepStatus>, LedgerError> {
        sweeps::all(&mut self.asking().await?).await
    }

    async fn report_unreadable(
        &self,
        connection: &ConnectionId,
        unreadable: &[Unreadable],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        unreadable::report(&mut session, connection, unreadable, now).await?;
        session.commit().await
    }

    async fn unreadable(
        &self,
        connection: Option<&ConnectionId>,
    ) -> Result<Vec<StoredUnreadable>, LedgerError> {
        unreadable::open(&mut self.asking().await?, connection).await
    }

    async fn readable_again(
        &self,
        connection: &ConnectionId,
        objects: &[(UnreadableKind, String)],
    ) -> Result<(), LedgerError> {
        // Nearly always there is nothing to forget, and no writer is kept waiting for that.
        if !unreadable::knows(&mut self.asking().await?, connection, objects).await? {
            return Ok(());
        }
        let mut session = self.writing().await?;
        unreadable::read(&mut session, connection, objects).await?;
        session.commit().await
    }

    async fn all_readable_but(
        &self,
        connection: &ConnectionId,
        kind: UnreadableKind,
        objects: &[String],
    ) -> Result<(), LedgerError> {
        if !unreadable::knows_others(&mut self.asking().await?, connection, kind, objects).await? {
            return Ok(());
        }
        let mut session = self.writing().await?;
        unreadable::read_others(&mut session, connection, kind, objects).await?;
        session.commit().await
    }

    async fn dismiss_unreadable(&self, dismissal: &Dismissal, now: Timestamp) -> Result<u64, LedgerError> {
        let mut session = self.writing().await?;
        let dismissed = unreadable::dismiss(&mut session, dismissal, now).await?;
        session.commit().await?;
        Ok(dismissed)
    }

    async fn finish_sweep_with(
        &self,
        turn: &SweepTurn,
        cursor: &str,
        rows: &SweepRowChanges,
        due_at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let is_held = sweeps::is_held(&mut session, turn).await?;
        if is_held {
            sweep_rows::change(&mut session, turn, rows).await?;
            sweeps::finish(&mut session, turn, cursor, due_at).await?;
        }
        session.commit().await?;
        Ok(is_held)
    }

    async fn release_sweep(&self, turn: &SweepTurn, due_at: Timestamp) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        sweeps::release(&mut session, turn, due_at).await?;
        session.commit().await
    }

    async fn hasten_sweep(
        &self,
        connection: &ConnectionId,
        sweep: SweepName,
        to: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        sweeps::hasten(&mut session, Some(connection), sweep, to).await?;
        session.commit().await
    }

    async fn hasten_sweeps(&self, sweep: SweepName, to: Timestamp) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        sweeps::hasten(&mut session, None, sweep, to).await?;
        session.commit().await
    }

    async fn mark_found(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
        cause: Cause,
        why: &str,
        now: Timestamp,
    ) -> Result<usize, LedgerError> {
        let mut session = self.writing().await?;
        let marked = sweeps::mark_found(&mut session, connection, rmas, cause, why, now).await?;
        session.commit().await?;
        Ok(marked)
    }

    async fn remember(
        &self,
        connection: &ConnectionId,
        seen: &[(RmaId, Seen)],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        seen::remember(&mut session, connection, seen, now).await?;
        session.commit().await
    }

    async fn seen_since(
        &self,
        connection: &ConnectionId,
        since: Timestamp,
    ) -> Result<Vec<(RmaId, Seen)>, LedgerError> {
        seen::since(&mut self.asking().await?, connection, since).await
    }

    async fn seen_of_credits(
        &self,
        connection: &ConnectionId,
        credits: &[OrderId],
    ) -> Result<Vec<Seen>, LedgerError> {
        seen::of_credits(&mut self.asking().await?, connection, credits).await
    }

    async fn rmas_of_items(
        &self,
        connection: &ConnectionId,
        items: &[ReturnedItemId],
    ) -> Result<Vec<RmaId>, LedgerError> {
        seen::rmas_of_items(&mut self.asking().await?, connection, items).await
    }

    async fn seen_rmas(
        &self,
        connection: &ConnectionId,
        rmas: &[RmaId],
    ) -> Result<Vec<(RmaId, ObservedRma)>, LedgerError> {
        seen::of(&mut self.asking().await?, connection, rmas).await
    }

    async fn watched_rmas(
        &self,
        connection: &ConnectionId,
        now: Timestamp,
    ) -> Result<Vec<(RmaId, ObservedRma)>, LedgerError> {
        seen::watched(&mut self.reading().await?, connection, now).await
    }

    async fn sweep_rows(
        &self,
        connection: &ConnectionId,
        sweep: SweepName,
    ) -> Result<SweepRows, LedgerError> {
        sweep_rows::all(&mut self.asking().await?, connection, sweep).await
    }

    async fn vault_check(&self, offered: &Sealed) -> Result<Sealed, LedgerError> {
        let mut session = self.writing().await?;
        let kept = seals::vault_check(&mut session, offered).await?;
        session.commit().await?;
        Ok(kept)
    }

    async fn reseal(&self, seals: &NewSeals) -> Result<bool, LedgerError> {
        let mut session = self.writing().await?;
        let replaced = seals::replace(&mut session, seals).await?;
        if replaced {
            session.commit().await?;
        }
        Ok(replaced)
    }

    async fn prune_inbox(&self, before: Timestamp, limit: u32) -> Result<u64, LedgerError> {
        let mut session = self.writing().await?;
        let removed = retention::prune_inbox(&mut session, before, limit).await?;
        session.commit().await?;
        Ok(removed)
    }

    async fn prune_audit(
        &self,
        from: AuditPosition,
        before: Timestamp,
        limit: u32,
    ) -> Result<PrunedAudit, LedgerError> {
        let mut session = self.writing().await?;
        let pruned = retention::prune_audit(&mut session, from, before, limit).await?;
        session.commit().await?;
        Ok(pruned)
    }

    async fn reserve_returngo_calls(
        &self,
        key: &KeyDigest,
        day: Date,
        are_writes: bool,
        wanted: u32,
        limits: &CallLimits,
    ) -> Result<ReservedCalls, LedgerError> {
        let mut session = self.writing().await?;
        let reserved = returngo_calls::reserve(&mut session, key, day, are_writes, wanted, limits).await?;
        session.commit().await?;
        Ok(reserved)
    }

    async fn give_back_returngo_calls(&self, key: &KeyDigest, unused: &CallsMade) -> Result<(), LedgerError> {
        let mut session = self.writing().await?;
        returngo_calls::give_back(&mut session, key, unused).await?;
        session.commit().await
    }

    async fn returngo_calls(&self, key: &KeyDigest, day: Date) -> Result<CallsMade, LedgerError> {
        returngo_calls::spent(&mut self.asking().await?, key, day).await
    }

    /// A database that is full can still change a row in its place: more than a webhook is filled in, and taken out.
    async fn ready(&self) -> Result<(), LedgerError> {
        const FILL: &str = "UPDATE readiness SET checks = checks + 1, room = $1 WHERE id = 1";
        let mut session = self.writing().await?;
        session.run(FILL, &[[0; 16 * 1024].as_slice().into()]).await?;
        session.run("UPDATE readiness SET room = NULL WHERE id = 1", &[]).await?;
        session.commit().await
    }

    fn is_idle(&self) -> bool {
        [&self.write, &self.read].into_iter().all(|pool| pool.num_idle() == pool.size() as usize)
    }
}
