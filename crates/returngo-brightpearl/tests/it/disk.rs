//! A disk that fills up while the program serves, and has space again.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};

use crate::operations::site::{Serving, Site, eventually};

/// A webhook about an RMA that nobody knows, so large that a page holds one.
fn webhook(number: u32) -> String {
    format!(r#"{{"eventName":"RMA_STATUS_UPDATED","rmaId":"{number}","note":"{}"}}"#, "x".repeat(3000))
}

/// Delivers webhooks; gives back those that were taken.
fn deliver(serving: &Serving, endpoint: &str, numbers: std::ops::Range<u32>) -> Vec<u32> {
    let mut taken = Vec::new();
    for number in numbers {
        match serving.post(endpoint, &webhook(number)).status {
            200 => taken.push(number),
            503 => {}
            other => panic!("webhook {number} is answered with {other}"),
        }
    }
    taken
}

/// The webhooks that are in the inbox.
async fn stored(database: &mut AnyConnection) -> BTreeSet<String> {
    let rows = database.fetch_all("SELECT body FROM inbox").await.unwrap();
    rows.iter().map(|row| row.get("body")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_kept_and_it_recovers() {
    let mut site = Site::of(1).await;
    let file = site.database.url.clone();
    let mut database = AnyConnection::connect(&file).await.unwrap();
    // The file may grow to twice its size, which is what a disk with little space is to the program.
    let pages: i64 = database.fetch_one("PRAGMA page_count").await.unwrap().get(0);
    site.database.url = format!("{file}?max_page_count={}", pages * 2);
    let mut serving = site.serve(&[]).await;
    let endpoint = site.endpoint("returngo");
    let mut taken = deliver(&serving, &endpoint, 0..5);
    assert_eq!(taken.len(), 5);

    // Somebody else takes all the space that there is.
    let fill = format!("CREATE TABLE somebody_elses AS SELECT zeroblob({}) AS filler", pages * 4096 * 2);
    database.execute(AssertSqlSafe(fill)).await.unwrap();
    taken.extend(deliver(&serving, &endpoint, 5..205));
    let refused = 205 - taken.len();
    assert!(refused > 150, "{refused} were refused");
    let ready = serving.get("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("(full): make space on the disk"), "{}", ready.body);
    assert_eq!(serving.get("/healthz").status, 200);
    let metrics = serving.get("/metrics").body;
    assert!(metrics.contains("returngo_brightpearl_ready 0"), "{metrics}");
    let counted =
        format!("returngo_brightpearl_webhooks_total{{source=\"returngo\",status=\"503\"}} {refused}");
    assert!(metrics.contains(&counted), "{metrics}");
    assert_eq!(serving.said("cannot store webhooks"), 1, "said once: {}", serving.log());
    let kept = stored(&mut database).await;
    assert!(taken.iter().all(|number| kept.contains(&webhook(*number))), "what was answered is there");

    // There is space again.
    database.execute("DROP TABLE somebody_elses").await.unwrap();
    eventually("it is ready again", || async { serving.get("/readyz").status == 200 }).await;
    assert_eq!(deliver(&serving, &endpoint, 205..215).len(), 10);
    taken.extend(205..215);
    assert_eq!(serving.said("recovered: cannot store webhooks"), 1, "{}", serving.log());
    assert!(serving.get("/metrics").body.contains("returngo_brightpearl_ready 1"));
    let kept = stored(&mut database).await;
    assert!(taken.iter().all(|number| kept.contains(&webhook(*number))), "what was answered is there");
    eventually("all webhooks are handled", || async {
        let status = site.store.status().await.unwrap();
        status[0].waiting_deliveries == 0
    })
    .await;
    serving.signal("TERM");
    assert_eq!(serving.end().0.code(), Some(0));
}
