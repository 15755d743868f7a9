use std::collections::{BTreeMap, HashSet, VecDeque};

use brightpearl::OrderId;
use returngo::RmaId;

use super::writing::Execution;
use crate::store::Lease;

/// Claims that are worked on together. Of several RMAs of one sales order one is worked on at a time; the others wait
/// here until it is finished.
pub(super) struct Batch {
    /// Those that are read next.
    open: Vec<Lease>,
    /// The RMA of each sales order that is worked on.
    at_work: BTreeMap<OrderId, RmaId>,
    waiting: BTreeMap<OrderId, VecDeque<Lease>>,
    /// How often RMAs were written to.
    rounds: BTreeMap<RmaId, usize>,
}

impl Batch {
    pub(super) fn new(leases: Vec<Lease>) -> Self {
        Self { open: leases, at_work: BTreeMap::new(), waiting: BTreeMap::new(), rounds: BTreeMap::new() }
    }

    /// The claims that are to be read now; empty when all are finished.
    pub(super) fn take_open(&mut self) -> Vec<Lease> {
        std::mem::take(&mut self.open)
    }

    /// All claims that are not finished.
    pub(super) fn into_leases(self) -> Vec<Lease> {
        self.open.into_iter().chain(self.waiting.into_values().flatten()).collect()
    }

    /// Those of these journeys that may go on: the others wait for another RMA of their sales order.
    pub(super) fn one_of_each_order(&mut self, executions: Vec<Execution>) -> Vec<Execution> {
        let mut chosen = Vec::with_capacity(executions.len());
        for execution in executions {
            let Some(order) = execution.look.order else {
                chosen.push(execution);
                continue;
            };
            let at_work = self.at_work.entry(order).or_insert_with(|| execution.lease.rma.clone());
            if *at_work == execution.lease.rma {
                chosen.push(execution);
            } else {
                self.waiting.entry(order).or_default().push_back(execution.lease);
            }
        }
        chosen
    }

    /// The claims that wait for this sales order, which another process has: they need not be read to find that out.
    pub(super) fn take_waiting(&mut self, order: OrderId) -> impl Iterator<Item = Lease> {
        self.waiting.remove(&order).into_iter().flatten()
    }

    /// Reads these once more in the next round. What was finished makes place for the next RMA of its sales order.
    pub(super) fn next_round(&mut self, again: impl IntoIterator<Item = Lease>) {
        self.open.extend(again);
        let open: HashSet<&RmaId> = self.open.iter().map(|lease| &lease.rma).collect();
        self.at_work.retain(|_, rma| open.contains(rma));
        let free: Vec<OrderId> =
            self.waiting.keys().filter(|order| !self.at_work.contains_key(order)).copied().collect();
        for order in free {
            let Some(waiting) = self.waiting.get_mut(&order) else { continue };
            if let Some(next) = waiting.pop_front() {
                self.at_work.insert(order, next.rma.clone());
                self.open.push(next);
            }
            if waiting.is_empty() {
                self.waiting.remove(&order);
            }
        }
    }

    /// Counts a round in which this RMA was written to; gives back how many there were.
    pub(super) fn count_round(&mut self, rma: &RmaId) -> usize {
        let rounds = self.rounds.entry(rma.clone()).or_default();
        *rounds += 1;
        *rounds
    }
}
