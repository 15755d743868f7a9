use std::collections::{BTreeMap, HashSet, VecDeque};

use brightpearl::OrderId;
use returngo::RmaId;

use super::writing::Journey;
use crate::store::Claim;

/// Claims that are worked on together. Of several RMAs of one sales order one is worked on at a time; the others wait
/// here until it is finished.
pub(super) struct Batch {
    /// Those that are read next.
    open: Vec<Claim>,
    /// The RMA of each sales order that is worked on.
    at_work: BTreeMap<OrderId, RmaId>,
    waiting: BTreeMap<OrderId, VecDeque<Claim>>,
    /// How often RMAs were written to.
    rounds: BTreeMap<RmaId, usize>,
}

impl Batch {
    pub(super) fn new(claims: Vec<Claim>) -> Self {
        Self { open: claims, at_work: BTreeMap::new(), waiting: BTreeMap::new(), rounds: BTreeMap::new() }
    }

    /// The claims that are to be read now; empty when all are finished.
    pub(super) fn take_open(&mut self) -> Vec<Claim> {
        std::mem::take(&mut self.open)
    }

    /// All claims that are not finished.
    pub(super) fn into_claims(self) -> Vec<Claim> {
        self.open.into_iter().chain(self.waiting.into_values().flatten()).collect()
    }

    /// Those of these journeys that may go on: the others wait for another RMA of their sales order.
    pub(super) fn one_of_each_order(&mut self, journeys: Vec<Journey>) -> Vec<Journey> {
        let mut chosen = Vec::with_capacity(journeys.len());
        for journey in journeys {
            let Some(order) = journey.look.order else {
                chosen.push(journey);
                continue;
            };
            let at_work = self.at_work.entry(order).or_insert_with(|| journey.claim.rma.clone());
            if *at_work == journey.claim.rma {
                chosen.push(journey);
            } else {
                self.waiting.entry(order).or_default().push_back(journey.claim);
            }
        }
        chosen
    }

    /// The claims that wait for this sales order, which another process has: they need not be read to find that out.
    pub(super) fn take_waiting(&mut self, order: OrderId) -> impl Iterator<Item = Claim> {
        self.waiting.remove(&order).into_iter().flatten()
    }

    /// Reads these once more in the next round. What was finished makes place for the next RMA of its sales order.
    pub(super) fn next_round(&mut self, again: impl IntoIterator<Item = Claim>) {
        self.open.extend(again);
        let open: HashSet<&RmaId> = self.open.iter().map(|claim| &claim.rma).collect();
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
