use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use api_client_core::time::earlier;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ObservedRma, PendingRma, Reason, SweepCheckpoint, SweepJob, SweepSettings,
    observed::OPEN,
    pace::Pace,
    pending::PendingList,
    run::Run,
    speculative_reads::{SpeculativeReads, hour},
};
use crate::{
    Cursor, Notification, Page, ReturnedItemId, Rma, RmaFilter, RmaId, RmaSummary, Transaction,
    TransactionFilter, TransactionId, UndecodableRow, client::CallsLeft, rma::RmaOrder,
};

/// The observed RMAs of a shop, and the pending ones: store it as JSON after every step.
///
/// A change makes an RMA pending once, and it stays pending until [`record_read`](Self::record_read), across
/// restarts and when the day's calls run out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepState {
    began: Timestamp,
    rmas: BTreeMap<RmaId, ObservedRma>,
    #[serde(rename = "due")]
    pending: PendingList,
    unmatched: BTreeMap<TransactionId, Vec<ReturnedItemId>>,
    /// RMAs whose rows were invalid when a list last showed them: no list shows their changes.
    #[serde(default)]
    unlisted: BTreeSet<RmaId>,
    open: Run,
    edited: Run,
    money: Run,
    recent: Run,
    looks: SpeculativeReads,
}

/// A page of a list to request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SweepCall {
    /// A page of RMAs: pass it to [`SweepState::record_rmas`].
    Rmas {
        /// The job.
        job: SweepJob,
        /// The filter of the list.
        filter: RmaFilter,
        /// The cursor of the page.
        cursor: Option<Cursor>,
    },
    /// A page of transactions: pass it to [`SweepState::record_transactions`].
    Transactions {
        /// The filter of the list.
        filter: TransactionFilter,
        /// The cursor of the page.
        cursor: Option<Cursor>,
    },
}

impl SweepState {
    /// Creates the state of an unknown shop. Refunds from before this time are found with their RMAs.
    pub fn new(now: Timestamp) -> Self {
        Self {
            began: now,
            rmas: BTreeMap::new(),
            pending: PendingList::default(),
            unmatched: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            open: Run::default(),
            edited: Run::default(),
            money: Run::default(),
            recent: Run::default(),
            looks: SpeculativeReads::default(),
        }
    }

    /// Continues from a checkpoint. Next, [restore](Self::restore) the RMAs that a sweep
    /// [watches](ObservedRma::watched_until), and before each page those that it shows.
    pub fn resume(progress: SweepCheckpoint) -> Self {
        let SweepCheckpoint { began, pending, unmatched, unlisted, open, edited, money, recent, looks } =
            progress;
        Self {
            began,
            rmas: BTreeMap::new(),
            pending: PendingList::of(pending),
            unmatched,
            unlisted,
            open,
            edited,
            money,
            recent,
            looks,
        }
    }

    /// Returns what has to be stored besides the observed RMAs, for a caller that stores these one by one.
    pub fn into_checkpoint(self) -> SweepCheckpoint {
        let Self { began, rmas: _, pending, unmatched, unlisted, open, edited, money, recent, looks } = self;
        SweepCheckpoint {
            began,
            pending: pending.into_marks(),
            unmatched,
            unlisted,
            open,
            edited,
            money,
            recent,
            looks,
        }
    }

    /// Returns the list to request now, if any: an unfinished one first.
    pub fn next_call(&self, now: Timestamp, settings: &SweepSettings, left: CallsLeft) -> Option<SweepCall> {
        let stretch = self.pace(now, settings, left).stretch?;
        let is_due = |job: SweepJob| self.run(job).due_at(settings.every(job).mul_f64(stretch)) <= now;
        let unfinished = SweepJob::ALL.into_iter().find(|&job| self.run(job).is_active());
        let job = unfinished.or_else(|| SweepJob::ALL.into_iter().find(|&job| is_due(job)))?;
        let run = self.run(job);
        let cursor = run.cursor().cloned();
        let since = |from: Option<Timestamp>| earlier(from.unwrap_or(self.began), settings.overlap);
        // Oldest first: RMAs created meanwhile are added at the end and move no page.
        let rmas = RmaFilter::new().order(RmaOrder::OldestFirst);
        let filter = match job {
            SweepJob::Open => rmas.statuses(OPEN),
            SweepJob::Edited => rmas.updated_since(since(run.last())),
            SweepJob::Recent => rmas.created_since(earlier(run.began().unwrap_or(now), settings.recent)),
            SweepJob::Money => {
                let filter = TransactionFilter::new().updated_since(since(run.last()));
                return Some(SweepCall::Transactions { filter, cursor });
            }
        };
        Some(SweepCall::Rmas { job, filter, cursor })
    }

