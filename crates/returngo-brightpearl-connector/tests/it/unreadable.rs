//! One object that cannot be read, or a webhook that names too many, is trouble of its own: the rest of the connection
//! goes on.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use api_client_core::client::{Clock, SystemClock};
use brightpearl::{IdSet, OrderId, Patch, order::Order};
use jiff::SignedDuration;
use returngo::{RmaId, RmaStatus};
use returngo_brightpearl_connector::engine::Policy;
use returngo_brightpearl_connector::store::{Actor, Dismissal, JobState, Source, SweepName, UnreadableKind};
use returngo_brightpearl_sync::account_facts;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use crate::{
    store::{databases::Database, on_both},
    support::Shop,
};

on_both!(ids_that_are_too_long_to_be_any_stop_neither_webhooks_nor_sweeps,);

/// Within the time that sweeps of Brightpearl ask for twice.
const NEXT_SWEEP: SignedDuration = SignedDuration::from_secs(600);

fn webhook(resource: &str, ids: &str) -> String {
    json!({"accountCode": "acmeoutdoors", "resourceType": resource, "id": ids, "lifecycleEvent": "modified"})
        .to_string()
}

/// A shop whose RMAs have their credits, and its webhooks were handled.
async fn with_credits(rmas: u64) -> Shop {
    let shop = Shop::open(rmas).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    shop.work().await;
    shop.pass(SignedDuration::ZERO).await;
    shop
}

fn credit(shop: &Shop, rma: &RmaId) -> OrderId {
    shop.scene.credit(rma).unwrap().id
}

/// A person changes a credit.
async fn change(shop: &Shop, rma: &RmaId, reference: &str) {
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    let patch = Patch::new().replace("/reference", reference);
    connection.brightpearl.orders().patch(credit(shop, rma), &patch).await.unwrap();
}

async fn waiting_webhooks(shop: &Shop) -> u64 {
    shop.service.store.status().await.unwrap()[0].waiting_deliveries
}

