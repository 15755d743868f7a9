//! What was skipped stays visible for as long as it is skipped, whatever it says and whatever a person said of another.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jiff::SignedDuration;
use returngo_brightpearl_connector::store::{Actor, Dismissal, Source, StoredUnreadable, UnreadableKind};
use serde_json::{Value, json};
use wiremock::{Mock, Request, ResponseTemplate, matchers::path};

use crate::support::Shop;

/// What ReturnGO's list of RMAs shows first, as numbered here: the RMAs of the scene follow.
async fn show_rows(shop: &Shop, rows: impl Fn(u64) -> Vec<Value> + Send + Sync + 'static) -> Arc<AtomicU64> {
    let others: Vec<Value> = shop
        .scene
        .returngo
        .rmas()
        .into_iter()
        .map(|rma| serde_json::to_value(&rma.rma_summary).unwrap())
        .collect();
    let shown = Arc::new(AtomicU64::new(0));
    let which = Arc::clone(&shown);
    Mock::given(path("/rmas"))
        .respond_with(move |_: &Request| {
            let mut all = rows(which.load(Ordering::Relaxed));
            let is_shown = |row: &&Value| all.iter().any(|shown| shown["rmaId"] == row["rmaId"]);
            let left: Vec<Value> = others.iter().filter(|row| !is_shown(row)).cloned().collect();
            all.extend(left);
            ResponseTemplate::new(200).set_body_json(json!({"rmas": all}))
        })
        .with_priority(1)
        .mount(shop.scene.returngo.server())
        .await;
    shown
}

async fn sweep(shop: &Shop) {
    shop.pass(SignedDuration::from_mins(11)).await;
    shop.work().await;
}

async fn open(shop: &Shop) -> Vec<StoredUnreadable> {
    shop.service.store.unreadable(Some(&shop.connection)).await.unwrap()
}

async fn dismiss_all(shop: &Shop) {
    let dismissal = Dismissal {
        connection: shop.connection.clone(),
        objects: Vec::new(),
        by: Actor::command_line("ada"),
        note: None,
    };
    shop.service.store.dismiss_unreadable(&dismissal, shop.time.now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dismissed_object_that_was_readable_in_between_is_listed_again() {
    let shop = Shop::open(2).await;
    let broken = shop.scene.rmas[0].to_string();
    let row = broken.clone();
    let shown = show_rows(&shop, move |which| match which {
        0 => vec![json!({"rmaId": row, "status": 7})],
        _ => Vec::new(),
    })
    .await;
    sweep(&shop).await;
    assert_eq!(open(&shop).await.len(), 1);
    dismiss_all(&shop).await;
    sweep(&shop).await;
    assert_eq!(open(&shop).await, []);
    shown.store(1, Ordering::Relaxed);
    sweep(&shop).await;
    shown.store(0, Ordering::Relaxed);
    sweep(&shop).await;
    assert_eq!(open(&shop).await.len(), 1, "the dismissal was of what was unreadable then");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dismissed_row_without_a_number_hides_no_other_row_in_its_place() {
    let shop = Shop::open(1).await;
    let shown = show_rows(&shop, |which| match which {
        0 => vec![json!({"rmaId": {}, "status": "Approved", "orderName": "#71"})],
        1 => vec![json!({"rmaId": {}, "status": "Approved", "orderName": "#72"})],
        _ => vec![
            json!({"rmaId": "4410777", "status": "Approved"}),
            json!({"rmaId": {}, "status": "Approved", "orderName": "#71"}),
        ],
    })
    .await;
    sweep(&shop).await;
    dismiss_all(&shop).await;
    sweep(&shop).await;
    assert_eq!(open(&shop).await, [], "it is dismissed");
    shown.store(1, Ordering::Relaxed);
    sweep(&shop).await;
    assert_eq!(open(&shop).await.len(), 1, "another row is in its place");
    dismiss_all(&shop).await;
    shown.store(2, Ordering::Relaxed);
    sweep(&shop).await;
    let open: Vec<_> = open(&shop).await.into_iter().map(|stored| stored.unreadable).collect();
    assert!(open.iter().all(|row| row.object == "4410777"), "the row that moved is dismissed: {open:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_cannot_be_read_is_listed_once_whatever_its_requests_are_called() {
    let shop = Shop::open(1).await;
    shop.scene.approve(&shop.scene.rmas[0]).unwrap();
    shop.work().await;
    let credit = shop.scene.credit(&shop.scene.rmas[0]).unwrap().id;
    let requested = AtomicU64::new(0);
    Mock::given(path(format!("/public-api/acmeoutdoors/order-service/order/{credit}")))
        .respond_with(move |_: &Request| {
            let request = format!("{:08x}-{:08x}", 7, requested.fetch_add(1, Ordering::Relaxed));
            ResponseTemplate::new(200)
                .insert_header("ruid", request.as_str())
                .set_body_json(json!({"response": [{"id": credit.get(), "orderRows": 7}]}))
        })
        .with_priority(1)
        .mount(shop.scene.brightpearl.server())
        .await;
    for times in 1..4 {
        let webhook = json!({"accountCode": "acmeoutdoors", "resourceType": "order", "id": credit.to_string(),
            "lifecycleEvent": "modified", "raisedOn": times});
        shop.hear(Source::Brightpearl, webhook.to_string()).await;
        assert!(shop.service.process_next_webhooks().await.unwrap());
        let open = open(&shop).await;
        assert_eq!((open.len(), open[0].times), (1, times), "{open:?}");
        assert_eq!(open[0].unreadable.kind, UnreadableKind::Order);
    }
    dismiss_all(&shop).await;
    sweep(&shop).await;
    assert_eq!(open(&shop).await, [], "what was dismissed stays so");
}