    /// Records a page of RMAs that was requested at this time. Returns its invalid rows. An RMA that such a row
    /// names becomes pending if it was never read, and is read from time to time otherwise.
    pub fn record_rmas(
        &mut self,
        job: SweepJob,
        page: Page<RmaSummary>,
        asked_at: Timestamp,
    ) -> Vec<UndecodableRow> {
        self.run_mut(job).begin(asked_at);
        let next = page.next().cloned();
        let mut undecodable = Vec::new();
        for row in page.results() {
            match row {
                Ok(summary) => self.record_summary(job, summary, asked_at),
                Err(row) => {
                    if let Some(id) = row.parsed_id() {
                        self.record_undecodable(job, id, asked_at);
                    }
                    undecodable.push(row);
                }
            }
        }
        if let Some(ended) = self.run_mut(job).advance(next)
            && job == SweepJob::Open
        {
            let gone = |id: &RmaId, seen: &ObservedRma| {
                seen.is_open() && seen.read_at < ended.began && !ended.seen.contains(id)
            };
            let left: Vec<RmaId> =
                self.rmas.iter().filter(|(id, seen)| gone(id, seen)).map(|(id, _)| id.clone()).collect();
            left.into_iter().for_each(|id| self.pending.mark_left(id, asked_at));
        }
        undecodable
    }

    fn record_undecodable(&mut self, job: SweepJob, id: RmaId, asked_at: Timestamp) {
        if job == SweepJob::Open {
            self.open.begin(asked_at).seen.insert(id.clone());
        }
        if !self.rmas.contains_key(&id) {
            self.pending.mark_unlisted(id.clone(), asked_at);
        }
        self.unlisted.insert(id);
    }

    fn record_summary(&mut self, job: SweepJob, summary: RmaSummary, asked_at: Timestamp) {
        let reason = match self.rmas.get(&summary.rma_id) {
            None => Some(Reason::New),
            Some(seen) if seen.read_at > asked_at => None,
            Some(seen) if seen.status != summary.status => Some(Reason::StatusChanged),
            Some(_) => (job == SweepJob::Edited).then_some(Reason::Edited),
        };
        if job == SweepJob::Open {
            self.open.begin(asked_at).seen.insert(summary.rma_id.clone());
        }
        self.unlisted.remove(&summary.rma_id);
        match reason {
            // An edit is shown once, apart from the overlap.
            Some(reason) if job == SweepJob::Edited => self.pending.mark(summary.rma_id, reason, asked_at),
            Some(reason) => self.pending.mark_shown(summary.rma_id, reason, summary.status, asked_at),
            None => {}
        }
    }

    /// Records a page of transactions that was requested at this time. Returns its invalid rows.
    ///
    /// Rows name units, not RMAs. A refund of units of no observed RMA waits in [`unmatched`](Self::unmatched)
    /// until their RMA is read, and so does a refund without units.
    pub fn record_transactions(
        &mut self,
        page: Page<Transaction>,
        asked_at: Timestamp,
    ) -> Vec<UndecodableRow> {
        self.money.begin(asked_at);
        let next = page.next().cloned();
        let owners: BTreeMap<&ReturnedItemId, (&RmaId, &ObservedRma)> = self
            .rmas
            .iter()
            .flat_map(|(id, seen)| seen.items.iter().map(move |item| (item, (id, seen))))
            .collect();
        let (mut undecodable, mut moved) = (Vec::new(), Vec::new());
        for row in page.results() {
            let transaction = match row {
                Ok(transaction) => transaction,
                Err(row) => {
                    undecodable.push(row);
                    continue;
                }
            };
            let of: Vec<_> = transaction.return_item_ids.iter().filter_map(|item| owners.get(item)).collect();
            let news = of
                .iter()
                .filter(|(_, seen)| seen.transactions.get(&transaction.id) != Some(&transaction.status));
            moved.extend(news.map(|(id, _)| (*id).clone()));
            if transaction.return_item_ids.is_empty() {
                let shows =
                    |(_, seen): &(&RmaId, &ObservedRma)| seen.transactions.contains_key(&transaction.id);
                match self.rmas.iter().find(shows) {
                    Some((_, seen))
                        if seen.transactions.get(&transaction.id) == Some(&transaction.status) => {}
                    Some((id, _)) => moved.push(id.clone()),
                    None if transaction.is_refund() => {
                        drop(self.unmatched.insert(transaction.id, Vec::new()))
                    }
                    None => {}
                }
            } else if of.is_empty() {
                self.unmatched.insert(transaction.id, transaction.return_item_ids);
            }
        }
        moved.into_iter().for_each(|id| self.pending.mark(id, Reason::MoneyMoved, asked_at));
        self.money.advance(next);
        undecodable
    }

