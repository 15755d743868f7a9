use std::time::Duration;

use jiff::Timestamp;
use tracing::{debug, warn};

use super::{DueRma, SweepCall, SweepJob, SweepSettings, SweepState, later};
use crate::{Client, Error, ErrorKind, Notification, Rma, RmaId, UndecodableRow, rma, transaction};

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
pub struct Swept {
    /// How many pages were asked for.
    pub pages: u32,
    /// Rows of RMAs that do not read: tell somebody, ReturnGO may have changed its form.
    pub undecodable_rmas: Vec<UndecodableRow>,
    /// Rows of transactions that do not read: nobody knows what they are about.
    pub undecodable_transactions: Vec<UndecodableRow>,
}

/// An RMA that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// As it is now.
    Rma(Box<Rma>),
    /// There is no such RMA, or no more.
    Gone(RmaId),
}

/// How long an RMA is left alone that cannot be read although it is there.
const POSTPONED: Duration = Duration::from_secs(60 * 60);

impl Sweeper {
    /// Of a shop that nothing is known of: all its open and recent RMAs will be due.
    pub fn new(client: Client, settings: SweepSettings) -> Self {
        let state = SweepState::new(client.now());
        Self { client, settings, state }
    }

    /// Goes on where an earlier one stopped. Give the client what it had
    /// [spent](crate::ClientBuilder::already_spent) as well.
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

    /// Takes in what a webhook said.
    pub fn notified(&mut self, notification: &Notification) {
        self.state.notified(notification, self.client.now());
    }

    /// Asks for every list that is due now.
    ///
    /// # Errors
    /// When a page cannot be had. What came before is in the state, and the next call goes on there.
    pub async fn sweep(&mut self) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let end = self.sweep_into(&mut swept).await;
        for row in swept.undecodable_rmas.iter().chain(&swept.undecodable_transactions) {
            warn!(shop = self.client.shop(), "row of a ReturnGO list skipped: {row}");
        }
        end.map(|()| swept)
    }

    /// The same, and `swept` has what came before a failure too: rows that do not read are not shown again by the pages
    /// that follow. They are not logged.
    ///
    /// # Errors
    /// When a page cannot be had. The next call goes on there.
    pub async fn sweep_into(&mut self, swept: &mut Swept) -> Result<(), Error> {
        while let Some(call) =
            self.state.next_call(self.client.now(), &self.settings, self.client.calls_left())
        {
            self.ask(call, swept).await?;
            swept.pages += 1;
        }
        Ok(())
    }

    async fn ask(&mut self, call: SweepCall, swept: &mut Swept) -> Result<(), Error> {
        let asked_at = self.client.now();
        match call {
            SweepCall::Rmas { job, filter, cursor } => {
                match self.client.send(&rma::list(&filter, cursor.as_ref())).await {
                    Ok(page) => swept.undecodable_rmas.extend(self.state.saw_rmas(job, page, asked_at)),
                    Err(error) => return Err(self.begin_anew_if_refused(job, error)),
                }
            }
            SweepCall::Transactions { filter, cursor } => {
                match self.client.send(&transaction::list(&filter, cursor.as_ref())).await {
                    Ok(page) => {
                        swept.undecodable_transactions.extend(self.state.saw_transactions(page, asked_at));
                    }
                    Err(error) => return Err(self.begin_anew_if_refused(SweepJob::Money, error)),
                }
            }
        }
        Ok(())
    }

    /// A cursor that was stored for long may be taken no more.
    fn begin_anew_if_refused(&mut self, job: SweepJob, error: Error) -> Error {
        if error.kind() == ErrorKind::Refused {
            self.state.start_over(job);
        }
        error
    }

    /// The RMAs to read now, the most urgent first.
    pub fn due(&self) -> Vec<DueRma> {
        self.state.due(self.client.now(), &self.settings, self.client.calls_left())
    }

    /// Reads the most urgent RMA that is due; none when none is, or the day's calls are kept for other things.
    ///
    /// # Errors
    /// When it cannot be read: it stays due. One whose answer does not read, or is refused, is put off for an
    /// hour, so that the next call goes on with the others.
    pub async fn read_next(&mut self) -> Result<Option<Found>, Error> {
        let Some(due) = self.due().into_iter().next() else { return Ok(None) };
        let DueRma { rma_id, reason, .. } = due;
        let asked_at = self.client.now();
        debug!(%rma_id, ?reason, "reading an RMA");
        match self.client.rmas().get(&rma_id).await {
            Ok(rma) => {
                self.state.learned(&rma, asked_at);
                Ok(Some(Found::Rma(Box::new(rma))))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.state.forget(&rma_id);
                Ok(Some(Found::Gone(rma_id)))
            }
            Err(error) => {
                if matches!(error.kind(), ErrorKind::Undecodable | ErrorKind::Refused) {
                    self.state.postpone(&rma_id, asked_at, later(asked_at, POSTPONED));
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