async fn marked_because(shop: &Shop, rma: &RmaId, why: &str) -> usize {
    let audit = shop.service.store.audit(&shop.connection, rma).await.unwrap();
    audit.iter().filter(|entry| entry.detail.starts_with(why)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_names_billions_of_orders_is_left_to_the_sweep() {
    let shop = with_credits(1).await;
    let rma = &shop.scene.rmas[0];
    for (number, ids) in ["1-4000000000", "7,300000-300201"].into_iter().enumerate() {
        change(&shop, rma, &format!("changed {number}")).await;
        shop.hear(Source::Brightpearl, webhook("order", ids)).await;
        let before = shop.requests().0;
        assert!(shop.service.process_next_webhooks().await.unwrap());
        assert_eq!(waiting_webhooks(&shop).await, 0, "{ids} is handled");
        assert_eq!(shop.requests().0, before, "{ids} is not looked up");
        shop.pass(SignedDuration::from_secs(10)).await;
        shop.work().await;
        let swept = marked_because(&shop, rma, "Brightpearl was swept").await;
        assert_eq!(swept, number + 1, "the sweep finds what changed, long before its turn");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_of_as_many_orders_as_one_request_takes_is_looked_up() {
    let shop = with_credits(1).await;
    let rma = &shop.scene.rmas[0];
    let id = credit(&shop, rma).get();
    shop.hear(Source::Brightpearl, webhook("order", &format!("{}-{id}", id - 199))).await;
    let began = SystemClock.now();
    assert!(shop.service.process_next_webhooks().await.unwrap());
    assert!(SystemClock.now().duration_since(began) < SignedDuration::from_secs(30));
    assert_eq!(shop.item(rma).await.state, JobState::Pending);
}

/// From now on the rows of this order are not what they should be. Everything about the others is as it is now.
async fn break_order(shop: &Shop, broken: OrderId) {
    let orders: BTreeMap<OrderId, Order> =
        shop.scene.brightpearl.orders().into_iter().map(|order| (order.id, order)).collect();
    let ids = |request: &Request| {
        let (path, ids) = request.url.path().rsplit_once('/')?;
        (request.method.as_str() == "GET" && path.ends_with("/order-service/order"))
            .then(|| ids.parse::<IdSet<OrderId>>().ok())?
    };
    let show = move |order: &Order| {
        let mut shown = serde_json::to_value(order).unwrap();
        if order.id == broken {
            shown["orderRows"] = Value::from(7);
        }
        shown
    };
    Mock::given(move |request: &Request| ids(request).is_some_and(|ids| ids.contains(broken)))
        .respond_with(move |request: &Request| {
            let ids = ids(request).unwrap();
            let shown: Vec<Value> =
                orders.values().filter(|order| ids.contains(order.id)).map(show).collect();
            ResponseTemplate::new(200).set_body_json(json!({"response": shown}))
        })
        .with_priority(1)
        .mount(shop.scene.brightpearl.server())
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_cannot_be_read_does_not_keep_webhooks_waiting() {
    let shop = with_credits(3).await;
    let [first, broken, last] = &shop.scene.rmas[..] else { panic!("three RMAs") };
    break_order(&shop, credit(&shop, broken)).await;
    let ids = [first, broken, last].map(|rma| credit(&shop, rma).to_string()).join(",");
    shop.hear(Source::Brightpearl, webhook("order", &ids)).await;
    assert!(shop.service.process_next_webhooks().await.unwrap());
    assert_eq!(waiting_webhooks(&shop).await, 0, "the webhook is not handled again and again");
    for rma in [first, last, broken] {
        assert_eq!(shop.item(rma).await.state, JobState::Pending, "{rma}");
    }
    for _ in 0..20 {
        shop.work().await;
        shop.pass(SignedDuration::from_mins(80)).await;
    }
    for rma in [first, last] {
        assert_eq!(shop.item(rma).await.state, JobState::InSync, "{rma}");
    }
    let item = shop.item(broken).await;
    assert_eq!(item.state, JobState::NeedsReview, "its credit cannot be read: {:?}", item.last_error);
    assert!(item.last_error.unwrap().contains("orderRows"));
    let order = (UnreadableKind::Order, credit(&shop, broken).to_string());
    assert_eq!(named(&shop).await, [order], "it is put before a person");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_cannot_be_read_does_not_stop_the_sweep() {
    let shop = with_credits(2).await;
    let [broken, other] = &shop.scene.rmas[..] else { panic!("two RMAs") };
    for _ in 0..2 {
        shop.pass(NEXT_SWEEP).await;
        shop.work().await;
    }
    change(&shop, broken, "changed").await;
    change(&shop, other, "changed").await;
    break_order(&shop, credit(&shop, broken)).await;
    shop.pass(NEXT_SWEEP).await;
    while shop.service.take_next_sweep().await.unwrap() {}
    for rma in [other, broken] {
        assert_eq!(marked_because(&shop, rma, "Brightpearl was swept").await, 1, "{rma}");
    }
    let (now, later) = (shop.time.now(), shop.time.now() + SignedDuration::from_mins(30));
    shop.pass(SignedDuration::from_mins(6)).await;
    let again = shop.service.store.take_sweep(now + SignedDuration::from_mins(6), later).await.unwrap();
    assert!(again.is_none_or(|turn| turn.sweep.as_str() != "brightpearl"), "the sweep came to its end");
}

/// ReturnGO answers 403 at this path.
async fn forbid(server: &MockServer, at: &str) {
    let forbidden = ResponseTemplate::new(403)
        .insert_header("x-amzn-requestid", "5f1c-0403")
        .set_body_json(json!({"message": "Forbidden"}));
    Mock::given(path(at)).respond_with(forbidden).with_priority(1).mount(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_rma_that_returngo_refuses_access_to_needs_review_while_others_can_be_read() {
    for rmas in [1, 2] {
        let shop = Shop::open(rmas).await;
        let rma = &shop.scene.rmas[0];
        forbid(shop.scene.returngo.server(), &format!("/rma/{rma}")).await;
        shop.hear_of(rma).await;
        for _ in 0..4 {
            shop.work().await;
            shop.pass(SignedDuration::from_mins(5)).await;
        }
        let item = shop.item(rma).await;
        assert_eq!((item.state, item.failures), (JobState::NeedsReview, 3), "{rmas} RMAs: {item:?}");
        let error = item.last_error.unwrap();
        for said in ["403", "ask ReturnGO's support", "5f1c-0403", "reviews retry"] {
            assert!(error.contains(said), "{error}");
        }
        for other in &shop.scene.rmas[1..] {
            assert_eq!(shop.item(other).await.state, JobState::InSync);
        }
        let requested = async || shop.scene.returngo.server().received_requests().await.unwrap();
        let of_rma = format!("/rma/{rma}");
        let before = requested().await.iter().filter(|request| request.url.path() == of_rma).count();
        for _ in 0..48 {
            shop.pass(SignedDuration::from_mins(30)).await;
            shop.work().await;
        }
        let after = requested().await.iter().filter(|request| request.url.path() == of_rma).count();
        assert_eq!(after, before, "a day costs no further call");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_may_read_nothing_is_trouble_of_the_connection() {
    let shop = Shop::open(2).await;
    shop.hear_of(&shop.scene.rmas[0]).await;
    while shop.service.process_next_webhooks().await.unwrap() {}
    let forbidden = ResponseTemplate::new(403).set_body_json(json!({"message": "Forbidden"}));
    Mock::given(|_: &Request| true)
        .respond_with(forbidden)
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    for _ in 0..10 {
        shop.work().await;
        shop.pass(SignedDuration::from_mins(10)).await;
    }
    let item = shop.item(&shop.scene.rmas[0]).await;
    assert_eq!((item.state, item.failures), (JobState::Pending, 0), "{item:?}");
}

/// From now on ReturnGO's list of RMAs shows the status of one of them as a number, and has a row without a number.
async fn break_list(shop: &Shop, broken: &RmaId) -> Arc<AtomicBool> {
    let rows: Vec<Value> = shop
        .scene
        .returngo
        .rmas()
        .into_iter()
        .map(|rma| {
            let mut row = serde_json::to_value(&rma.rma_summary).unwrap();
            if rma.id() == broken {
                row["status"] = json!(7);
            }
            row
        })
        .chain([json!({"rmaId": {}, "status": "Approved"})])
        .collect();
    let is_broken = Arc::new(AtomicBool::new(true));
    let broken = Arc::clone(&is_broken);
    Mock::given(move |request: &Request| request.url.path() == "/rmas" && broken.load(Ordering::Relaxed))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"rmas": rows})))
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    is_broken
}

async fn named(shop: &Shop) -> Vec<(UnreadableKind, String)> {
    let open = shop.service.store.unreadable(Some(&shop.connection)).await.unwrap();
    open.into_iter().map(|stored| (stored.unreadable.kind, stored.unreadable.object)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_the_list_that_cannot_be_read_are_named_and_the_others_are_swept() {
    let shop = Shop::open(3).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
    }
    let broken = shop.scene.rmas[1].clone();
    let list = break_list(&shop, &broken).await;
    shop.pass(SignedDuration::from_mins(10)).await;
    shop.work().await;
    for rma in &shop.scene.rmas {
        assert_eq!(shop.item(rma).await.state, JobState::InSync, "{rma}: read itself, it can be read");
        assert!(shop.scene.credit(rma).is_ok());
    }
    let rows = |objects: &[&str]| -> Vec<_> {
        objects.iter().map(|object| (UnreadableKind::RmaRow, (*object).to_owned())).collect()
    };
    assert_eq!(named(&shop).await, rows(&[&broken.to_string(), "row 4"]));

    // What was dismissed is not listed again for the same reason.
    let dismissal = Dismissal {
        connection: shop.connection.clone(),
        objects: vec!["row 4".to_owned()],
        by: Actor::command_line("ada"),
        note: None,
    };
    let dismissed = shop.service.store.dismiss_unreadable(&dismissal, shop.time.now()).await.unwrap();
    assert_eq!(dismissed, 1);
    shop.pass(SignedDuration::from_mins(10)).await;
    shop.work().await;
    assert_eq!(named(&shop).await, rows(&[&broken.to_string()]));

    list.store(false, Ordering::Relaxed);
    shop.pass(SignedDuration::from_mins(30)).await;
    shop.work().await;
    assert_eq!(named(&shop).await, [], "its row reads again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_rma_whose_row_cannot_be_read_is_looked_at_from_time_to_time() {
    let shop = Shop::open(3).await;
    let [open, finished, _] = &shop.scene.rmas[..] else { panic!("three RMAs") };
    let status = |rma: &RmaId, status: RmaStatus| {
        let mut shown = shop.scene.returngo.rma(rma).unwrap();
        shown.rma_summary.status = status;
        shop.scene.returngo.put_rma(shown);
    };
    status(finished, RmaStatus::Rejected);
    let rows = [open, finished].map(|rma| json!({"rmaId": rma, "status": 7}));
    // No list shows it for ever.
    let shows_finished = Arc::new(AtomicBool::new(true));
    let shown = Arc::clone(&shows_finished);
    Mock::given(path("/rmas"))
        .respond_with(move |_: &Request| {
            let rows = &rows[..1 + usize::from(shown.load(Ordering::Relaxed))];
            ResponseTemplate::new(200).set_body_json(json!({"rmas": rows}))
        })
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    for _ in 0..2 {
        shop.pass(SignedDuration::from_mins(20)).await;
        shop.work().await;
    }
    shows_finished.store(false, Ordering::Relaxed);
    for rma in [open, finished] {
        assert!(shop.scene.credit(rma).is_err());
        status(rma, RmaStatus::Pending);
        shop.scene.approve(rma).unwrap();
    }
    for _ in 0..6 {
        shop.pass(SignedDuration::from_mins(20)).await;
        shop.work().await;
    }
    for rma in [open, finished] {
        assert!(shop.scene.credit(rma).is_ok(), "{rma} was approved, and no list shows it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_skipped_is_kept_also_when_the_sweep_fails_later() {
    let shop = Shop::open(2).await;
    let broken = shop.scene.rmas[0].clone();
    break_list(&shop, &broken).await;
    Mock::given(path("/transactions"))
        .respond_with(ResponseTemplate::new(500))
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    let began = shop.time.now();
    shop.pass(SignedDuration::from_mins(20)).await;
    while shop.service.take_next_sweep().await.unwrap() {}
    assert_eq!(named(&shop).await.len(), 2);
    let sweeps = shop.service.store.sweeps().await.unwrap();
    let of = |sweep| sweeps.iter().find(|status| status.sweep == sweep).unwrap();
    let returngo = of(SweepName::Returngo);
    assert!(returngo.failing_since.is_some_and(|since| since > began), "{returngo:?}");
    assert!(returngo.error.as_ref().unwrap().contains("500"), "{returngo:?}");
    assert!(of(SweepName::Brightpearl).succeeded_at.is_some_and(|at| at > began));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_cannot_be_read_are_counted_by_system_and_have_it_swept() {
    let shop = with_credits(1).await;
    for body in ["{", "<html>", "{"] {
        shop.hear(Source::Brightpearl, body.to_owned()).await;
        while shop.service.process_next_webhooks().await.unwrap() {}
    }
    let open = shop.service.store.unreadable(None).await.unwrap();
    assert!(open.iter().all(|stored| stored.unreadable.object == "from Brightpearl"), "{open:?}");
    let times: Vec<u64> = open.iter().map(|stored| stored.times).collect();
    assert_eq!(times.iter().sum::<u64>(), 3, "{open:?}");
}

/// From now on these lists of the account have one more entry each, which is not what it should be.
async fn break_account(shop: &Shop) -> Arc<AtomicBool> {
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    let account = account_facts(&connection.brightpearl).await.unwrap();
    let facts = serde_json::to_value(&account).unwrap();
    let is_broken = Arc::new(AtomicBool::new(true));
    for (list, at) in [
        ("taxCodes", "accounting-service/tax-code/"),
        ("nominalCodes", "accounting-service/nominal-code/"),
        ("channels", "product-service/channel/"),
        ("orderStatuses", "order-service/order-status/"),
        ("warehouses", "warehouse-service/warehouse/"),
    ] {
        let mut entries = facts[list].as_array().unwrap().clone();
        entries.push(json!({"name": "of no form"}));
        let broken = Arc::clone(&is_broken);
        Mock::given(move |request: &Request| {
            broken.load(Ordering::Relaxed) && request.url.path().ends_with(at)
        })
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"response": entries})))
        .with_priority(1)
        .mount(shop.scene.brightpearl.server())
        .await;
    }
    is_broken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_the_accounts_lists_that_cannot_be_read_is_named_and_returns_go_on() {
    let shop = Shop::open(2).await;
    let account = break_account(&shop).await;
    for rma in &shop.scene.rmas {
        shop.scene.approve(rma).unwrap();
        shop.hear_of(rma).await;
    }
    shop.work().await;
    for rma in &shop.scene.rmas {
        assert_eq!(shop.item(rma).await.state, JobState::InSync, "{rma}");
        assert!(shop.scene.credit(rma).is_ok());
    }
    shop.pass(NEXT_SWEEP).await;
    shop.work().await;
    let entries: Vec<String> = named(&shop).await.into_iter().map(|(_, object)| object).collect();
    let lists = ["channels", "nominal codes", "order statuses", "tax codes", "warehouses"];
    assert_eq!(entries.len(), lists.len(), "{entries:?}");
    for (entry, list) in entries.iter().zip(lists) {
        assert!(entry.starts_with(&format!("{list}: row ")), "{entry}");
    }
    account.store(false, Ordering::Relaxed);
    shop.hear_of(&shop.scene.rmas[0]).await;
    shop.pass(SignedDuration::from_mins(6)).await;
    shop.work().await;
    shop.pass(NEXT_SWEEP).await;
    shop.work().await;
    assert_eq!(named(&shop).await, [], "they read again");
}

/// So many digits that tell nothing of each other, so that no database makes them shorter.
fn digits(count: usize) -> String {
    let mut random = fastrand::Rng::with_seed(7);
    (0..count).map(|_| random.digit(10)).collect()
}

async fn ids_that_are_too_long_to_be_any_stop_neither_webhooks_nor_sweeps(database: Database) {
    let shop = Shop::on(database, Policy::default(), 2).await;
    let [heard, listed] = &shop.scene.rmas[..] else { panic!("two RMAs") };
    let long = digits(9000);
    shop.hear(Source::Returngo, json!({"eventName": "RMA_CREATED", "rmaId": long}).to_string()).await;
    shop.hear_of(heard).await;
    assert!(shop.service.process_next_webhooks().await.unwrap());
    assert_eq!(waiting_webhooks(&shop).await, 0, "they are handled");
    assert_eq!(shop.item(heard).await.state, JobState::Pending);

    let mut row = serde_json::to_value(shop.scene.returngo.rma(listed).unwrap().rma_summary).unwrap();
    let good = row.clone();
    row["rmaId"] = json!(long);
    let rows = json!({"rmas": [row, good]});
    Mock::given(path("/rmas"))
        .respond_with(ResponseTemplate::new(200).set_body_json(rows))
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    let refund = |id: &str, item: &str| {
        json!({"id": id, "type": "RefundToPaymentMethod", "status": "Success", "amount": {"amount": 1, "currency": "GBP"},
            "returnItemIds": [item], "createdAt": "2026-05-09T10:15:20Z"})
    };
    let transactions =
        json!({"transactions": [refund(&long, "1"), refund("7001", &long), refund("7002", "2")]});
    Mock::given(path("/transactions"))
        .respond_with(ResponseTemplate::new(200).set_body_json(transactions))
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    shop.pass(SignedDuration::from_mins(20)).await;
    while shop.service.take_next_sweep().await.unwrap() {}
    let sweeps = shop.service.store.sweeps().await.unwrap();
    let returngo = sweeps.iter().find(|status| status.sweep == SweepName::Returngo).unwrap();
    assert_eq!(returngo.error, None);
    assert_eq!(marked_because(&shop, listed, "ReturnGO was swept").await, 1);
    let skipped: Vec<UnreadableKind> = named(&shop).await.into_iter().map(|(kind, _)| kind).collect();
    let expected = [UnreadableKind::RmaRow, UnreadableKind::TransactionRow, UnreadableKind::TransactionRow];
    assert_eq!(skipped, expected);
}
