use brightpearl_mock::{Fault, FaultKind, Faults};

use super::Scenario;

/// The probability of each fault, per request.
const REQUESTS: [(FaultKind, f64); 6] = [
    (FaultKind::DropAfterCommit, 0.02),
    (FaultKind::DropBefore, 0.01),
    (FaultKind::Status500, 0.01),
    (FaultKind::Status503, 0.01),
    (FaultKind::Throttle, 0.01),
    (FaultKind::Html502, 0.01),
];

/// The probability of each fault, per webhook.
const WEBHOOKS: [(FaultKind, f64); 3] =
    [(FaultKind::DuplicateWebhooks, 0.1), (FaultKind::ReorderWebhooks, 0.1), (FaultKind::LoseWebhooks, 0.1)];

impl Scenario {
    /// Repeats, reorders and loses webhooks at random, by this seed. Requests succeed, so that staff can do their work.
    pub(super) fn lose_webhooks(&self, seed: u64) {
        for faults in [self.brightpearl.faults(), self.returngo.faults()] {
            faults.clear();
            inject(faults, &WEBHOOKS, seed);
        }
    }

    /// Adds failing requests to the faults of [`lose_webhooks`](Self::lose_webhooks).
    pub(super) fn inject_faults(&self, seed: u64) {
        self.lose_webhooks(seed);
        for faults in [self.brightpearl.faults(), self.returngo.faults()] {
            inject(faults, &REQUESTS, seed);
        }
    }
}

fn inject(faults: &Faults, kinds: &[(FaultKind, f64)], seed: u64) {
    for (number, &(kind, probability)) in (0..).zip(kinds) {
        faults.add(Fault::on_any(kind).by_chance(probability, seed.wrapping_mul(31).wrapping_add(number)));
    }
}
