use std::collections::{BTreeMap, HashSet, VecDeque};

use brightpearl::OrderId;
use returngo::RmaId;

use super::writing::Execution;
use crate::store::Lease;

/// Jobs that are processed together. Of several RMAs of one sales order one is processed at a time; the others wait here
/// until it is finished.
pub(super) struct Batch {
    /// Jobs that are read next.
    open: Vec<Lease>,
    /// The RMA that is processed for each sales order.
    in_progress: BTreeMap<OrderId, RmaId>,
    waiting: BTreeMap<OrderId, VecDeque<Lease>>,
    /// The number of rounds in which each RMA was written to.
    rounds: BTreeMap<RmaId, usize>,
}

impl Batch {
    pub(super) fn new(leases: Vec<Lease>) -> Self {
        Self { open: leases, in_progress: BTreeMap::new(), waiting: BTreeMap::new(), rounds: BTreeMap::new() }
    }

    /// The jobs to read now; empty when all are finished.
    pub(super) fn take_open(&mut self) -> Vec<Lease> {
        std::mem::take(&mut self.open)
    }

    /// All jobs that are not finished.
    pub(super) fn into_leases(self) -> Vec<Lease> {
        self.open.into_iter().chain(self.waiting.into_values().flatten()).collect()
    }

    /// The executions that may continue: the others wait for another RMA of their sales order.
    pub(super) fn one_of_each_order(&mut self, executions: Vec<Execution>) -> Vec<Execution> {
        let mut chosen = Vec::with_capacity(executions.len());
        for execution in executions {
            let Some(order) = execution.snapshot.order else {
                chosen.push(execution);
                continue;
            };
            let in_progress = self.in_progress.entry(order).or_insert_with(|| execution.lease.rma.clone());
            if *in_progress == execution.lease.rma {
                chosen.push(execution);
            } else {
                self.waiting.entry(order).or_default().push_back(execution.lease);
            }
        }
        chosen
    }

    /// Removes the jobs that wait for this sales order, which another process holds.
    pub(super) fn take_waiting(&mut self, order: OrderId) -> impl Iterator<Item = Lease> {
        self.waiting.remove(&order).into_iter().flatten()
    }

    /// Starts the next round, in which these jobs are read again. An RMA that was finished is followed by the next one of its
    /// sales order.
    pub(super) fn next_round(&mut self, again: impl IntoIterator<Item = Lease>) {
        self.open.extend(again);
        let open: HashSet<&RmaId> = self.open.iter().map(|lease| &lease.rma).collect();
        self.in_progress.retain(|_, rma| open.contains(rma));
        let free: Vec<OrderId> =
            self.waiting.keys().filter(|order| !self.in_progress.contains_key(order)).copied().collect();
        for order in free {
            let Some(waiting) = self.waiting.get_mut(&order) else { continue };
            if let Some(next) = waiting.pop_front() {
                self.in_progress.insert(order, next.rma.clone());
                self.open.push(next);
            }
            if waiting.is_empty() {
                self.waiting.remove(&order);
            }
        }
    }

    /// Counts a round in which this RMA was written to. Returns the number of rounds.
    pub(super) fn count_round(&mut self, rma: &RmaId) -> usize {
        let rounds = self.rounds.entry(rma.clone()).or_default();
        *rounds += 1;
        *rounds
    }
}
