use super::{BatchSummary, Engine, observe::Snapshot, writing::Execution};
use crate::{
    Failure,
    connection::Connection,
    failpoints::Failpoint,
    store::{JobOutcome, Lease, StoreError},
};

impl Engine {
    /// Records and finishes converged RMAs: their plans have no effects.
    pub(super) async fn settle(
        &self,
        connection: &Connection,
        converged: Vec<Execution>,
        summary: &mut BatchSummary,
    ) -> Result<(), StoreError> {
        let (mut observations, mut outcomes) = (Vec::new(), Vec::new());
        for Execution { lease, snapshot: Snapshot { plan, observation, .. }, .. } in converged {
            observations.push((lease.rma.clone(), observation));
            let credit = plan.state.credit.map(|credit| credit.id);
            outcomes.push((lease, JobOutcome::Settled { reviews: plan.reviews, credit }));
        }
        self.store.record_observations(&connection.id, &observations, self.clock.now()).await?;
        self.finish(&outcomes, summary).await
    }

    /// Ends jobs with this failure.
    pub(super) async fn fail(
        &self,
        leases: Vec<Lease>,
        failure: Failure,
        summary: &mut BatchSummary,
    ) -> Result<(), StoreError> {
        let failed = |lease: Lease| {
            let outcome = self.policy.after_failure(&lease, failure.clone(), self.clock.now());
            (lease, outcome)
        };
        let outcomes: Vec<_> = leases.into_iter().map(failed).collect();
        self.finish(&outcomes, summary).await
    }

    /// Ends jobs with these outcomes.
    pub(super) async fn finish(
        &self,
        outcomes: &[(Lease, JobOutcome)],
        summary: &mut BatchSummary,
    ) -> Result<(), StoreError> {
        if outcomes.is_empty() {
            return Ok(());
        }
        self.store.finish(outcomes, self.clock.now()).await?;
        self.failpoints.reached(Failpoint::Finished);
        for (lease, outcome) in outcomes {
            let Lease { connection, rma, attempt, .. } = lease;
            match outcome {
                JobOutcome::Settled { reviews, .. } if reviews.is_empty() => summary.in_sync += 1,
                JobOutcome::Settled { .. } => summary.needs_review += 1,
                JobOutcome::Failed { failure: Failure { message: error, .. }, again_at } => {
                    summary.failed += 1;
                    let again_at = again_at.map(tracing::field::display);
                    tracing::warn!(%connection, %rma, attempt, again_at, %error, "sync failed");
                }
                JobOutcome::Postponed { why, until } => {
                    summary.failed += 1;
                    tracing::warn!(%connection, %rma, attempt, again_at = %until, reason = %why, "sync postponed");
                }
                JobOutcome::Released | JobOutcome::OfAnotherShop => {}
            }
        }
        Ok(())
    }
}
