use super::{BatchSummary, Engine};
use crate::{
    failpoints::Failpoint,
    store::{ConnectionId, JobOutcome, Lease, LeaseRequest, StoreError},
};

impl Engine {
    /// Leases pending jobs of the next connection, except these; empty when none are pending.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lease(&self, except: Vec<ConnectionId>) -> Result<Vec<Lease>, StoreError> {
        self.lease_from(None, except).await
    }

    /// Leases pending jobs of this connection; empty when none are pending, or another process works on them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lease_of(&self, connection: &ConnectionId) -> Result<Vec<Lease>, StoreError> {
        self.lease_from(Some(connection.clone()), Vec::new()).await
    }

    async fn lease_from(
        &self,
        only: Option<ConnectionId>,
        except: Vec<ConnectionId>,
    ) -> Result<Vec<Lease>, StoreError> {
        let request = LeaseRequest {
            worker: self.worker.clone(),
            limit: self.policy.batch,
            now: self.clock.now(),
            only,
            except,
        };
        let leasing = self.in_progress.leasing();
        let leases = self.store.lease(&request).await?;
        leasing.hold(&leases);
        drop(leasing);
        if !leases.is_empty() {
            self.failpoints.reached(Failpoint::Leased);
        }
        Ok(leases)
    }

    /// Postpones jobs of a connection that cannot be opened. That does not count as their failure.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_off(&self, leases: Vec<Lease>, reason: &str) -> Result<BatchSummary, StoreError> {
        let _working = self.in_progress.working_on(&leases);
        let mut summary = BatchSummary::default();
        let postponed = |lease: Lease| {
            let now = self.clock.now();
            let outcome = self.policy.after_connection_failure(&lease, reason.to_owned(), now, None);
            (lease, outcome)
        };
        let outcomes: Vec<_> = leases.into_iter().map(postponed).collect();
        self.finish(&outcomes, &mut summary).await?;
        Ok(summary)
    }

    pub(super) async fn release(
        &self,
        leases: Vec<Lease>,
        summary: &mut BatchSummary,
    ) -> Result<(), StoreError> {
        let outcomes: Vec<_> = leases.into_iter().map(|lease| (lease, JobOutcome::Released)).collect();
        self.finish(&outcomes, summary).await
    }

    /// Ends the jobs that processes abandoned too often: they need review. Returns the others.
    pub(super) async fn without_abandoned(
        &self,
        leases: Vec<Lease>,
        summary: &mut BatchSummary,
    ) -> Result<Vec<Lease>, StoreError> {
        let allowed = self.policy.abandonments_allowed;
        let (abandoned, others): (Vec<_>, _) =
            leases.into_iter().partition(|lease| lease.abandoned >= allowed);
        let failed = |lease: Lease| {
            let error = format!(
                "{} processes ended, or failed, while they processed it. Find the cause in the log, then run `reviews retry {}`",
                lease.abandoned, lease.rma
            );
            (lease, JobOutcome::Failed { failure: error.into(), again_at: None })
        };
        let outcomes: Vec<_> = abandoned.into_iter().map(failed).collect();
        self.finish(&outcomes, summary).await?;
        Ok(others)
    }
}
