//! A write of which nobody knows whether it was made may still appear: it is not made twice.

use std::time::Duration;

use api_client_core::client::{Clock, SystemClock};
use api_mock_core::{Fault, FaultKind};
use jiff::SignedDuration;
use returngo::RmaId;
use returngo_brightpearl_connector::{
    configuration::ConnectionConfiguration,
    engine::Policy,
    store::{EffectOutcome, JobState},
};
use returngo_brightpearl_mapping::{ConnectionSettings, Effect, keys, plan};
use returngo_brightpearl_sync::Write;
use returngo_mock::Refund;
use rust_decimal::Decimal;

use crate::support::Shop;

const ADD_ROW: &str = "post-order-row";

/// An RMA whose refund is above its credit, so that it needs a row: a write that Brightpearl takes twice without
/// asking.
struct Goodwill {
    shop: Shop,
    rma: RmaId,
}

impl Goodwill {
    async fn refunded() -> Self {
        let shop = Shop::open(1).await;
        let configuration =
            ConnectionConfiguration { settings: settings(), ..shop.scene.configuration().unwrap() };
        shop.service.registry.put(&shop.connection, &configuration).await.unwrap();
        let rma = shop.scene.rmas[0].clone();
        shop.scene.approve(&rma).unwrap();
        shop.work().await;
        shop.scene.returngo.refund(&rma, Refund::of(Decimal::from(100))).unwrap();
        Self { shop, rma }
    }

    /// The row that the refund asks for.
    async fn row(&self) -> Effect {
        let connection = self.shop.service.registry.get(&self.shop.connection).await.unwrap();
        let world = connection.reader().await.unwrap().world(&self.rma).await.unwrap();
        let mut effects = plan(&world, &connection.settings).effects.into_iter();
        effects.find(|effect| matches!(effect, Effect::AddOrderRow { .. })).unwrap()
    }

    /// Brightpearl gets to what it was sent.
    async fn commits(&self, effect: Effect) {
        let connection = self.shop.service.registry.get(&self.shop.connection).await.unwrap();
        let write = Write { rma: self.rma.clone(), effect };
        let written = connection.writer().apply(&[write]).await.remove(0);
        assert!(matches!(written.outcome, EffectOutcome::Applied { .. }), "{written:?}");
    }

    /// A webhook comes, and what is due is worked on.
    async fn hears_and_works(&self) {
        self.shop.hear_of(&self.rma).await;
        self.shop.work().await;
    }

    fn rows(&self) -> usize {
        let credit = self.shop.scene.credit(&self.rma).unwrap();
        let named = |row: &&brightpearl::order::OrderRow| keys::mentioned(&row.product_name).next().is_some();
        credit.order_rows.values().filter(named).count()
    }

    async fn assert_in_step(&self) {
        let item = self.shop.item(&self.rma).await;
        assert_eq!((item.state, &item.last_error), (JobState::InSync, &None));
        assert_eq!(self.rows(), 1);
        let credit = self.shop.scene.credit(&self.rma).unwrap();
        assert_eq!(self.shop.scene.brightpearl.payments_on(credit.id).len(), 1);
    }
}