    /// Records a webhook. One without an RMA expedites the next lists.
    pub fn record_notification(&mut self, notification: &Notification, now: Timestamp) {
        match &notification.rma_id {
            Some(id) => self.pending.mark(id.clone(), Reason::Notified, now),
            None => [&mut self.open, &mut self.edited, &mut self.money].into_iter().for_each(Run::expedite),
        }
    }

    /// Marks an RMA as pending at the caller's request.
    pub fn request_read(&mut self, id: RmaId, now: Timestamp) {
        self.pending.mark(id, Reason::Notified, now);
    }

    /// Returns the RMAs to read now, the most urgent first, within the day's calls. The rest stays pending.
    pub fn pending_now(&self, now: Timestamp, settings: &SweepSettings, left: CallsLeft) -> Vec<PendingRma> {
        let pace = self.pace(now, settings, left);
        let mut due = self.pending.ready(now, settings.debounce);
        let speculative = pace.speculative_reads(settings, due.len(), self.looks.in_hour_of(now));
        due.extend(self.speculative(now, settings).into_iter().take(speculative));
        due.truncate(pace.reads.map_or(usize::MAX, |reads| reads as usize));
        due
    }

    /// Returns the RMAs that may change in a way that no list shows, the one with the oldest read first.
    fn speculative(&self, now: Timestamp, settings: &SweepSettings) -> Vec<PendingRma> {
        let suspect = |id: &RmaId, seen: &ObservedRma| {
            !self.pending.contains(id)
                && hour(seen.read_at) < hour(now)
                && (seen.may_change_unseen(now, settings.watch_after_done) || self.unlisted.contains(id))
        };
        let speculative = self.rmas.iter().filter(|(id, seen)| suspect(id, seen));
        let mut speculative: Vec<_> = speculative
            .map(|(id, seen)| PendingRma {
                rma_id: id.clone(),
                reason: Reason::Suspected,
                since: seen.read_at,
            })
            .collect();
        speculative.sort_by_key(|due| due.since);
        speculative
    }

    /// Records an RMA that was read completely, requested at this time. A later read is kept.
    pub fn record_read(&mut self, rma: &Rma, asked_at: Timestamp) {
        let on_suspicion = !self.pending.contains(rma.id());
        if self.record_observation(rma.id(), ObservedRma::of(rma, asked_at)) && on_suspicion {
            self.looks.count(asked_at);
        }
    }

    /// Records what another worker observed when it read an RMA completely. Returns false if a later read is
    /// known.
    pub fn record_observation(&mut self, id: &RmaId, mut seen: ObservedRma) -> bool {
        if let Some(before) = self.rmas.get(id) {
            if before.read_at > seen.read_at {
                return false;
            }
            if before.status == seen.status {
                seen.status_since = before.status_since;
            }
        }
        self.unmatched.retain(|transaction, items| {
            !items.iter().any(|item| seen.items.contains(item))
                && !seen.transactions.contains_key(transaction)
        });
        self.pending.settle(id, seen.read_at);
        self.rmas.insert(id.clone(), seen);
        true
    }

    /// Restores an earlier observation of an RMA, unless a later one is known. This is not a change.
    pub fn restore(&mut self, id: &RmaId, seen: ObservedRma) {
        if self.rmas.get(id).is_none_or(|known| known.read_at < seen.read_at) {
            self.rmas.insert(id.clone(), seen);
        }
    }

    /// Forgets the RMAs that a sweep does not [watch](ObservedRma::watched_until), for a caller that
    /// [restores](Self::restore) them when a page shows them.
    pub fn forget_unwatched(&mut self, now: Timestamp, settings: &SweepSettings) {
        let Self { rmas, unlisted, .. } = self;
        rmas.retain(|id, seen| {
            seen.watched_until(settings).is_some_and(|until| until > now) || unlisted.contains(id)
        });
    }

