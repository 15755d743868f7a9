//! Transactions: refunds by a user, the list, and results that another system reports.

use returngo::{TransactionStatus, TransactionType};
use returngo_mock::{MockReturngo, Refund};
use rust_decimal_macros::dec;
use serde_json::{Value, json};

use crate::shop::{get, put};

fn ids(page: &Value) -> Vec<u64> {
    let rows = page["transactions"].as_array().unwrap();
    rows.iter().map(|transaction| transaction["id"].as_u64().expect("an integer")).collect()
}

#[tokio::test]
async fn a_refund_is_in_the_list_and_on_the_rma() {
    let shop = MockReturngo::start().await;
    let id = "4410021".parse().unwrap();
    let refund = shop.refund(&id, Refund::of(dec!(40))).unwrap();
    assert_eq!(refund.kind, TransactionType::RefundToPaymentMethod);
    assert_eq!(refund.return_item_ids.len(), 3);

    let page = get(&shop, "/transactions?pagesize=10&rma_ids=4410021").await.ok();
    assert_eq!(ids(&page), [778_120]);
    let row = &page["transactions"][0];
    assert_eq!(
        row["amount"],
        json!({"amount": 40, "currency": "GBP", "shopAmount": 40, "shopCurrency": "GBP"})
    );
    assert_eq!((&row["rmaId"], &row["orderId"]), (&Value::Null, &Value::Null), "rows do not name the RMA");
    let rma = get(&shop, "/rma/4410021").await.ok();
    assert_eq!(rma["transactions"][0], *row);
    assert_eq!(rma["comments"][0]["htmlText"], "Total refund amount: 40 GBP<br>Transaction ID: 778120");
}

#[tokio::test]
async fn a_refund_takes_what_the_items_say() {
    let shop = MockReturngo::start().await;
    let dollars = shop.refund(&"4410023".parse().unwrap(), Refund::full()).unwrap();
    assert_eq!(dollars.kind, TransactionType::RefundToStoreCredit);
    assert_eq!((dollars.amount.amount, dollars.amount.shop_amount), (dec!(50), Some(dec!(40))));

    let one = Refund::full().items([returngo::ReturnedItemId::new("5600013")]);
    assert_eq!(shop.refund(&"4410021".parse().unwrap(), one).unwrap().amount.amount, dec!(9.99));
    let none = Refund::full().items([returngo::ReturnedItemId::new("1")]);
    assert_eq!(shop.refund(&"4410021".parse().unwrap(), none).unwrap_err().status(), 400);
}

#[tokio::test]
async fn filters_and_pages() {
    let shop = MockReturngo::start().await;
    let (one, three) = ("4410021".parse().unwrap(), "4410023".parse().unwrap());
    shop.clock().set(Some("2026-05-10T08:00:00Z".parse().unwrap()));
    shop.refund(&one, Refund::of(dec!(1))).unwrap();
    shop.refund(&one, Refund::of(dec!(2)).status(TransactionStatus::Failed)).unwrap();
    shop.clock().set(Some("2026-05-11T08:00:00Z".parse().unwrap()));
    shop.refund(&three, Refund::of(dec!(3)).status(TransactionStatus::Requested)).unwrap();
    for (filter, expected) in [
        ("", &[778_120, 778_121, 778_122][..]),
        ("&rma_ids=4410021,4410022", &[778_120, 778_121]),
        ("&order_ids=7000000000003", &[778_122]),
        ("&statuses=Failed,Requested", &[778_121, 778_122]),
        ("&types=RefundToStoreCredit", &[778_122]),
        ("&processors=Stripe", &[]),
        ("&ids=778121", &[778_121]),
        ("&updated_at=gte:2026-05-11T00:00:00", &[778_122]),
        ("&created_at=lt:2026-05-11T00:00:00", &[778_120, 778_121]),
    ] {
        let page = get(&shop, &format!("/transactions?pagesize=500{filter}")).await.ok();
        assert_eq!(ids(&page), expected, "{filter}");
    }
    let first = get(&shop, "/transactions?pagesize=2").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap().replace('=', "%3D");
    let second = get(&shop, &format!("/transactions?pagesize=2&cursor={cursor}")).await.ok();
    assert_eq!(ids(&second), [778_122]);
    assert_eq!(get(&shop, "/transactions").await.status, 400);
}

#[tokio::test]
async fn whoever_moves_the_money_says_how_it_went() {
    let shop = MockReturngo::start().await;
    let id = "4410021".parse().unwrap();
    shop.clock().set(Some("2026-05-10T08:00:00Z".parse().unwrap()));
    shop.refund(&id, Refund::of(dec!(40)).status(TransactionStatus::Requested)).unwrap();
    shop.clock().set(Some("2026-05-11T08:00:00Z".parse().unwrap()));
    let outcome = json!({"status": "Success", "externalReferenceId": "BANK-1", "externalReferenceType": "BankTransferId"});
    put(&shop, "/transaction/778120", outcome).await.ok();
    let transaction = &shop.rma(&id).unwrap().transactions[0];
    assert!(transaction.happened());
    assert_eq!(transaction.external_reference_id.as_deref(), Some("BANK-1"));
    assert_eq!(transaction.settled_at().date().to_string(), "2026-05-11");

    assert_eq!(put(&shop, "/transaction/1", json!({"status": "Success"})).await.status, 404);
    assert_eq!(put(&shop, "/transaction/778120", json!({"status": "Maybe"})).await.status, 400);
}
