//! Webhooks at the door of the real program.

use super::site::Site;

fn body(rma: u32) -> String {
    format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"{rma}"}}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_secret_learns_nothing_and_is_slowed_down() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    let door = site.door("returngo");
    let wrong = serving.post(&format!("{door}x"), &body(1));
    let nobody = serving.post("/webhooks/returngo/nobody/a-guess", &body(1));
    assert_eq!((wrong.status, &*wrong.body), (404, ""));
    assert_eq!((nobody.status, &*nobody.body), (404, ""), "an unknown connection looks the same");
    assert_eq!(serving.get("/").status, 404);

    // A minute may end in between, which begins the count anew.
    let answers: Vec<u16> =
        (0..50).map(|guess| serving.post(&format!("{door}{guess}"), "{}").status).collect();
    assert!(
        answers.contains(&429) && answers.iter().all(|status| [404, 429].contains(status)),
        "{answers:?}"
    );
    assert_eq!(serving.post(&door, &body(1)).status, 200, "the right secret still opens");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_webhook_is_not_stored() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    let (returngo, brightpearl) = (site.door("returngo"), site.door("brightpearl"));
    assert_eq!(serving.post(&returngo, "no JSON").status, 400);
    assert_eq!(serving.post_as("text/html", &returngo, &body(1)).status, 415);
    assert_eq!(serving.post_as("application/json; charset=utf-8", &returngo, &body(2)).status, 200);
    let long = format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"3","x":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(serving.post(&returngo, &long).status, 413);
    assert_eq!(serving.get(&returngo).status, 405);
    let of_another =
        r#"{"accountCode":"another","resourceType":"order","id":"1","lifecycleEvent":"modified"}"#;
    assert_eq!(serving.post(&brightpearl, of_another).status, 400);
    assert_eq!(serving.post(&brightpearl, &of_another.replace("another", "acmeoutdoors")).status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_webhook_is_one_however_often_it_comes() {
    let site = Site::of(1).await;
    let serving = site.serve(&[]).await;
    for _ in 0..3 {
        assert_eq!(serving.post(&site.door("returngo"), &body(7)).status, 200);
    }
    let mut stored = Vec::new();
    for id in 1..10 {
        stored
            .extend(site.ledger.delivery(returngo_brightpearl_connector::ledger::InboxId(id)).await.unwrap());
    }
    stored.retain(|stored| stored.delivery.body == body(7));
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0].times, 3);
}
