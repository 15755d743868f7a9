//! Synchronizing RMAs with a journal in memory: each write is made once, whatever happens to its answer.

use std::{sync::Arc, time::Duration};

use api_mock_core::{Fault, FaultKind};
use brightpearl::client::{Clock, SkippingClock};
use returngo::RmaId;
use returngo_brightpearl_mapping::{ConnectionSettings, keys};
use returngo_brightpearl_sync::{EffectOutcome, Incomplete, MemoryJournal, Reader, Synchronized, Withheld};
use returngo_mock::Refund;
use rust_decimal_macros::dec;

use crate::systems::Systems;

/// A write that Brightpearl takes twice.
const ADD_ROW: &str = "post-order-row";

/// An RMA whose refund is above its credit, so that it needs a row.
struct Shop {
    systems: Systems,
    reader: Reader,
    clock: SkippingClock,
    journal: MemoryJournal,
    rma: RmaId,
}

impl Shop {
    async fn open() -> Self {
        let systems = Systems::start().await;
        systems.brightpearl.set_throttle(None);
        let settings = ConnectionSettings::from_json(
            r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210",
                "adjustments": {"nominal_code": "4905", "tax_code": "T20"}}"#,
        );
        let (brightpearl, returngo) = (systems.to_brightpearl(), systems.to_returngo());
        let reader = Reader::new(brightpearl, returngo, settings.unwrap()).await.unwrap();
        let clock = SkippingClock::at("2026-05-18T09:30:00Z".parse().unwrap());
        let journal = MemoryJournal::new(Arc::new(clock.clone()));
        let shop = Self { systems, reader, clock, journal, rma: "4410021".parse().unwrap() };
        shop.systems.returngo.approve(&shop.rma).unwrap();
        let credited = shop.synchronize().await;
        assert!(credited.incomplete.is_none(), "{:?}", credited.incomplete);
        shop.systems.returngo.refund(&shop.rma, Refund::of(dec!(100))).unwrap();
        shop
    }

    async fn synchronize(&self) -> Synchronized {
        self.reader.synchronize(&self.rma, &self.journal, self.clock.now()).await.unwrap()
    }

    /// The credits, their added rows and their payments.
    async fn written(&self) -> (usize, usize, usize) {
        let world = self.reader.world(&self.rma).await.unwrap();
        let rows = world.credits.iter().flat_map(|credit| credit.order_rows.values());
        let added = rows.filter(|row| keys::mentioned(&row.product_name).next().is_some()).count();
        let payments =
            world.credits.iter().map(|credit| self.systems.brightpearl.payments_on(credit.id).len());
        (world.credits.len(), added, payments.sum())
    }
}

#[tokio::test]
async fn two_runs_write_once() {
    let shop = Shop::open().await;
    let first = shop.synchronize().await;
    assert!(first.incomplete.is_none(), "{:?}", first.incomplete);
    assert!(!first.written.is_empty());
    let second = shop.synchronize().await;
    assert!(second.incomplete.is_none() && second.written.is_empty(), "{:?}", second.written);
    assert_eq!(shop.written().await, (1, 1, 1));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_looked_up_and_not_sent_again() {
    let shop = Shop::open().await;
    shop.systems.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::DropAfterCommit));
    let lost = shop.synchronize().await;
    let Some(Incomplete::Failed { result, .. }) = lost.incomplete else { panic!("{:?}", lost.incomplete) };
    assert!(matches!(result.outcome, EffectOutcome::Unknown { .. }), "{result:?}");
    let found = shop.synchronize().await;
    assert!(found.incomplete.is_none(), "{:?}", found.incomplete);
    assert_eq!(shop.written().await, (1, 1, 1));
}

#[tokio::test]
async fn a_write_that_may_still_appear_is_withheld_until_a_snapshot_would_show_it() {
    let shop = Shop::open().await;
    shop.systems.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::DropBefore));
    drop(shop.synchronize().await);
    let withheld = shop.synchronize().await.incomplete;
    let Some(Incomplete::Withheld { reason, .. }) = withheld else { panic!("{withheld:?}") };
    assert!(matches!(reason, Withheld::MayStillAppear(_)), "{reason:?}");
    assert_eq!(shop.written().await, (1, 0, 0));
    shop.clock.sleep(Duration::from_secs(360)).await;
    let sent = shop.synchronize().await;
    assert!(sent.incomplete.is_none(), "{:?}", sent.incomplete);
    assert_eq!(shop.written().await, (1, 1, 1));
}
