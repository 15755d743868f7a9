use brightpearl_mock::{Fault, FaultKind, Faults};

use super::Scene;

/// Of a hundred requests, so many are struck by each.
const REQUESTS: [(FaultKind, f64); 6] = [
    (FaultKind::DropAfterCommit, 0.02),
    (FaultKind::DropBefore, 0.01),
    (FaultKind::Status500, 0.01),
    (FaultKind::Status503, 0.01),
    (FaultKind::Throttle, 0.01),
    (FaultKind::Html502, 0.01),
];

/// The same of webhooks.
const WEBHOOKS: [(FaultKind, f64); 3] =
    [(FaultKind::DuplicateWebhooks, 0.1), (FaultKind::ReorderWebhooks, 0.1), (FaultKind::LoseWebhooks, 0.1)];

impl Scene {
    /// Webhooks go astray, by this seed; requests are answered, so that the people can do their part.
    pub(super) fn lose_webhooks(&self, seed: u64) {
        for faults in [self.brightpearl.faults(), self.returngo.faults()] {
            faults.clear();
            strike(faults, &WEBHOOKS, seed);
        }
    }

    /// Requests fail and webhooks go astray, by this seed.
    pub(super) fn fail(&self, seed: u64) {
        self.lose_webhooks(seed);
        for faults in [self.brightpearl.faults(), self.returngo.faults()] {
            strike(faults, &REQUESTS, seed);
        }
    }
}

fn strike(faults: &Faults, kinds: &[(FaultKind, f64)], seed: u64) {
    for (number, &(kind, probability)) in (0..).zip(kinds) {
        faults.add(Fault::on_any(kind).by_chance(probability, seed.wrapping_mul(31).wrapping_add(number)));
    }
}
