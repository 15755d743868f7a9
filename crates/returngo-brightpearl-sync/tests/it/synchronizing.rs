//! Synchronizing RMAs with a journal in memory: each write is made once, whatever happens to its answer.

use std::{sync::Arc, task::Poll, time::Duration};

use api_mock_core::{Fault, FaultKind};
use brightpearl::client::{Clock, SkippingClock};
use brightpearl_mock::{MockBrightpearl, Switches};
use returngo::RmaId;
use returngo_brightpearl_mapping::{ConnectionSettings, ReviewCode, keys};
use returngo_brightpearl_sync::{ApplyError, MemoryJournal, SyncError, Synced, Synchronizer, Withheld};
use returngo_mock::{MockReturngo, Refund};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::systems::{Systems, settings};

/// A write that Brightpearl takes twice.
const ADD_ROW: &str = "post-order-row";

/// An RMA whose refund is above its credit, so that it needs a row.
struct Shop {
    systems: Systems,
    synchronizer: Synchronizer,
    clock: SkippingClock,
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
        let clock = SkippingClock::at("2026-05-18T09:30:00Z".parse().unwrap());
        let journal = MemoryJournal::new(Arc::new(clock.clone()));
        let synchronizer = Synchronizer::new(brightpearl, returngo, settings.unwrap());
        let synchronizer = synchronizer.with_journal(Arc::new(journal)).with_clock(Arc::new(clock.clone()));
        let shop = Self { systems, synchronizer, clock, rma: "4410021".parse().unwrap() };
        shop.systems.returngo.approve(&shop.rma).unwrap();
        let _ = shop.sync().await.unwrap();
        shop.systems.returngo.refund(&shop.rma, Refund::of(dec!(100))).unwrap();
        shop
    }

    async fn sync(&self) -> Result<Synced, SyncError> {
        self.synchronizer.sync(&self.rma).await
    }

    /// The credits, their added rows and their payments.
    async fn written(&self) -> (usize, usize, usize) {
        let world = self.synchronizer.world(&self.rma).await.unwrap();
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
    assert!(!shop.sync().await.unwrap().applied.is_empty());
    assert!(shop.sync().await.unwrap().applied.is_empty());
    assert_eq!(shop.written().await, (1, 1, 1));
}

#[tokio::test]
async fn runs_at_the_same_time_write_once() {
    let shop = Shop::open().await;
    let runs = (0..4).map(|_| {
        let (synchronizer, rma) = (shop.synchronizer.clone(), shop.rma.clone());
        tokio::spawn(async move { synchronizer.sync(&rma).await.unwrap().applied.len() })
    });
    let mut applied = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        applied.push(run.await.unwrap());
    }
    assert_eq!(applied.iter().filter(|applied| **applied > 0).count(), 1, "{applied:?}");
    assert_eq!(shop.written().await, (1, 1, 1));
}

/// Searches of Brightpearl show a write late, so the second return knows of the first one's credit from the journal only.
#[tokio::test]
async fn two_returns_of_one_order_share_its_rows_at_the_same_time() {
    let lagging = Switches::with(|switches| switches.search_lag_ms = 60_000);
    let brightpearl = MockBrightpearl::builder().switches(lagging).start().await;
    let systems = Systems { brightpearl, returngo: MockReturngo::start().await };
    systems.brightpearl.set_throttle(None);
    let first: RmaId = "4410021".parse().unwrap();
    let mut second = systems.returngo.rma(&first).unwrap();
    second.rma_summary.rma_id = "4410055".parse().unwrap();
    for (unit, number) in second.items.iter_mut().zip(5_600_091..) {
        unit.returned_item_id = number.to_string().into();
    }
    let rmas = [first, second.id().clone()];
    systems.returngo.put_rma(second);
    rmas.iter().for_each(|rma| drop(systems.returngo.approve(rma).unwrap()));
    let synchronizer = Synchronizer::new(systems.to_brightpearl(), systems.to_returngo(), settings());
    let (one, two) = tokio::join!(synchronizer.sync(&rmas[0]), synchronizer.sync(&rmas[1]));
    let asked = [one.unwrap().reviews, two.unwrap().reviews].concat();
    assert_eq!(asked.iter().map(|review| review.code).collect::<Vec<_>>(), [ReviewCode::AlreadyCredited]);

    let orders = systems.brightpearl.orders();
    let credits = orders.iter().filter(|order| order.is_sales_credit());
    let shirts = credits.flat_map(|credit| credit.order_rows.values()).filter(|row| {
        row.external_ref
            .as_deref()
            .is_some_and(|key| key.starts_with("RGO-R") && row.product_sku.as_deref() == Some("LS-M"))
    });
    let shirts: Decimal = shirts.map(|row| row.quantity.magnitude).sum();
    assert_eq!(shirts, dec!(3), "three were sold, and two are returned twice");
}

