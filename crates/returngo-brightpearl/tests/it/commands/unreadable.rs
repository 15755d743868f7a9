//! What cannot be read is named by every command that meets it.

use serde_json::{Value, json};
use wiremock::{Mock, ResponseTemplate, matchers::path};

use super::shop::{RMA, Shop};

/// ReturnGO's list of RMAs, in which the status of one is a number and one has no number.
async fn break_list(shop: &Shop) {
    let rows = shop.returngo.rmas().into_iter().map(|rma| {
        let mut row = serde_json::to_value(&rma.rma_summary).unwrap();
        if rma.id().to_string() == RMA {
            row["status"] = json!(7);
        }
        row
    });
    show_list(shop, rows.chain([json!({"rmaId": null, "status": "Approved"})]).collect()).await;
}

async fn show_list(shop: &Shop, rows: Vec<Value>) {
    Mock::given(path("/rmas"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"rmas": rows})))
        .with_priority(1)
        .mount(shop.returngo.server())
        .await;
}

#[tokio::test]
async fn backfill_goes_past_rows_that_cannot_be_read_and_names_them_at_the_end() {
    let shop = Shop::connected().await;
    let others = shop.returngo.rmas().len() - 1;
    break_list(&shop).await;
    let objects = |said: &Value| -> Vec<String> {
        let unreadable = said["unreadable"].as_array().unwrap();
        unreadable.iter().map(|row| row["object"].as_str().unwrap().to_owned()).collect()
    };
    let rows = [RMA.to_owned(), format!("row {}", others + 2)];
    let dry = shop.run(&["backfill", "--from", "2020-01-01", "--dry-run", "--json"]).json();
    assert_eq!((dry["rmas"].as_array().unwrap().len(), objects(&dry)), (others, rows.to_vec()));
    let enqueued = shop.run(&["backfill", "--from", "2020-01-01", "--yes", "--json"]).json();
    assert_eq!((enqueued["enqueued"].as_array().unwrap().len(), objects(&enqueued)), (others, rows.to_vec()));
    let said = shop.run(&["backfill", "--from", "2020-01-01", "--yes"]);
    for row in rows {
        assert!(said.stderr.contains(&format!("row of ReturnGO's list of RMAs {row}: ")), "{}", said.stderr);
    }
}

#[tokio::test]
async fn check_does_not_take_a_shop_for_empty_whose_rows_cannot_be_read() {
    let empty = Shop::connected().await;
    show_list(&empty, Vec::new()).await;
    let said = empty.run(&["check"]).stdout;
    assert!(said.contains("no RMAs yet"), "{said}");

    let shop = Shop::connected().await;
    show_list(&shop, vec![json!({"rmaId": RMA, "status": 7})]).await;
    let said = shop.run(&["check"]).stdout;
    assert!(
        !said.contains("no RMAs yet") && said.contains("none of its latest RMAs can be decoded"),
        "{said}"
    );
    assert!(said.contains(RMA) && said.contains("1 of the latest 1 entries"), "{said}");
}

#[tokio::test]
async fn status_fails_and_reviews_list_what_cannot_be_read_until_it_is_dismissed() {
    let shop = Shop::connected().await;
    let status = shop.run(&["status", "--json"]).json();
    assert_eq!((&status[0]["problems"], &status[0]["unreadable"]), (&json!([]), &json!(0)));
    break_list(&shop).await;
    shop.run(&["backfill", "--from", "2020-01-01", "--dry-run", "--json"]).succeeds();

    let failed = shop.run(&["status"]).fails();
    assert!(failed.contains("connections with problems: 1 of 1"), "{failed}");
    let said = shop.run(&["status"]).stdout;
    assert!(said.contains("! acme: objects that cannot be read: 2; `reviews` lists them."), "{said}");
    let reviews = shop.run(&["reviews", "--json"]).json();
    assert_eq!(reviews.as_array().unwrap().len(), 2);
    assert_eq!(reviews[0]["reviews"][0]["code"], "Unreadable");
    assert_eq!(reviews[0]["unreadable"]["object"], RMA);
    let shown = shop.run(&["reviews"]).succeeds();
    assert!(shown.contains(RMA) && shown.contains("reviews dismiss"), "{shown}");

    let refused = shop.run(&["reviews", "dismiss", "acme", "row 1"]).fails();
    assert!(refused.contains("row 1") && refused.contains("reviews list acme"), "{refused}");
    shop.run(&["reviews", "dismiss", "acme"]).refuses_the_usage();
    shop.run(&["reviews", "dismiss", "acme", RMA, "--note", "credited by hand"]).succeeds();
    assert_eq!(shop.run(&["reviews", "--json"]).json().as_array().unwrap().len(), 1);
    let all = shop.run(&["reviews", "dismiss", "acme", "--all", "--json"]).json();
    assert_eq!(all["dismissed"], 1);
    shop.run(&["status"]).succeeds();
}
