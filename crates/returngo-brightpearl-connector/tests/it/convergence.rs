//! Whatever goes wrong on the way, both systems show the same in the end.

use std::collections::BTreeMap;

use returngo::RmaId;
use returngo_brightpearl_demo::{Demo, Figures, RmaSnapshot};

use crate::store::databases::Database;

/// How many RMAs are played through. CI's builds are slow, and play a part.
fn rmas() -> u64 {
    std::env::var("CONNECTOR_TEST_RMAS").ok().and_then(|rmas| rmas.parse().ok()).unwrap_or(25)
}

async fn played(faults: Option<u64>) -> (Figures, BTreeMap<RmaId, RmaSnapshot>) {
    let database = Database::sqlite();
    let mut demo = Demo::start(rmas(), &database.url, faults).await.unwrap();
    let figures = demo.run(|_| {}).await.unwrap();
    (figures, demo.scenario().snapshots())
}

/// Receiver, sweeps and engine over real HTTP. Answers get lost, requests fail or are cut, webhooks come twice, in
/// another order or never, and the clocks of the three differ.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_change_nothing_in_the_end() {
    let (_, calm) = played(None).await;
    let (figures, troubled) = played(Some(1)).await;
    println!("{figures:?}");
    assert_eq!((figures.duplicates, figures.lost, figures.needs_review), (0, 0, 0), "{figures:?}");
    for (rma, shown) in &calm {
        assert_eq!(troubled.get(rma), Some(shown), "RMA {rma}");
    }
    assert_eq!(troubled.len(), calm.len());
}