#[tokio::test]
async fn a_run_that_is_dropped_anywhere_writes_once() {
    let shop = Shop::open().await;
    // Each poll ends at the latest when a request waits for its answer.
    for polls in 1..200 {
        let run = shop.sync();
        tokio::pin!(run);
        let mut polled = 0;
        let ended = std::future::poll_fn(|context| {
            polled += 1;
            match run.as_mut().poll(context) {
                Poll::Ready(_) => Poll::Ready(true),
                Poll::Pending if polled >= polls => Poll::Ready(false),
                Poll::Pending => Poll::Pending,
            }
        });
        ended.await;
        shop.clock.sleep(Duration::from_secs(360)).await;
    }
    let _ = shop.sync().await.unwrap();
    assert_eq!(shop.written().await, (1, 1, 1));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_looked_up_and_not_sent_again() {
    let shop = Shop::open().await;
    shop.systems.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::DropAfterCommit));
    let lost = shop.sync().await.unwrap_err();
    assert!(lost.is_retryable() && lost.may_have_been_applied(), "{lost:?}");
    assert!(matches!(lost.source, ApplyError::Failed { .. }), "{lost:?}");
    let _ = shop.sync().await.unwrap();
    assert_eq!(shop.written().await, (1, 1, 1));
}

#[tokio::test]
async fn a_write_that_may_still_appear_is_withheld_until_a_snapshot_would_show_it() {
    let shop = Shop::open().await;
    shop.systems.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::DropBefore));
    shop.sync().await.unwrap_err();
    let withheld = shop.sync().await.unwrap_err();
    assert!(withheld.is_retryable() && withheld.may_have_been_applied(), "{withheld:?}");
    let ApplyError::Withheld { reason, .. } = withheld.source else { panic!("{withheld:?}") };
    assert!(matches!(reason, Withheld::MayStillAppear(_)), "{reason:?}");
    assert_eq!(shop.written().await, (1, 0, 0));
    shop.clock.sleep(Duration::from_secs(360)).await;
    let _ = shop.sync().await.unwrap();
    assert_eq!(shop.written().await, (1, 1, 1));
}

#[tokio::test]
async fn effects_are_applied_one_by_one_while_they_are_planned() {
    let shop = Shop::open().await;
    let plan = shop.synchronizer.plan(&shop.rma).await.unwrap();
    assert!(plan.effects.len() > 1, "{plan:#?}");
    for effect in &plan.effects {
        let applied = shop.synchronizer.apply(&shop.rma, effect).await.unwrap();
        assert!(!applied.already_existed && applied.key() == effect.key(), "{applied:?}");
    }
    let again = shop.synchronizer.apply(&shop.rma, &plan.effects[0]).await.unwrap_err();
    assert!(matches!(again, ApplyError::NotPlanned { .. }), "{again:?}");
    assert!(!again.is_retryable() && !again.may_have_been_applied());
    assert_eq!(shop.written().await, (1, 1, 1));
}

#[tokio::test]
async fn a_system_that_cannot_be_read_is_asked_again_later() {
    let shop = Shop::open().await;
    shop.systems.returngo.faults().add(Fault::on("GET /rma/{id}", FaultKind::Status503).times(20));
    let unread = shop.sync().await.unwrap_err();
    assert!(unread.is_retryable() && !unread.may_have_been_applied(), "{unread:?}");
    assert!(unread.applied.is_empty());
}

#[tokio::test]
async fn worlds_carry_the_configuration_of_the_account() {
    let shop = Shop::open().await;
    let reader = shop.synchronizer.reader().await.unwrap();
    let worlds = reader.worlds(std::slice::from_ref(&shop.rma)).await;
    let world = worlds[&shop.rma].as_ref().unwrap();
    assert_eq!(world.account, reader.account);
    assert!(world.account.instance_id.is_some() && !world.account.payment_methods.is_empty());
}

#[tokio::test]
async fn the_rmas_of_a_webhook_of_brightpearl_are_found() {
    let shop = Shop::open().await;
    let credit = shop.synchronizer.world(&shop.rma).await.unwrap().credits[0].id;
    for (order, found) in [(credit.get(), 1), (300_871, 0)] {
        let body = format!(
            r#"{{"accountCode": "acmeoutdoors", "resourceType": "order", "id": "{order}", "lifecycleEvent": "modified",
                "fullEvent": "order.modified", "raisedOn": "2026-05-18T09:30:00.000Z", "brightpearlVersion": "1.0"}}"#
        );
        let notification = brightpearl::integration::Notification::parse(body.as_bytes()).unwrap();
        let rmas = shop.synchronizer.rmas_of(&notification).await.unwrap();
        assert_eq!(rmas.len(), found, "{rmas:?}");
    }
}
