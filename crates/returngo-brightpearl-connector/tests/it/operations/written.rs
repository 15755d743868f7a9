//! What `serve` logs of what it writes.

use super::site::{Site, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_write_is_logged_once_with_what_it_is_about() {
    let site = Site::of(1).await;
    let rma = site.scene.rmas[0].clone();
    let serving = site.serve(&[]).await;
    site.scene.approve(&rma).unwrap();
    eventually("the approved RMA has its credit", || async { site.scene.credit(&rma).is_ok() }).await;
    site.scene.refund(&rma).unwrap();
    eventually("the refund is recorded", || async { site.scene.lost() == 0 }).await;
    let said = |message: &str| {
        let log = serving.log();
        log.lines().filter(|line| line.contains(message)).map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("it is logged", || async { !said(": payment recorded").is_empty() }).await;

    let credit = site.scene.credit(&rma).unwrap();
    let created = said(": sales credit created");
    assert_eq!(created.len(), 1, "{created:?}");
    let fields = [
        format!("connection={}", site.connection),
        format!("rma={rma}"),
        format!("credit={} ", credit.id),
        "gross=".to_owned(),
        "currency=GBP".to_owned(),
    ];
    for field in &fields {
        assert!(created[0].contains(field), "{field}: {}", created[0]);
    }
    assert!(created[0].contains(" INFO "), "{}", created[0]);
    let recorded = said(": payment recorded");
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    for field in [&fields[0], &fields[1], &format!("credit={}", credit.id), &"amount=".to_owned()] {
        assert!(recorded[0].contains(field), "{field}: {}", recorded[0]);
    }
}