    /// Records that an RMA of [`pending_now`](Self::pending_now) was handed over to a worker. Until its result
    /// is [recorded](Self::record_observation), the RMA becomes pending again when it changes, and otherwise
    /// with backoff after 1, 2, 4 hours and so on up to a week: RMAs that cannot be read do not delay the
    /// others.
    pub fn handed_over(&mut self, due: &PendingRma, now: Timestamp) {
        if !self.pending.contains(&due.rma_id) {
            self.looks.count(now);
        }
        self.pending.hand_over(due, now);
    }

    /// Postpones an RMA that cannot be read, so that the others are not delayed.
    pub fn postpone(&mut self, id: &RmaId, now: Timestamp, until: Timestamp) {
        self.pending.postpone(id, now, until);
    }

    /// Forgets an RMA that no longer exists.
    pub fn forget(&mut self, id: &RmaId) {
        self.rmas.remove(id);
        self.unlisted.remove(id);
        self.pending.forget(id);
    }

    /// Forgets finished RMAs whose last read is this old, so that the state does not grow over the years. The
    /// caller has to keep which units they had: a transaction of theirs is then [`unmatched`](Self::unmatched),
    /// and [`record_match`](Self::record_match) makes its RMA pending. Recent RMAs, which the lists would show
    /// as new, are kept.
    pub fn forget_finished(&mut self, now: Timestamp, settings: &SweepSettings, after: Duration) {
        let before = earlier(now, after.max(settings.recent));
        let due = &self.pending;
        let unlisted = &mut self.unlisted;
        self.rmas.retain(|id, seen| {
            let is_kept = seen.read_at >= before
                || seen.is_open()
                || seen.may_change_unseen(now, settings.watch_after_done)
                || due.contains(id);
            if !is_kept {
                unlisted.remove(id);
            }
            is_kept
        });
    }

    /// Records that an unmatched transaction belongs to this RMA, which becomes pending.
    pub fn record_match(&mut self, id: RmaId, now: Timestamp) {
        self.pending.mark(id, Reason::MoneyMoved, now);
    }

    /// Restarts a list whose cursor is no longer accepted.
    pub fn restart(&mut self, job: SweepJob) {
        self.run_mut(job).restart();
    }

    /// Returns the observation of an RMA, if it was ever read.
    pub fn observed(&self, id: &RmaId) -> Option<&ObservedRma> {
        self.rmas.get(id)
    }

    /// Returns all observed RMAs.
    pub fn rmas(&self) -> impl Iterator<Item = (&RmaId, &ObservedRma)> {
        self.rmas.iter()
    }

    /// Returns all pending RMAs, including those that may not be read yet.
    pub fn all_pending(&self) -> impl Iterator<Item = &RmaId> {
        self.pending.rmas()
    }

    /// Returns the RMAs whose rows were invalid when a list last showed them.
    pub fn unlisted(&self) -> impl Iterator<Item = &RmaId> {
        self.unlisted.iter()
    }

    /// Returns the transactions, with their units, that no observed RMA has.
    pub fn unmatched(&self) -> impl Iterator<Item = (&TransactionId, &[ReturnedItemId])> {
        self.unmatched.iter().map(|(id, items)| (id, items.as_slice()))
    }

    /// Returns when the next list or read is scheduled.
    pub fn wake_at(&self, now: Timestamp, settings: &SweepSettings, left: CallsLeft) -> Timestamp {
        let pace = self.pace(now, settings, left);
        let Some(stretch) = pace.stretch else { return left.until };
        let lists = SweepJob::ALL.map(|job| self.run(job).due_at(settings.every(job).mul_f64(stretch)));
        let reads = self.pending.next_ready_at(settings.debounce).filter(|_| pace.reads != Some(0));
        lists.into_iter().chain(reads).fold(left.until, Timestamp::min).max(now)
    }

    fn pace(&self, now: Timestamp, settings: &SweepSettings, left: CallsLeft) -> Pace {
        let jobs = SweepJob::ALL.map(|job| (settings.every(job).as_secs_f64(), self.run(job).pages()));
        Pace::of(jobs.into_iter(), left, now)
    }

    const fn run(&self, job: SweepJob) -> &Run {
        match job {
            SweepJob::Open => &self.open,
            SweepJob::Edited => &self.edited,
            SweepJob::Money => &self.money,
            SweepJob::Recent => &self.recent,
        }
    }

    const fn run_mut(&mut self, job: SweepJob) -> &mut Run {
        match job {
            SweepJob::Open => &mut self.open,
            SweepJob::Edited => &mut self.edited,
            SweepJob::Money => &mut self.money,
            SweepJob::Recent => &mut self.recent,
        }
    }
}
