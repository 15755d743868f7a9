//! A state that is stored without its RMAs, and is told of those that it needs, decides as one that has them all.

use std::collections::BTreeMap;

use returngo::{
    Rma, RmaId, RmaStatus,
    sweep::{ObservedRma, SweepCheckpoint, SweepState},
};
use returngo_mock::{Refund, RmaBuilder};

use super::decisions::{Desk, builder, minutes};

const STATUSES: [RmaStatus; 6] = [
    RmaStatus::Approved,
    RmaStatus::Received,
    RmaStatus::Done,
    RmaStatus::Done,
    RmaStatus::Canceled,
    RmaStatus::Rejected,
];

/// Chances that are the same in every run.
struct Chances(u64);

impl Chances {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn rma(&mut self) -> Rma {
        let status = STATUSES[usize::try_from(self.below(6)).unwrap()].clone();
        let rma: RmaBuilder = builder(1 + self.below(8), status);
        if self.below(2) == 0 { rma.build().unwrap() } else { rma.refund(Refund::full()).build().unwrap() }
    }
}

/// Goes on as after a restart: with what is watched, and what is shown.
fn resumed(
    state: &SweepState,
    store: &BTreeMap<RmaId, ObservedRma>,
    desk: &Desk,
    shown: &[&Rma],
) -> SweepState {
    let stored = serde_json::to_string(&state.clone().into_checkpoint()).unwrap();
    let mut state = SweepState::resume(serde_json::from_str::<SweepCheckpoint>(&stored).unwrap());
    for (id, seen) in store {
        let is_watched = seen.watched_until(&desk.settings).is_some_and(|until| until > desk.now);
        if is_watched || shown.iter().any(|rma| rma.id() == id) {
            state.restore(id, seen.clone());
        }
    }
    state
}

#[test]
fn a_state_that_recalls_decides_as_one_that_knows_all() {
    for seed in 0..100 {
        let mut chances = Chances(seed);
        let (mut full, mut lean) = (Desk::new(), Desk::new());
        let mut store: BTreeMap<RmaId, ObservedRma> = BTreeMap::new();
        for step in 0..30 {
            let wait = minutes([5, 16, 61, 26 * 60][usize::try_from(chances.below(4)).unwrap()]);
            full.pass(wait);
            lean.pass(wait);
            let there: BTreeMap<_, _> =
                (0..chances.below(5)).map(|_| chances.rma()).map(|rma| (rma.id().clone(), rma)).collect();
            let shown: Vec<_> = there.values().collect();
            let money: Vec<_> = shown.iter().flat_map(|rma| &rma.transactions).collect();
            lean.state = resumed(&lean.state, &store, &lean, &shown);
            assert_eq!(full.sweep(&shown, &money), lean.sweep(&shown, &money), "seed {seed}, step {step}");
            lean.state.forget_unwatched(lean.now, &lean.settings);
            assert_eq!(full.due(), lean.due(), "seed {seed}, step {step}");
            for due in full.due() {
                if chances.below(3) > 0
                    && let Some(rma) = there.get(&due.rma_id)
                {
                    full.learn(rma);
                    lean.learn(rma);
                    store.insert(rma.id().clone(), full.state.observed(rma.id()).unwrap().clone());
                }
            }
        }
    }
}
