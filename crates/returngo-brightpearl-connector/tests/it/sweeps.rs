//! Sweeps find what webhooks did not tell, and leave alone what was looked at.

use api_mock_core::{Fault, FaultKind};
use brightpearl::Patch;
use jiff::SignedDuration;
use returngo::{RmaId, RmaStatus};
use returngo_brightpearl_connector::store::{
    Actor, ConnectionId, Encrypted, JobState, RmaAction, Source, StoredConnection, SweepLease, SweepName,
    SweepPart, SweepRowChanges, SweepRowKey, SweepRows,
};

use crate::support::Shop;

/// Within the time that sweeps of Brightpearl ask for twice.
const NEXT_SWEEP: SignedDuration = SignedDuration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_looked_at_is_not_marked_again() {
    let shop = Shop::open(6).await;
    shop.work().await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
        shop.hear_of(rma).await;
    }
    shop.work().await;
    assert_eq!(shop.scene.brightpearl.credits_by_external_ref().len(), 6);
    shop.pass(NEXT_SWEEP).await;
    shop.work().await;
    for rma in &shop.scene.rmas {
        shop.scene.receive(rma).await.unwrap();
    }
    shop.pass(NEXT_SWEEP).await;
    let before = shop.enqueued().await;
    shop.work().await;
    assert_eq!(shop.enqueued().await, before + 6, "no webhook told of the goods, a sweep finds them");

    let (enqueued, (requests, read)) = (shop.enqueued().await, shop.requests());
    // In the next hour, RMAs whose inspection is awaited are looked at: no list shows it.
    for sweep in 1..=2 {
        shop.pass(NEXT_SWEEP).await;
        shop.work().await;
        assert_eq!(shop.enqueued().await, enqueued, "sweep {sweep} found nothing new");
    }
    let (more_requests, read_more) = shop.requests();
    assert_eq!(read_more, read, "no RMA was read again");
    println!("{} requests to Brightpearl for two sweeps that find nothing", more_requests - requests);
    assert!(more_requests - requests <= 2 * 6, "{} requests", more_requests - requests);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sweep_of_returngo_finds_is_read_once() {
    let shop = Shop::open(5).await;
    shop.work().await;
    assert_eq!(shop.requests().1, 5, "each RMA is read by the worker alone");
    shop.scene.approve(&shop.scene.rmas[2]).unwrap();
    shop.pass(SignedDuration::from_mins(11)).await;
    shop.work().await;
    assert_eq!(shop.requests().1, 6);
    assert!(shop.item(&shop.scene.rmas[2]).await.credit.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_under_way_is_not_lost_on_the_sweeps() {
    let shop = Shop::open(2).await;
    shop.work().await;
    let rma = &shop.scene.rmas[0];
    shop.scene.approve(rma).unwrap();
    shop.hear_of(rma).await;
    shop.work().await;
    shop.scene.refund(rma).unwrap();
    shop.pass(SignedDuration::from_mins(16)).await;
    shop.work().await;
    let credit = shop.scene.credit(rma).unwrap();
    assert_eq!(shop.scene.brightpearl.payments_on(credit.id).len(), 1);
    assert_eq!(shop.scene.lost(), 1, "the other one was never approved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_leaves_what_fails_to_its_waits_and_to_people() {
    let shop = Shop::open(1).await;
    let rma = &shop.scene.rmas[0];
    shop.scene.returngo.faults().add(Fault::on("GET /rma/{id}", FaultKind::Status500).by_chance(1.0, 1));
    shop.work().await;
    assert_eq!((shop.item(rma).await.state, shop.item(rma).await.failures), (JobState::Pending, 1));
    for _ in 0..100 {
        shop.pass(SignedDuration::from_mins(80)).await;
        shop.work().await;
    }
    let item = shop.item(rma).await;
    assert_eq!((item.state, item.failures), (JobState::NeedsReview, 20), "a person is asked once");
    assert_eq!(shop.enqueued().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_rma_that_cannot_be_read_and_may_be_so_is_not_tried_at_every_sweep() {
    let shop = Shop::open(1).await;
    let rma = &shop.scene.rmas[0];
    shop.scene.returngo.faults().add(Fault::on("GET /rma/{id}", FaultKind::Status500).by_chance(1.0, 1));
    let fails_until = async |state: JobState| {
        for _ in 0..24 {
            shop.pass(SignedDuration::from_hours(3)).await;
            shop.work().await;
            if shop.item(rma).await.state == state {
                return;
            }
        }
        panic!("{:?}", shop.item(rma).await);
    };
    fails_until(JobState::NeedsReview).await;
    let by = Actor::command_line("dana");
    let decision = RmaAction { connection: shop.connection.clone(), rma: rma.clone(), by, note: None };
    assert!(shop.service.store.resolve_reviews(&decision, shop.time.now()).await.unwrap());
    shop.work().await;
    if shop.item(rma).await.state == JobState::Pending {
        fails_until(JobState::InSync).await;
    }
    let enqueued = shop.enqueued().await;
    for _ in 0..8 {
        shop.pass(SignedDuration::from_mins(15)).await;
        shop.work().await;
    }
    assert_eq!(shop.enqueued().await, enqueued, "it is left alone, unless something happens to it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_does_not_say_what_it_is_about_hastens_a_sweep() {
    let shop = Shop::open(1).await;
    shop.work().await;
    let rma = &shop.scene.rmas[0];
    shop.scene.approve(rma).unwrap();
    shop.pass(SignedDuration::from_mins(3)).await;
    shop.work().await;
    assert_eq!(shop.item(rma).await.credit, None, "no sweep is due");
    shop.hear(Source::Returngo, r#"{"eventName":"RMA_STATUS_UPDATED"}"#.to_owned()).await;
    shop.work().await;
    shop.pass(SignedDuration::from_secs(10)).await;
    shop.work().await;
    assert!(shop.item(rma).await.credit.is_some());

    shop.scene.receive(rma).await.unwrap();
    let unnamed =
        r#"{"accountCode":"acmeoutdoors","resourceType":"goods-in-note","id":"","lifecycleEvent":"created"}"#;
    shop.hear(Source::Brightpearl, unnamed.to_owned()).await;
    shop.work().await;
    shop.pass(SignedDuration::from_secs(10)).await;
    let before = shop.enqueued().await;
    shop.work().await;
    assert_eq!(shop.enqueued().await, before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refund_is_on_the_credit_at_once_and_without_its_webhook_within_a_sweep() {
    let shop = Shop::open(40).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    shop.work().await;
    shop.pass(NEXT_SWEEP).await;
    shop.work().await;
    let payments = |place: usize| {
        let credit = shop.scene.credit(&shop.scene.rmas[place]).unwrap();
        shop.scene.brightpearl.payments_on(credit.id).len()
    };

    shop.scene.refund(&shop.scene.rmas[7]).unwrap();
    shop.hear_of(&shop.scene.rmas[7]).await;
    let (requests, read) = shop.requests();
    let heard_at = shop.time.now();
    shop.work().await;
    let (requests_then, read_then) = shop.requests();
    assert_eq!(payments(7), 1);
    let waited = shop.time.now().duration_since(heard_at);
    assert!(waited <= SignedDuration::from_mins(1), "{waited}: no more than Brightpearl's limit asks for");
    println!(
        "a refund by webhook: {} requests to Brightpearl, {} RMAs read",
        requests_then - requests,
        read_then - read
    );
    assert_eq!(read_then - read, 1);
    assert!(requests_then - requests <= 16, "{} requests", requests_then - requests);

    shop.scene.refund(&shop.scene.rmas[8]).unwrap();
    // How often transactions are listed.
    shop.pass(SignedDuration::from_mins(15)).await;
    shop.work().await;
    assert_eq!(payments(8), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rmas_of_one_credit_have_both_to_have_looked_at_it() {
    let shop = Shop::open(2).await;
    shop.work().await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
        shop.hear_of(rma).await;
    }
    shop.work().await;
    let (store, credit) = (&shop.service.store, shop.item(&shop.scene.rmas[0]).await.credit.unwrap());
    let mut earlier = store.observations_of_credits(&shop.connection, &[credit]).await.unwrap().remove(0);
    let rma = &shop.scene.rmas[0];
    sweep_brightpearl_soon(&shop).await;
    assert_eq!(marked_by_brightpearl(&shop, rma).await, 0, "it was looked at");

    earlier.credit.as_mut().unwrap().digest = Some("another".to_owned());
    let other = shop.scene.rmas[1].clone();
    store.record_observations(&shop.connection, &[(other, earlier)], shop.time.now()).await.unwrap();
    sweep_brightpearl_soon(&shop).await;
    assert_eq!(marked_by_brightpearl(&shop, rma).await, 1, "the other RMA has not seen what became of it");
}

/// Long before what is in Brightpearl now is older than what a sweep asks for twice.
async fn sweep_brightpearl_soon(shop: &Shop) {
    let unnamed =
        r#"{"accountCode":"acmeoutdoors","resourceType":"order","id":"","lifecycleEvent":"modified"}"#;
    shop.hear(Source::Brightpearl, unnamed.to_owned()).await;
    shop.work().await;
    shop.pass(SignedDuration::from_secs(10)).await;
    shop.work().await;
}

/// How often a sweep of Brightpearl found something of an RMA.
async fn marked_by_brightpearl(shop: &Shop, rma: &RmaId) -> usize {
    let audit = shop.service.store.audit(&shop.connection, rma).await.unwrap();
    audit.iter().filter(|entry| entry.detail == "Brightpearl was swept").count()
}

#[tokio::test]
async fn a_sweep_whose_connection_cannot_be_opened_is_counted_and_tried_again_soon() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let figures = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let shop = Shop::open(0).await;
    shop.work().await;
    let store = &shop.service.store;
    let broken: ConnectionId = "aaa-broken".parse().unwrap();
    let stored = StoredConnection { id: broken.clone(), configuration: Encrypted(vec![1, 2, 3]) };
    store.put_connection(&stored, shop.time.now()).await.unwrap();
    for _ in SweepName::ALL {
        assert!(shop.service.take_next_sweep().await.unwrap());
    }
    for sweep in SweepName::ALL {
        let failed =
            format!(r#"returngo_brightpearl_sweeps_total{{sweep="{}",outcome="failed"}} 1"#, sweep.as_str());
        assert!(figures.render().contains(&failed), "{}", figures.render());
    }
    shop.pass(SignedDuration::from_mins(5)).await;
    let (now, until) = (shop.time.now(), shop.time.now() + SignedDuration::from_mins(30));
    let mut again = 0;
    while let Some(turn) = store.take_sweep(now, until).await.unwrap() {
        again += usize::from(turn.connection == broken);
    }
    assert_eq!(again, SweepName::ALL.len(), "after a failure's wait");
}

/// A turn of the sweep of ReturnGO, whenever it is due.
async fn turn_of_returngo(shop: &Shop) -> SweepLease {
    let store = &shop.service.store;
    let tomorrow = shop.time.now() + SignedDuration::from_hours(24);
    let mut turns = Vec::new();
    while let Some(turn) = store.take_sweep(tomorrow, tomorrow + SignedDuration::from_hours(1)).await.unwrap()
    {
        turns.push(turn);
    }
    let (mut of_returngo, others): (Vec<_>, Vec<_>) =
        turns.into_iter().partition(|turn| turn.sweep == SweepName::Returngo);
    for turn in others {
        store.release_sweep(&turn, turn.run_at).await.unwrap();
    }
    of_returngo.remove(0)
}

/// The position of the sweep of ReturnGO.
async fn position(shop: &Shop) -> serde_json::Value {
    let turn = turn_of_returngo(shop).await;
    shop.service.store.release_sweep(&turn, turn.run_at).await.unwrap();
    serde_json::from_str(&turn.cursor.unwrap()).unwrap()
}

/// Has the next sweep of ReturnGO go on from here.
async fn put_position(shop: &Shop, position: &str) {
    let turn = turn_of_returngo(shop).await;
    shop.service.store.finish_sweep(&turn, position, turn.run_at).await.unwrap();
}

/// What the sweep of ReturnGO is not done with.
async fn rows(shop: &Shop) -> SweepRows {
    shop.service.store.sweep_rows(&shop.connection, SweepName::Returngo).await.unwrap()
}

/// A shop with an RMA that is done, and one that is open, which was swept since.
async fn with_a_finished_rma() -> Shop {
    let shop = Shop::open(2).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    shop.work().await;
    let rma = &shop.scene.rmas[0];
    shop.scene.receive(rma).await.unwrap();
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    connection.returngo.rmas().set_status(rma, &RmaStatus::Done).await.unwrap();
    for _ in 0..3 {
        shop.pass(SignedDuration::from_mins(30)).await;
        shop.work().await;
    }
    shop
}

fn payments(shop: &Shop, rma: &RmaId) -> usize {
    shop.scene.brightpearl.payments_on(shop.scene.credit(rma).unwrap().id).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_refund_of_a_finished_return_is_found_and_costs_one_read() {
    let shop = with_a_finished_rma().await;
    shop.pass(SignedDuration::from_hours(61 * 24)).await;
    for _ in 0..2 {
        shop.work().await;
        shop.pass(SignedDuration::from_mins(30)).await;
    }
    shop.work().await;
    let rma = &shop.scene.rmas[0];
    let known = position(&shop).await;
    assert!(!known.to_string().contains(rma.as_str()), "a position holds no RMAs: {known}");
    let (enqueued, (_, read)) = (shop.enqueued().await, shop.requests());
    for _ in 0..3 {
        shop.pass(SignedDuration::from_hours(25)).await;
        shop.work().await;
    }
    assert_eq!(
        (shop.enqueued().await, shop.requests().1),
        (enqueued, read),
        "lists that show both RMAs find nothing"
    );

    shop.scene.refund(rma).unwrap();
    shop.pass(SignedDuration::from_mins(30)).await;
    shop.work().await;
    assert_eq!((payments(&shop, rma), shop.requests().1), (1, read + 1));
    shop.pass(SignedDuration::from_mins(16)).await;
    shop.work().await;
    assert_eq!(shop.requests().1, read + 1, "a transaction that a list shows once more is known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_position_of_an_earlier_version_is_gone_on_from() {
    let shop = with_a_finished_rma().await;
    let rma = &shop.scene.rmas[0];
    let mut known = position(&shop).await;
    let seen = shop.service.store.observed_rmas(&shop.connection, &shop.scene.rmas).await.unwrap();
    let seen: std::collections::BTreeMap<_, _> = seen.into_iter().collect();
    known["state"]["rmas"] = serde_json::to_value(&seen).unwrap();
    let at = shop.time.now();
    known["state"]["due"] = serde_json::json!({ "777": { "reason": "new", "since": at, "last": at } });
    known["state"]["unmatched"] = serde_json::json!({ "888": ["999"] });
    put_position(&shop, &known.to_string()).await;
    let (enqueued, (_, read)) = (shop.enqueued().await, shop.requests());
    shop.scene.refund(rma).unwrap();
    shop.pass(SignedDuration::from_mins(30)).await;
    shop.work().await;
    assert_eq!(
        (payments(&shop, rma), shop.requests().1 - read),
        (1, 2),
        "the refund, and the RMA that was due"
    );
    assert!(shop.enqueued().await > enqueued);
    let rows = rows(&shop).await;
    for (part, key) in [(SweepPart::Pending, "777"), (SweepPart::Unmatched, "888")] {
        assert!(rows.contains_key(&SweepRowKey { part, key: key.to_owned() }), "it is a row now: {rows:?}");
    }
    let known = position(&shop).await;
    assert_eq!((known["state"].get("rmas"), known["state"].get("due")), (None, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_position_loses_nothing_of_two_days() {
    for (position_is_damaged, what) in [(true, "the position"), (false, "a row")] {
        let shop = with_a_finished_rma().await;
        let rma = &shop.scene.rmas[0];
        shop.scene.refund(rma).unwrap();
        shop.pass(SignedDuration::from_hours(40)).await;
        if position_is_damaged {
            put_position(&shop, "{ torn").await;
        } else {
            let turn = turn_of_returngo(&shop).await;
            let row = SweepRowKey { part: SweepPart::Pending, key: "777".to_owned() };
            let changes = SweepRowChanges([(row, Some("{ torn".to_owned()))].into());
            let cursor = turn.cursor.clone().unwrap();
            let store = &shop.service.store;
            store.finish_sweep_with(&turn, &cursor, &changes, turn.run_at).await.unwrap();
        }
        shop.work().await;
        assert_eq!(payments(&shop, rma), 1, "{what} is damaged");
        let rows = rows(&shop).await;
        assert!(!rows.values().any(|row| row == "{ torn"), "{what} is damaged");
        let row = SweepRowKey { part: SweepPart::Pending, key: "777".to_owned() };
        assert_eq!(rows.contains_key(&row), !position_is_damaged, "what was due stays so");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_within_the_second_of_one_that_was_seen_is_found() {
    let shop = Shop::open(1).await;
    let rma = &shop.scene.rmas[0];
    shop.scene.approve(rma).unwrap();
    shop.work().await;
    shop.pass(SignedDuration::ZERO).await;
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    let credit = shop.scene.credit(rma).unwrap().id;
    let patch = async |reference: &str| {
        let patch = Patch::new().replace("/reference", reference);
        connection.brightpearl.orders().patch(credit, &patch).await.unwrap();
        shop.scene.credit(rma).unwrap().updated_on
    };
    let observed_at = patch("#AC0 by hand").await;
    shop.hear_of(rma).await;
    shop.work().await;
    let changed_at = patch("#AC0 by hand, once more").await;
    assert_eq!(changed_at, observed_at, "the time of change does not tell");
    for _ in 0..2 {
        shop.pass(NEXT_SWEEP).await;
        shop.work().await;
        assert_eq!(marked_by_brightpearl(&shop, rma).await, 1);
    }
}

/// A refund that ReturnGO shows without the units it is for.
fn refund_without_units(shop: &Shop, rma: &RmaId) {
    shop.scene.refund(rma).unwrap();
    let mut shown = shop.scene.returngo.rma(rma).unwrap();
    for transaction in &mut shown.transactions {
        transaction.return_item_ids.clear();
    }
    shop.scene.returngo.put_rma(shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_names_no_units_and_whose_webhook_is_lost_is_found_by_a_sweep() {
    let shop = Shop::open(9).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    shop.work().await;
    let [refunded, finished] = [&shop.scene.rmas[4], &shop.scene.rmas[7]];
    refund_without_units(&shop, refunded);
    shop.pass(SignedDuration::from_mins(30)).await;
    shop.work().await;
    assert_eq!(payments(&shop, refunded), 1);
    let requested = shop.scene.returngo.requests().of("GET /transactions");
    shop.pass(SignedDuration::from_mins(30)).await;
    shop.work().await;
    let again = shop.scene.returngo.requests().of("GET /transactions") - requested;
    assert!(again <= 3, "it is not looked for once more: {again} calls");
    assert!(shop.service.store.unreadable(None).await.unwrap().is_empty());

    // One of an RMA that was read long ago is put before a person.
    let mut gone = shop.scene.returngo.rma(finished).unwrap();
    gone.rma_summary.status = RmaStatus::Done;
    shop.scene.returngo.put_rma(gone);
    shop.hear_of(finished).await;
    shop.work().await;
    shop.pass(SignedDuration::from_hours(9 * 24)).await;
    refund_without_units(&shop, finished);
    shop.pass(SignedDuration::from_mins(30)).await;
    shop.work().await;
    let named = shop.service.store.unreadable(None).await.unwrap();
    assert!(
        named.len() == 1 && named[0].unreadable.reason.message.contains("names no units"),
        "{named:?}: {} payments",
        payments(&shop, finished)
    );

    // The person has it looked at.
    shop.hear_of(finished).await;
    shop.work().await;
    assert_eq!(payments(&shop, finished), 1);
    shop.pass(SignedDuration::from_mins(30)).await;
    shop.work().await;
    assert_eq!(shop.service.store.unreadable(None).await.unwrap(), []);
}