fn settings() -> ConnectionSettings {
    let settings = r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210",
        "adjustments": {"nominal_code": "4905", "tax_code": "T20"}}"#;
    ConnectionSettings::from_json(settings).unwrap()
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_committed_late_is_not_written_again_whatever_is_heard_meanwhile() {
    let goodwill = Goodwill::refunded().await;
    let row = goodwill.row().await;
    goodwill.shop.scene.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::DropBefore));
    goodwill.hears_and_works().await;
    assert_eq!(goodwill.shop.item(&goodwill.rma).await.failures, 1);
    for _ in 0..4 {
        goodwill.hears_and_works().await;
        goodwill.shop.pass(minutes(1)).await;
    }
    goodwill.commits(row).await;
    assert_eq!(goodwill.rows(), 1, "another one would be money twice");
    let item = goodwill.shop.item(&goodwill.rma).await;
    assert_eq!((item.state, item.failures), (JobState::Pending, 1), "to wait is no failure");
    let why = item.last_error.unwrap();
    assert!(why.contains("may have been written at 2026-05-09 10:15"), "{why}");
    goodwill.shop.pass(minutes(2)).await;
    goodwill.shop.work().await;
    goodwill.assert_in_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_never_arrived_is_written_when_it_would_have_been_seen() {
    let goodwill = Goodwill::refunded().await;
    goodwill.shop.scene.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::DropBefore));
    goodwill.hears_and_works().await;
    goodwill.shop.pass(minutes(4)).await;
    goodwill.hears_and_works().await;
    assert_eq!(goodwill.rows(), 0);
    goodwill.shop.pass(minutes(2)).await;
    goodwill.shop.work().await;
    goodwill.assert_in_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_after_a_doubt_does_not_tell_that_it_is_not_there() {
    let goodwill = Goodwill::refunded().await;
    goodwill.shop.scene.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::DropBefore));
    goodwill.hears_and_works().await;
    goodwill.shop.scene.brightpearl.faults().add(Fault::on(ADD_ROW, FaultKind::TokenExpired).times(20));
    goodwill.shop.pass(minutes(6)).await;
    goodwill.shop.work().await;
    let effects =
        goodwill.shop.service.store.effects(&goodwill.shop.connection, &goodwill.rma).await.unwrap();
    let row = effects.iter().find(|effect| effect.key.ends_with("-row")).unwrap();
    assert!(matches!(row.outcome, Some(EffectOutcome::Unknown { .. })), "{row:?}");
    goodwill.shop.scene.brightpearl.faults().clear();
    goodwill.shop.pass(minutes(20)).await;
    goodwill.shop.work().await;
    goodwill.assert_in_step().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_writes_that_are_given_up_only_what_is_on_its_way_is_doubtful() {
    let shop = Shop::with(Policy { writes_within: Duration::from_secs(60), ..Policy::default() }, 3).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    shop.work().await;
    let [refunded, received, received_too] = &shop.scene.rmas[..] else { panic!("three RMAs") };
    shop.scene.refund(refunded).unwrap();
    shop.scene.receive(received).await.unwrap();
    shop.scene.receive(received_too).await.unwrap();
    let hangs = FaultKind::Delay(Duration::from_secs(2));
    shop.scene.returngo.faults().add(Fault::on("PUT /shipment/{id}", hangs));
    for rma in &shop.scene.rmas {
        shop.hear_of(rma).await;
    }
    let time_passes = async {
        while shop.scene.returngo.requests().of("PUT /shipment/{id}") == 0 {
            SystemClock.sleep(Duration::from_millis(5)).await;
        }
        shop.pass(minutes(1)).await;
    };
    tokio::join!(shop.work(), time_passes);
    let last_outcome = async |rma: &RmaId| {
        let effects = shop.service.store.effects(&shop.connection, rma).await.unwrap();
        effects.into_iter().max_by_key(|effect| effect.attempt).unwrap().outcome.unwrap()
    };
    assert!(matches!(last_outcome(refunded).await, EffectOutcome::Applied { .. }));
    assert!(matches!(last_outcome(received).await, EffectOutcome::Unknown { .. }));
    let EffectOutcome::Refused { error } = last_outcome(received_too).await else {
        panic!("it was not sent")
    };
    assert_eq!(error, "it was not sent: the writes took too long");

    shop.pass(minutes(5)).await;
    shop.work().await;
    for rma in &shop.scene.rmas {
        assert_eq!(shop.item(rma).await.state, JobState::InSync);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_could_stop_it_is_no_stop() {
    let shop = Shop::open(1).await;
    shop.work().await;
    let rma = &shop.scene.rmas[0];
    shop.scene.approve(rma).unwrap();
    let before = shop.time.now();
    shop.hear_of(rma).await;
    shop.work().await;
    assert!(shop.item(rma).await.credit.is_some());
    assert_eq!(shop.time.now(), before, "no time is waited for");
}
