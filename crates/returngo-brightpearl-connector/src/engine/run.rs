use std::collections::BTreeMap;

use super::{BatchSummary, Engine, batch::Batch, writing::Execution};
use crate::{
    connection::Connection,
    failpoints::Failpoint,
    store::{Lease, OrderHold, OrderRequest, Revision, StoreError},
};

/// How often both systems are written to under one lease. Without outside changes an RMA converges within four rounds.
const MAX_ROUNDS: usize = 5;

impl Engine {
    /// Synchronizes leased RMAs of this connection. Releases those of another connection: the same number may be another
    /// return here.
    ///
    /// # Errors
    /// When the store fails. The jobs are pending again after the next report of this process.
    pub async fn work_on(
        &self,
        connection: &Connection,
        leases: Vec<Lease>,
    ) -> Result<BatchSummary, StoreError> {
        let _working = self.in_progress.working_on(&leases);
        let mut summary = BatchSummary::default();
        let (leases, foreign): (Vec<_>, Vec<_>) =
            leases.into_iter().partition(|lease| lease.connection == connection.id);
        self.release(foreign, &mut summary).await?;
        let mut batch = Batch::new(self.without_abandoned(leases, &mut summary).await?);
        let mut rma_cache = BTreeMap::new();
        loop {
            let open = batch.take_open();
            if open.is_empty() {
                return Ok(summary);
            }
            let mut stop = self.stop.clone();
            let stopped = async { stop.wait_for(|stop| *stop).await.is_ok() };
            let observed = tokio::select! {
                biased;
                // Reading may take long, and nothing is lost when it is cancelled.
                true = stopped => None,
                observed = self.observe(connection, &open, &mut rma_cache) => Some(observed?),
            };
            let Some((revision, snapshots)) = observed else {
                let left = open.into_iter().chain(batch.into_leases()).collect();
                self.release(left, &mut summary).await?;
                return Ok(summary);
            };
            self.failpoints.reached(Failpoint::WorldsRead);
            let (mut executions, mut converged, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
            for (lease, snapshot) in open.into_iter().zip(snapshots) {
                match snapshot {
                    Ok(snapshot) if snapshot.plan.effects.is_empty() => {
                        converged.push(Execution::new(lease, snapshot));
                    }
                    Ok(snapshot) => executions.push(Execution::new(lease, snapshot)),
                    Err(outcome) => outcomes.push((lease, outcome)),
                }
            }
            self.finish(&outcomes, &mut summary).await?;
            self.settle(connection, converged, &mut summary).await?;

            let executions = batch.one_of_each_order(executions);
            let (executions, mut again) =
                self.hold_orders(executions, revision, &mut batch, &mut summary).await?;
            let written = self.write(connection, executions, &mut summary).await?;
            // An RMA whose only effect is a note that was written before has converged too.
            let (changed, converged): (Vec<_>, Vec<_>) =
                written.into_iter().partition(Execution::changed_something);
            self.settle(connection, converged, &mut summary).await?;
            let mut exhausted = Vec::new();
            for execution in changed {
                if execution.changed_the_rma() {
                    rma_cache.remove(&execution.lease.rma);
                }
                let is_exhausted = batch.count_round(&execution.lease.rma) >= MAX_ROUNDS;
                if is_exhausted { &mut exhausted } else { &mut again }.push(execution.lease);
            }
            let error = format!("the RMA is still out of sync after {MAX_ROUNDS} rounds of writes");
            self.fail(exhausted, error.into(), &mut summary).await?;
            batch.next_round(again);
        }
    }

    /// Holds the sales orders of executions, so that no other return of an order is written. Returns the executions that may
    /// write, and the leases of those that have to be read again first. Postpones the others.
    async fn hold_orders(
        &self,
        executions: Vec<Execution>,
        revision: Revision,
        batch: &mut Batch,
        summary: &mut BatchSummary,
    ) -> Result<(Vec<Execution>, Vec<Lease>), StoreError> {
        let (of_orders, mut ready): (Vec<_>, Vec<_>) =
            executions.into_iter().partition(|execution| execution.snapshot.order.is_some());
        let request = |execution: &Execution| {
            let (lease, order) = (execution.lease.clone(), execution.snapshot.order?);
            Some(OrderRequest { lease, order })
        };
        let requests: Vec<_> = of_orders.iter().filter_map(request).collect();
        let holds = self.store.hold_orders(&requests, revision).await?;
        if !requests.is_empty() {
            self.failpoints.reached(Failpoint::OrdersHeld);
        }
        let (mut again, mut outcomes) = (Vec::new(), Vec::new());
        for (execution, hold) in of_orders.into_iter().zip(holds) {
            match hold {
                OrderHold::Ready => ready.push(execution),
                OrderHold::Changed => again.push(execution.lease),
                OrderHold::Taken { connection, rma } => {
                    let reason = format!(
                        "RMA {rma} of connection {connection} is in progress for the same sales order"
                    );
                    let postponed = || self.policy.soon(reason.clone(), self.clock.now());
                    if let Some(order) = execution.snapshot.order {
                        outcomes.extend(batch.take_waiting(order).map(|lease| (lease, postponed())));
                    }
                    outcomes.push((execution.lease, postponed()));
                }
                OrderHold::Unclear { connection, rma, run_at } => {
                    let reason = format!(
                        "a credit for RMA {rma} of connection {connection} may or may not have been written for the \
                         same sales order, and is looked up first"
                    );
                    outcomes.push((execution.lease, self.policy.after(run_at, reason, self.clock.now())));
                }
                OrderHold::LeaseLost => {}
            }
        }
        self.finish(&outcomes, summary).await?;
        Ok((ready, again))
    }
}
