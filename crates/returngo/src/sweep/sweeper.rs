use std::time::Duration;

use api_client_core::time::later;
use jiff::Timestamp;
use tracing::{debug, warn};

use super::{PendingRma, SweepCall, SweepJob, SweepSettings, SweepState};
use crate::{
    Client, Error, ErrorKind, Notification, Page, ReturnedItemId, Rma, RmaId, RmaSummary, Transaction,
    UndecodableRow, rma, transaction,
};

/// Sweeps a shop: requests the lists that are scheduled, then reads the RMAs that changed. One request at a
/// time, as ReturnGO requires.
#[derive(Debug)]
pub struct Sweeper {
    client: Client,
    settings: SweepSettings,
    state: SweepState,
}

/// The result of requesting the lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepResult {
    /// The number of pages.
    pub pages: u32,
    /// Invalid rows of RMAs: report them, ReturnGO may have changed its format.
    pub undecodable_rmas: Vec<UndecodableRow>,
    /// Invalid rows of transactions, whose RMAs are unknown.
    pub undecodable_transactions: Vec<UndecodableRow>,
}

/// A page of a scheduled list.
#[derive(Debug)]
pub struct ListPage {
    job: SweepJob,
    asked_at: Timestamp,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Rmas(Page<RmaSummary>),
    Transactions(Page<Transaction>),
}

impl ListPage {
    /// Returns the RMAs on the page, including invalid rows that state a number.
    pub fn rmas(&self) -> Vec<RmaId> {
        match &self.rows {
            Rows::Rmas(page) => {
                let decoded = page.decoded().map(|summary| summary.rma_id.clone());
                decoded.chain(page.undecodable().filter_map(UndecodableRow::parsed_id)).collect()
            }
            Rows::Transactions(_) => Vec::new(),
        }
    }

    /// Returns the units that the page names.
    pub fn items(&self) -> Vec<&ReturnedItemId> {
        match &self.rows {
            Rows::Rmas(_) => Vec::new(),
            Rows::Transactions(page) => page.decoded().flat_map(|row| &row.return_item_ids).collect(),
        }
    }
}

/// The result of reading a pending RMA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadResult {
    /// The RMA.
    Rma(Box<Rma>),
    /// The RMA does not exist, or no longer.
    Gone(RmaId),
}

/// How long to postpone an RMA that exists and cannot be read.
const UNREADABLE_WAIT: Duration = Duration::from_secs(60 * 60);

impl Sweeper {
    /// Creates a sweeper for an unknown shop: all open and recent RMAs become pending.
    pub fn new(client: Client, settings: SweepSettings) -> Self {
        let state = SweepState::new(client.now());
        Self { client, settings, state }
    }

    /// Continues an earlier sweep. Also set the [calls](crate::ClientBuilder::calls_made) that its client had
    /// made.
    pub const fn resume(client: Client, settings: SweepSettings, state: SweepState) -> Self {
        Self { client, settings, state }
    }

    /// Returns the state, to be stored.
    pub const fn state(&self) -> &SweepState {
        &self.state
    }

    /// Returns the state, for a caller that reads the pending RMAs by itself.
    pub const fn state_mut(&mut self) -> &mut SweepState {
        &mut self.state
    }

    /// Returns the state.
    pub fn into_state(self) -> SweepState {
        self.state
    }

    /// Records a webhook.
    pub fn record_notification(&mut self, notification: &Notification) {
        self.state.record_notification(notification, self.client.now());
    }

    /// Requests every list that is scheduled now.
    ///
    /// # Errors
    /// When a page cannot be fetched. Earlier pages are recorded, and the next call continues there.
    pub async fn sweep(&mut self) -> Result<SweepResult, Error> {
        let mut result = SweepResult::default();
        while let Some(page) = self.next_page().await? {
            self.take_in(page, &mut result);
        }
        let rows = result.undecodable_rmas.len() + result.undecodable_transactions.len();
        if rows > 0 {
            warn!(shop = self.client.shop(), rows, "invalid rows in lists of ReturnGO");
        }
        Ok(result)
    }

    /// Requests the next page of a scheduled list; none if there is none. [Record](Self::take_in) it.
    ///
    /// # Errors
    /// When the page cannot be fetched.
    pub async fn next_page(&mut self) -> Result<Option<ListPage>, Error> {
        let asked_at = self.client.now();
        let Some(call) = self.state.next_call(asked_at, &self.settings, self.client.calls_left()) else {
            return Ok(None);
        };
        let (job, rows) = match call {
            SweepCall::Rmas { job, filter, cursor } => {
                let page = self.client.send(&rma::list(&filter, cursor.as_ref())).await;
                (job, page.map(Rows::Rmas))
            }
            SweepCall::Transactions { filter, cursor } => {
                let page = self.client.send(&transaction::list(&filter, cursor.as_ref())).await;
                (SweepJob::Money, page.map(Rows::Transactions))
            }
        };
        match rows {
            Ok(rows) => Ok(Some(ListPage { job, asked_at, rows })),
            Err(error) => Err(self.restart_if_refused(job, error)),
        }
    }

    /// Records a page, and adds it and its invalid rows to `result`.
    pub fn take_in(&mut self, page: ListPage, result: &mut SweepResult) {
        let ListPage { job, asked_at, rows } = page;
        match rows {
            Rows::Rmas(page) => result.undecodable_rmas.extend(self.state.record_rmas(job, page, asked_at)),
            Rows::Transactions(page) => {
                result.undecodable_transactions.extend(self.state.record_transactions(page, asked_at));
            }
        }
        result.pages += 1;
    }

    /// A cursor that was stored for long may no longer be accepted.
    fn restart_if_refused(&mut self, job: SweepJob, error: Error) -> Error {
        if error.kind() == ErrorKind::Refused {
            self.state.restart(job);
        }
        error
    }

    /// Returns the RMAs to read now, the most urgent first.
    pub fn pending_now(&self) -> Vec<PendingRma> {
        self.state.pending_now(self.client.now(), &self.settings, self.client.calls_left())
    }

    /// Reads the most urgent pending RMA; none if there is none, or the day's calls are reserved.
    ///
    /// # Errors
    /// When it cannot be read: it stays pending. An RMA that is rejected or cannot be decoded is postponed for
    /// an hour, so that the next call reads the others.
    pub async fn read_next(&mut self) -> Result<Option<ReadResult>, Error> {
        let Some(due) = self.pending_now().into_iter().next() else { return Ok(None) };
        let PendingRma { rma_id, reason, .. } = due;
        let asked_at = self.client.now();
        debug!(%rma_id, ?reason, "reading an RMA");
        match self.client.rmas().get(&rma_id).await {
            Ok(rma) => {
                self.state.record_read(&rma, asked_at);
                Ok(Some(ReadResult::Rma(Box::new(rma))))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.state.forget(&rma_id);
                Ok(Some(ReadResult::Gone(rma_id)))
            }
            Err(error) => {
                if matches!(error.kind(), ErrorKind::Undecodable | ErrorKind::Refused) {
                    self.state.postpone(&rma_id, asked_at, later(asked_at, UNREADABLE_WAIT));
                }
                Err(error)
            }
        }
    }

    /// Returns when the next list or read is scheduled.
    pub fn wake_at(&self) -> Timestamp {
        self.state.wake_at(self.client.now(), &self.settings, self.client.calls_left())
    }
}
