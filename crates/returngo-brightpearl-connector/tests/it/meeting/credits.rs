//! Returns of one sales order that become pending together.

use brightpearl_mock::Switches;
use returngo_brightpearl_connector::{engine::Policy, store::JobState};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::json;

use super::site::{Site, rma};
use crate::support::work_until_nothing_is_due;

const WHOLE_ROW: (Decimal, Decimal, Decimal) = (dec!(3), dec!(100.0000), dec!(20.00));

fn lagging() -> Switches {
    Switches::with(|switches| switches.search_lag_ms = 20_000)
}

async fn site_of(units: &[usize], switches: Switches) -> Site {
    let rmas = (4_410_001..).zip(units).map(|(number, units)| rma(number, *units)).collect();
    Site::with(rmas, json!({}), switches).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returns_in_one_batch_share_the_order_row() {
    for switches in [Switches::default(), lagging()] {
        let site = site_of(&[2, 2, 1], switches).await;
        site.queue(4_410_001..=4_410_003).await;
        site.work().await;
        assert_eq!(site.credited(), WHOLE_ROW);
        // The first has two units; of the other three units one is left.
        assert_eq!(site.asks(4_410_001).await, [] as [&str; 0]);
        let requested: Vec<_> = [site.asks(4_410_002).await, site.asks(4_410_003).await].concat();
        assert_eq!(requested, ["AlreadyCredited", "AlreadyCredited"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_of_everything_leaves_nothing_to_the_next() {
    let site = site_of(&[3, 3], lagging()).await;
    site.queue([4_410_001, 4_410_002]).await;
    site.work().await;
    assert_eq!(site.credited(), WHOLE_ROW);
    assert_eq!(site.asks(4_410_002).await, ["AlreadyCredited"]);
    assert_eq!(site.item(4_410_002).await.reviews[0].item_ids.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn single_units_in_one_batch_add_up_to_the_row() {
    for switches in [Switches::default(), lagging()] {
        let site = site_of(&[1, 1, 1], switches).await;
        site.queue(4_410_001..=4_410_003).await;
        site.work().await;
        assert_eq!(site.credited(), WHOLE_ROW);
        let mut nets: Vec<_> = (4_410_001..=4_410_003)
            .map(|number| {
                let credit = site.credit(number).unwrap();
                credit.order_rows.values().next().unwrap().row_value.row_net.value
            })
            .collect();
        nets.sort();
        assert_eq!(nets, [dec!(33.3333), dec!(33.3333), dec!(33.3334)]);
        let before = site.brightpearl.requests().of("post-sales-credit");
        site.queue(4_410_001..=4_410_003).await;
        site.work().await;
        assert_eq!(
            site.brightpearl.requests().of("post-sales-credit"),
            before,
            "a second run changes nothing"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_work_at_once_share_the_order_row() {
    let site = site_of(&[1, 1, 1, 1], lagging()).await;
    site.queue(4_410_001..=4_410_004).await;
    let one_by_one = Policy { batch: 1, ..Policy::default() };
    let (one, other) =
        (site.process_with("one", one_by_one.clone()).await, site.process_with("other", one_by_one).await);
    for _ in 0..40 {
        tokio::join!(work_until_nothing_is_due(&one), work_until_nothing_is_due(&other));
        site.pass(jiff::SignedDuration::from_secs(15)).await;
    }
    assert_eq!(site.credited(), WHOLE_ROW);
    let mut requested = Vec::new();
    for number in 4_410_001..=4_410_004 {
        requested.extend(site.asks(number).await);
        assert_ne!(site.item(number).await.state, JobState::Pending);
    }
    assert_eq!(requested, ["AlreadyCredited"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credit_of_another_program_is_adopted_by_one_return() {
    for together in [true, false] {
        let site =
            Site::open(vec![rma(4_410_001, 1), rma(4_410_002, 1)], json!({"existing_credit": "adopt"})).await;
        let credit = site.foreign_credit(1, dec!(33.3333), dec!(6.67)).await;
        for number in [4_410_001, 4_410_002] {
            site.refund(number, dec!(40.00));
        }
        if together {
            site.queue([4_410_001, 4_410_002]).await;
            site.work().await;
        } else {
            for number in [4_410_001, 4_410_002] {
                site.queue([number]).await;
                site.work().await;
            }
        }
        assert_eq!(site.item(4_410_001).await.credit, Some(credit));
        assert_eq!(site.paid(credit), dec!(40.00), "the refund of one return");
        assert_eq!(site.asks(4_410_002).await, ["ForeignCredit"]);
        let leases: Vec<_> = site
            .brightpearl
            .notes_of(credit)
            .into_iter()
            .filter(|note| note.text.contains("-adopted"))
            .collect();
        assert_eq!(leases.len(), 1, "{leases:?}");
    }
}
