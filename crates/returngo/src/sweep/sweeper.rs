use std::time::Duration;

use api_client_core::time::later;
use jiff::Timestamp;
use tracing::{debug, warn};

use super::{PendingRma, SweepCall, SweepJob, SweepSettings, SweepState};
use crate::{
    Client, Error, ErrorKind, Notification, Page, ReturnedItemId, Rma, RmaId, RmaSummary, Transaction,
    UndecodableRow, rma, transaction,
};

/// Sweeps a shop: asks for the lists that are due, then reads what they show to have changed. One request at a
/// time, as ReturnGO asks for.
#[derive(Debug)]
pub struct Sweeper {
    client: Client,
    settings: SweepSettings,
    state: SweepState,
}

/// What came of asking for the lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepResult {
    /// How many pages were asked for.
    pub pages: u32,
    /// Rows of RMAs that cannot be read: report them, ReturnGO may have changed its format.
    pub undecodable_rmas: Vec<UndecodableRow>,
    /// Rows of transactions that cannot be read: what they are about is unknown.
    pub undecodable_transactions: Vec<UndecodableRow>,
}

/// A page of a list that was due.
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
    /// The RMAs that it shows, also those whose rows do not read but for their number.
    pub fn rmas(&self) -> Vec<RmaId> {
        match &self.rows {
            Rows::Rmas(page) => {
                let decoded = page.decoded().map(|summary| summary.rma_id.clone());
                decoded.chain(page.undecodable().filter_map(UndecodableRow::parsed_id)).collect()
            }
            Rows::Transactions(_) => Vec::new(),
        }
    }

    /// The units that it names.
    pub fn items(&self) -> Vec<&ReturnedItemId> {
        match &self.rows {
            Rows::Rmas(_) => Vec::new(),
            Rows::Transactions(page) => page.decoded().flat_map(|row| &row.return_item_ids).collect(),
        }
    }
}

/// An RMA that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadResult {
    /// As it is now.
    Rma(Box<Rma>),
    /// There is no such RMA, or no more.
    Gone(RmaId),
}

/// How long an RMA is left alone that cannot be read although it is there.
const UNREADABLE_WAIT: Duration = Duration::from_secs(60 * 60);

impl Sweeper {
    /// Of a shop that nothing is known of: all its open and recent RMAs will be due.
    pub fn new(client: Client, settings: SweepSettings) -> Self {
        let state = SweepState::new(client.now());
        Self { client, settings, state }
    }

    /// Goes on where an earlier one stopped. Give the client what it had
    /// [spent](crate::ClientBuilder::calls_made) as well.
    pub const fn resume(client: Client, settings: SweepSettings, state: SweepState) -> Self {
        Self { client, settings, state }
    }

    /// What is known and what is due, to be stored.
    pub const fn state(&self) -> &SweepState {
        &self.state
    }

    /// The same, for those who read the RMAs that are due by themselves.
    pub const fn state_mut(&mut self) -> &mut SweepState {
        &mut self.state
    }

    /// What is known and what is due.
    pub fn into_state(self) -> SweepState {
        self.state
    }

    /// Takes in what a webhook said.
    pub fn record_notification(&mut self, notification: &Notification) {
        self.state.record_notification(notification, self.client.now());
    }

    /// Asks for every list that is due now.
    ///
    /// # Errors
    /// When a page cannot be had. What came before is in the state, and the next call goes on there.
    pub async fn sweep(&mut self) -> Result<SweepResult, Error> {
        let mut result = SweepResult::default();
        while let Some(page) = self.next_page().await? {
            self.take_in(page, &mut result);
        }
        let rows = result.undecodable_rmas.len() + result.undecodable_transactions.len();
        if rows > 0 {
            warn!(shop = self.client.shop(), rows, "rows of ReturnGO's lists cannot be read");
        }
        Ok(result)
    }

    /// Asks for the next page of a list that is due now; none when none is. It has to be [taken in](Self::take_in).
    ///
    /// # Errors
    /// When the page cannot be had.
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

    /// Takes in a page: it is counted, and its rows that do not read are added to `swept`.
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

    /// A cursor that was stored for long may be taken no more.
    fn restart_if_refused(&mut self, job: SweepJob, error: Error) -> Error {
        if error.kind() == ErrorKind::Refused {
            self.state.restart(job);
        }
        error
    }

    /// The RMAs to read now, the most urgent first.
    pub fn pending_now(&self) -> Vec<PendingRma> {
        self.state.pending_now(self.client.now(), &self.settings, self.client.calls_left())
    }

    /// Reads the most urgent RMA that is due; none when none is, or the day's calls are kept for other things.
    ///
    /// # Errors
    /// When it cannot be read: it stays due. One whose answer does not read, or is refused, is put off for an
    /// hour, so that the next call goes on with the others.
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

    /// When there is something to do next.
    pub fn wake_at(&self) -> Timestamp {
        self.state.wake_at(self.client.now(), &self.settings, self.client.calls_left())
    }
}
