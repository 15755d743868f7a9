//! Webhooks at the door of the real program.

use api_client_core::client::{Clock, SystemClock};
use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    configuration::Secret,
    store::{Actor, Encrypted, InboxId, StoredConnection, UnreadableKind},
};

use super::site::{Site, eventually};
use crate::databases::Database;

fn body(rma: u32) -> String {
    format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"{rma}"}}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_secret_learns_nothing_and_is_slowed_down() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    let endpoint = site.endpoint("returngo");
    let wrong = serving.post(&format!("{endpoint}x"), &body(1));
    let nobody = serving.post("/webhooks/returngo/nobody/a-guess", &body(1));
    assert_eq!((wrong.status, &*wrong.body), (404, ""));
    assert_eq!((nobody.status, &*nobody.body), (404, ""), "an unknown connection looks the same");
    assert_eq!(serving.get("/").status, 404);

    // A minute may end in between, which begins the count anew.
    let guesses: Vec<String> = (0..50).map(|guess| format!("{endpoint}{guess}")).collect();
    let answers: Vec<u16> = std::thread::scope(|guessers| {
        let serving = &serving;
        let guessing: Vec<_> =
            guesses.iter().map(|guess| guessers.spawn(move || serving.post(guess, "{}").status)).collect();
        guessing.into_iter().map(|guesser| guesser.join().unwrap()).collect()
    });
    assert!(
        answers.contains(&429) && answers.iter().all(|status| [404, 429].contains(status)),
        "{answers:?}"
    );
    assert_eq!(serving.post(&endpoint, &body(1)).status, 200, "the right secret still opens");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_webhook_is_not_stored() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    let (returngo, brightpearl) = (site.endpoint("returngo"), site.endpoint("brightpearl"));
    assert_eq!(serving.post(&returngo, "no JSON").status, 400);
    let long = format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"3","x":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(serving.post(&returngo, &long).status, 413);
    let counted = "returngo_brightpearl_webhooks_total{source=\"returngo\",status=\"413\"} 1";
    assert!(serving.get("/metrics").body.contains(counted), "what is too long is counted too");
    assert_eq!(serving.get(&returngo).status, 405);
    let of_another =
        r#"{"accountCode":"another","resourceType":"order","id":"1","lifecycleEvent":"modified"}"#;
    assert_eq!(serving.post(&brightpearl, of_another).status, 400);
    assert_eq!(serving.post(&brightpearl, &of_another.replace("another", "acmeoutdoors")).status, 200);
}

