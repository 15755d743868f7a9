use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use api_client_core::time::earlier;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ObservedRma, PendingRma, Reason, SweepCheckpoint, SweepJob, SweepSettings, observed::OPEN, pace::Pace,
    pending::PendingList, run::Run,
};
use crate::{
    Cursor, Notification, Page, ReturnedItemId, Rma, RmaFilter, RmaId, RmaSummary, Transaction,
    TransactionFilter, TransactionId, UndecodableRow, client::CallsLeft, rma::RmaOrder,
};

/// What is known of a shop, and what is due: store it, as JSON, after every step.
///
/// Nothing is due twice for one change, and nothing is forgotten before it was [`record_read`](Self::record_read):
/// not over a restart, not when the day's calls run out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepState {
    began: Timestamp,
    rmas: BTreeMap<RmaId, ObservedRma>,
    #[serde(rename = "due")]
    pending: PendingList,
    unmatched: BTreeMap<TransactionId, Vec<ReturnedItemId>>,
    /// RMAs whose rows could not be read when a list showed them last: no list tells of their changes.
    #[serde(default)]
    unlisted: BTreeSet<RmaId>,
    open: Run,
    edited: Run,
    money: Run,
    recent: Run,
    looks: SpeculativeReads,
}

/// RMAs that were read on suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct SpeculativeReads {
    /// In this hour, counted from 1970.
    hour: i64,
    made: u32,
}

impl SpeculativeReads {
    fn in_hour_of(self, now: Timestamp) -> u32 {
        if self.hour == hour(now) { self.made } else { 0 }
    }

    fn count(&mut self, now: Timestamp) {
        *self = Self { hour: hour(now), made: self.in_hour_of(now) + 1 };
    }
}

fn hour(time: Timestamp) -> i64 {
    time.as_second().div_euclid(60 * 60)
}

/// A page of a list to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SweepCall {
    /// Of RMAs: give it to [`SweepState::record_rmas`].
    Rmas {
        /// For this job.
        job: SweepJob,
        /// Of this list.
        filter: RmaFilter,
        /// The page that begins here.
        cursor: Option<Cursor>,
    },
    /// Of transactions: give it to [`SweepState::record_transactions`].
    Transactions {
        /// Of this list.
        filter: TransactionFilter,
        /// The page that begins here.
        cursor: Option<Cursor>,
    },
}

impl SweepState {
    /// Of a shop that nothing is known of. Refunds from before this time come with their RMAs.
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

    /// One that goes on from here. The RMAs that a sweep [watches](ObservedRma::watched_until) have to be
    /// [recalled](Self::restore) next, and before each page is taken in those that it shows.
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

    /// What has to be stored besides the RMAs that were seen, for whoever stores these one by one.
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