/// A delivery with these further lines in its head, none of them empty.
fn delivery(method: &str, endpoint: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {endpoint} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{lines}content-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_are_taken_whatever_their_content_type_says() {
    let site = Site::of(0).await;
    let serving = site.serve(&[]).await;
    let endpoint = site.endpoint("returngo");
    let status = |lines: &str, body: &str| serving.ask(&delivery("POST", &endpoint, lines, body)).status;
    for lines in [
        "content-type: application/json\r\n",
        "content-type: APPLICATION/JSON\r\n",
        "content-type: application/json; charset=utf-8\r\n",
        "content-type: text/plain;charset=UTF-8\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: text/html\r\n",
        "content-encoding: identity\r\n",
        "",
    ] {
        assert_eq!(status(lines, &body(1)), 200, "{lines:?}");
    }
    for unusual in
        [r#"{"eventName":"RMA_CREATED","rmaId":4410021}"#, r#"{"eventName":"RMA_EATEN","rmaId":"7"}"#]
    {
        assert_eq!(status("", unusual), 200, "{unusual}");
    }
    assert_eq!(status("content-type: application/json\r\n", "no JSON"), 400);
    assert_eq!(status("content-encoding: gzip\r\n", &body(1)), 415);
    let head = serving.ask(&delivery("HEAD", &endpoint, "", ""));
    assert!(head.status == 405 && head.head.contains("\r\nallow: post"), "{head:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_of_unusual_json_are_taken() {
    let site = Site::of(0).await;
    let serving = site.serve(&[]).await;
    let endpoint = site.endpoint("returngo");
    for unusual in [
        format!("\u{feff}{}", body(4_410_021)),
        r#"{"eventName":"RMA_CREATED","rmaId":"4410021","n":"\ud83d"}"#.to_owned(),
        r#"{"eventName":"RMA_CREATED","rmaId":184467440737095516170}"#.to_owned(),
    ] {
        assert_eq!(serving.post(&endpoint, &unusual).status, 200, "{unusual:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_of_json_that_says_nothing_are_taken_and_listed() {
    let site = Site::of(0).await;
    let serving = site.serve(&[]).await;
    let brightpearl = site.endpoint("brightpearl");
    for (endpoint, odd) in [
        (site.endpoint("returngo"), "[]"),
        (brightpearl.clone(), r#"{"accountCode":"acmeoutdoors","resourceType":"order","id":"x"}"#),
        (brightpearl.clone(), r#"{"resourceType":"order","id":"7"}"#),
    ] {
        assert_eq!(serving.post(&endpoint, odd).status, 200, "{odd}");
    }
    let of_another = r#"{"accountCode":"another","resourceType":"order","id":"x"}"#;
    assert_eq!(serving.post(&brightpearl, of_another).status, 400);
    let listed = async || site.store.unreadable(Some(&site.connection)).await.unwrap();
    eventually("they are listed", || async { listed().await.len() == 3 }).await;
    let webhooks =
        listed().await.into_iter().filter(|stored| stored.unreadable.kind == UnreadableKind::Webhook);
    assert_eq!(webhooks.count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_beyond_64_bits_names_no_other_rma() {
    let site = Site::of(0).await;
    let serving = site.serve(&[]).await;
    let number = r#"{"eventName":"RMA_CREATED","rmaId":184467440737095516170}"#;
    assert_eq!(serving.post(&site.endpoint("returngo"), number).status, 200);
    let status = async || site.store.status().await.unwrap().remove(0);
    eventually("it is handled", || async { status().await.waiting_deliveries == 0 }).await;
    // 10, which is the number in 64 bits, the largest one of 64 bits, and the nearest float.
    for other in ["10", "18446744073709551615", "184467440737095520000"] {
        let other = other.parse().unwrap();
        assert_eq!(site.store.work(&site.connection, &other).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_names_billions_of_orders_is_taken_and_handled() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    let billions = r#"{"accountCode":"acmeoutdoors","resourceType":"order","id":"1-4000000000","lifecycleEvent":"modified"}"#;
    assert_eq!(serving.post(&site.endpoint("brightpearl"), billions).status, 200);
    let waiting = || async { site.store.status().await.unwrap()[0].waiting_deliveries };
    eventually("it is handled", || async { waiting().await == 0 }).await;
    assert_eq!(serving.get("/healthz").status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_webhook_is_one_however_often_it_comes() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    for _ in 0..3 {
        assert_eq!(serving.post(&site.endpoint("returngo"), &body(7)).status, 200);
    }
    let mut stored = Vec::new();
    for id in 1..10 {
        stored.extend(site.store.delivery(InboxId(id)).await.unwrap());
    }
    stored.retain(|stored| stored.delivery.body == body(7));
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0].times, 3);
}

/// Stores a connection under this name while it serves; its door.
async fn connect(site: &Site, name: &str, secret: &str) -> String {
    let mut configuration = site.scene.configuration().unwrap();
    configuration.webhook_secret = Secret::new(secret);
    configuration.returngo.shop = format!("{name}.example");
    site.registry.put(&name.parse().unwrap(), &configuration).await.unwrap();
    format!("/webhooks/returngo/{name}/{secret}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_stored_a_moment_ago_takes_webhooks() {
    assert_takes_webhooks_at_once(Site::of(1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_stored_a_moment_ago_takes_webhooks_with_postgres() {
    let Some(database) = Database::postgres().await else { return };
    assert_takes_webhooks_at_once(Site::with(1, database).await).await;
}

async fn assert_takes_webhooks_at_once(site: Site) {
    let serving = site.serve(&[]).await;
    let endpoint = connect(&site, "another", "a-first-secret").await;
    assert_eq!(serving.post(&endpoint, &body(1)).status, 200);
    let other_door = connect(&site, "another", "another-secret").await;
    assert_eq!(
        serving.post(&other_door, &body(2)).status,
        200,
        "it was connected again, with another secret"
    );
    assert_eq!(serving.post(&endpoint, &body(3)).status, 404, "the earlier secret opens no more");
    let now = SystemClock.now();
    assert!(
        site.store
            .remove_connection(&"another".parse().unwrap(), &Actor::command_line("dana"), now)
            .await
            .unwrap()
    );
    let answer = serving.post(&format!("{other_door}x"), &body(4)).status;
    assert_eq!((answer, serving.post(&other_door, &body(4)).status), (404, 404), "it is removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_seal_does_not_open_asks_for_another_delivery() {
    let site = Site::of(1).await;
    let store_broken = async |name: &str| {
        let broken = StoredConnection { id: name.parse().unwrap(), configuration: Encrypted(vec![7; 200]) };
        site.store.put_connection(&broken, SystemClock.now()).await.unwrap();
        format!("/webhooks/returngo/{name}/its-secret")
    };
    let before = store_broken("broken-before").await;
    let serving = site.serve(&[]).await;
    let meanwhile = store_broken("broken-meanwhile").await;
    for endpoint in [&before, &meanwhile] {
        assert_eq!(serving.post(endpoint, &body(1)).status, 503, "{endpoint}: a 4xx would drop it for good");
    }
    assert_eq!(serving.post(&site.endpoint("returngo"), &body(1)).status, 200, "nobody else is concerned");

    let mended = connect(&site, "broken-before", "its-secret").await;
    // Who has no right secret makes it look, as its own delivery would in a while.
    assert_eq!(serving.post(&format!("{}x", site.endpoint("returngo")), &body(2)).status, 404);
    assert_eq!(serving.post(&mended, &body(2)).status, 200);
    assert_eq!(serving.post(&meanwhile, &body(2)).status, 503);
    assert_eq!(
        serving.said("answered with 503: cannot decrypt the stored"),
        2,
        "said once for each: {}",
        serving.log()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_do_not_have_the_database_read_as_often_as_they_come() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    let looks = 5;
    let began = SystemClock.now();
    for guess in 0..looks {
        assert_eq!(serving.post(&format!("/webhooks/returngo/nobody-{guess}/x"), "{}").status, 404);
    }
    let took = SystemClock.now().duration_since(began);
    assert!(took >= SignedDuration::from_millis(250) * (looks - 1), "each waits for a look: {took:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_as_it_was_is_not_opened_again() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    // Nothing but the time tells that something was stored.
    let (id, stored_at) = site.store.stored_connections().await.unwrap().remove(0);
    let unreadable = StoredConnection { id, configuration: Encrypted(vec![7; 200]) };
    let look = || assert_eq!(serving.post("/webhooks/returngo/nobody/x", "{}").status, 404);
    site.store.put_connection(&unreadable, stored_at).await.unwrap();
    look();
    assert_eq!(serving.post(&site.endpoint("returngo"), &body(1)).status, 200);
    site.store.put_connection(&unreadable, SystemClock.now()).await.unwrap();
    look();
    assert_eq!(serving.post(&site.endpoint("returngo"), &body(1)).status, 503);
}