    /// The list to ask for now, if any: an unfinished one first.
    pub fn next_call(&self, now: Timestamp, settings: &SweepSettings, left: CallsLeft) -> Option<SweepCall> {
        let stretch = self.pace(now, settings, left).stretch?;
        let is_due = |job: SweepJob| self.run(job).due_at(settings.every(job).mul_f64(stretch)) <= now;
        let unfinished = SweepJob::ALL.into_iter().find(|&job| self.run(job).is_active());
        let job = unfinished.or_else(|| SweepJob::ALL.into_iter().find(|&job| is_due(job)))?;
        let run = self.run(job);
        let cursor = run.cursor().cloned();
        let since = |from: Option<Timestamp>| earlier(from.unwrap_or(self.began), settings.overlap);
        // Oldest first: what comes meanwhile is added at the end and moves no page.
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

    /// Takes in a page of RMAs that was asked for at this time. Gives the rows that do not read. Where such a row says
    /// its RMA's number, that RMA is due if it was never read, and looked at from time to time if it was.
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
            // Edits come once, but for the overlap.
            Some(reason) if job == SweepJob::Edited => self.pending.mark(summary.rma_id, reason, asked_at),
            Some(reason) => self.pending.mark_shown(summary.rma_id, reason, summary.status, asked_at),
            None => {}
        }
    }

    /// Takes in a page of transactions that was asked for at this time. Gives the rows that do not read.
    ///
    /// Rows name units, not RMAs. A refund of units that nobody has read yet waits in
    /// [`unmatched`](Self::unmatched) until their RMA is, and so does a refund that names no units.
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

    /// Takes in what a webhook said. One that names no RMA brings the next lists forward.
    pub fn record_notification(&mut self, notification: &Notification, now: Timestamp) {
        match &notification.rma_id {
            Some(id) => self.pending.mark(id.clone(), Reason::Notified, now),
            None => [&mut self.open, &mut self.edited, &mut self.money].into_iter().for_each(Run::expedite),
        }
    }

    /// Marks an RMA as due because somebody asks for it.
    pub fn request_read(&mut self, id: RmaId, now: Timestamp) {
        self.pending.mark(id, Reason::Notified, now);
    }

    /// The RMAs to read now, the most urgent first, and no more than the day's calls allow. The rest stays due.
    pub fn pending_now(&self, now: Timestamp, settings: &SweepSettings, left: CallsLeft) -> Vec<PendingRma> {
        let pace = self.pace(now, settings, left);
        let mut due = self.pending.ready(now, settings.debounce);
        let looks = pace.looks(settings, due.len(), self.looks.in_hour_of(now));
        due.extend(self.speculative(now, settings).into_iter().take(looks));
        due.truncate(pace.reads.map_or(usize::MAX, |reads| reads as usize));
        due
    }

    /// Those that may change without a list that shows it, the longest unread first.
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

    /// Takes in an RMA that was read in full, asked for at this time. One that was read later already stays.
    pub fn record_read(&mut self, rma: &Rma, asked_at: Timestamp) {
        let on_suspicion = !self.pending.contains(rma.id());
        if self.record_observation(rma.id(), ObservedRma::of(rma, asked_at)) && on_suspicion {
            self.looks.count(asked_at);
        }
    }

    /// Takes in what somebody else saw who read an RMA in full. False when it was read later already.
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

    /// Knows again what was seen of an RMA before, unless a later read is known. Nothing happened to it.
    pub fn restore(&mut self, id: &RmaId, seen: ObservedRma) {
        if self.rmas.get(id).is_none_or(|known| known.read_at < seen.read_at) {
            self.rmas.insert(id.clone(), seen);
        }
    }

    /// Forgets the RMAs that a sweep does not [watch](ObservedRma::watched_until), for whoever
    /// [recalls](Self::restore) them when a page shows them.
    pub fn forget_unwatched(&mut self, now: Timestamp, settings: &SweepSettings) {
        let Self { rmas, unlisted, .. } = self;
        rmas.retain(|id, seen| {
            seen.watched_until(settings).is_some_and(|until| until > now) || unlisted.contains(id)
        });
    }

    /// An RMA of [`pending_now`](Self::pending_now) was given to somebody else who reads it. Until it is known what they
    /// [`record_observation`](Self::record_observation), it is due again when something happens to it, or for safety after an hour, two, four and so
    /// on up to a week: those that nobody can read keep no others waiting.
    pub fn handed_over(&mut self, due: &PendingRma, now: Timestamp) {
        if !self.pending.contains(&due.rma_id) {
            self.looks.count(now);
        }
        self.pending.hand_over(due, now);
    }

    /// An RMA could not be read and will not be before this time: the others go on.
    pub fn postpone(&mut self, id: &RmaId, now: Timestamp, until: Timestamp) {
        self.pending.postpone(id, now, until);
    }

    /// An RMA is no more.
    pub fn forget(&mut self, id: &RmaId) {
        self.rmas.remove(id);
        self.unlisted.remove(id);
        self.pending.forget(id);
    }

    /// Forgets finished RMAs that were last read this long ago, so that the state does not grow with the shop's years:
    /// whoever does this keeps which units they had. A transaction of theirs is then among the
    /// [`unmatched`](Self::unmatched), and its RMA due again when it is [`record_match`](Self::record_match). Recent RMAs, which
    /// the lists would show as new, are kept.
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

    /// An unmatched transaction is of this RMA: its money moved.
    pub fn record_match(&mut self, id: RmaId, now: Timestamp) {
        self.pending.mark(id, Reason::MoneyMoved, now);
    }

    /// Begins a list anew whose cursor is no longer taken.
    pub fn restart(&mut self, job: SweepJob) {
        self.run_mut(job).restart();
    }

    /// What is known of an RMA, if it was ever read.
    pub fn observed(&self, id: &RmaId) -> Option<&ObservedRma> {
        self.rmas.get(id)
    }

    /// What was seen of RMAs.
    pub fn rmas(&self) -> impl Iterator<Item = (&RmaId, &ObservedRma)> {
        self.rmas.iter()
    }

    /// All RMAs that are due, also those that are not to be read now.
    pub fn all_pending(&self) -> impl Iterator<Item = &RmaId> {
        self.pending.rmas()
    }

    /// RMAs whose rows could not be read when a list showed them last.
    pub fn unlisted(&self) -> impl Iterator<Item = &RmaId> {
        self.unlisted.iter()
    }

    /// Transactions, with their units, which no RMA has that was read.
    pub fn unmatched(&self) -> impl Iterator<Item = (&TransactionId, &[ReturnedItemId])> {
        self.unmatched.iter().map(|(id, items)| (id, items.as_slice()))
    }

    /// When there is something to do next: a list to ask for, or an RMA to read.
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
