//! Discounts of whole orders: free-text rows with negative amounts.

use brightpearl_mock::{Account, MockBrightpearl, SeedContact, SeedNominalCode, SeedOrder, SeedPayment};
use brightpearl_mock::{SeedPaymentMethod, SeedProduct, SeedRow};
use serde_json::{Value, json};

use crate::http::Http;

/// A sale of two shirts of 60.00 each with a discount of 12.00, paid and invoiced.
async fn shop() -> Http {
    let account = Account::builder()
        .nominal_codes([SeedNominalCode::discount(70, "4010", "Discounts allowed")])
        .payment_methods([SeedPaymentMethod::new(7, "CARD", "Card").bank_account("GBP", "1200")])
        .contacts([SeedContact::customer(5012, "Ada", "Example", "ada@example.test")])
        .products([SeedProduct::tracked(2044, "LS-M", "Linen shirt M")])
        .orders([SeedOrder::sale(300_001, 5012)
            .row(SeedRow::product(2044, 2, 100, 20, "T20"))
            .row(SeedRow::discount("WELCOME10", 10, 2, "T20").nominal_code("4010").external_ref("discount-1"))
            .shipped()
            .invoiced("SI-1")])
        .payments([SeedPayment::receipt(300_001, "CARD", 108)])
        .build()
        .unwrap();
    Http::to(MockBrightpearl::builder().account(account).start().await)
}

#[tokio::test]
async fn a_discount_is_a_free_text_row_that_lowers_the_order() {
    let http = shop().await;
    let sale = http.get("order-service/order/300001").await.response()[0].clone();
    let rows = sale["orderRows"].as_object().unwrap();
    let discount = rows.values().find(|row| row["productName"] == "WELCOME10").unwrap();
    assert_eq!(
        (&discount["productId"], discount.get("productSku"), &discount["quantity"]["magnitude"]),
        (&json!(1000), None, &json!("1.0000"))
    );
    let value = &discount["rowValue"];
    assert_eq!((&value["rowNet"]["value"], &value["rowTax"]["value"]), (&json!("-10.0000"), &json!("-2.00")));
    assert_eq!((&discount["nominalCode"], &discount["externalRef"]), (&json!("4010"), &json!("discount-1")));
    let total = &sale["totalValue"];
    assert_eq!(
        (&total["net"], &total["taxAmount"], &total["total"]),
        (&json!("90.00"), &json!("18.00"), &json!("108.00"))
    );
    assert_eq!(sale["orderPaymentStatus"], "PAID", "what was paid is less the discount");

    let typed = http.get("order-service/sales-order/300001").await.response()[0].clone();
    let row = typed["rows"].as_array().unwrap().iter().find(|row| row["name"] == "WELCOME10").unwrap();
    assert_eq!((&row["net"], &row["tax"]), (&json!("-10.0000"), &json!("-2.00")));
}

#[tokio::test]
async fn a_discount_is_posted_to_its_own_nominal_code() {
    let http = shop().await;
    let columns = "columns=nominalCode,journalDebit,journalCredit";
    let search = format!("accounting-service/journal-search?orderId=300001&journalType=SI&{columns}");
    let lines = http.get(&search).await.response()["results"].clone();
    let debit = |code: &str| {
        let line = lines.as_array().unwrap().iter().find(|line| line[0] == code);
        line.map_or(Value::Null, |line| line[1].clone())
    };
    assert_eq!((debit("4010"), debit("1100")), (json!("10.00"), json!("108.00")), "{lines}");
    let codes = http.get("accounting-service/nominal-code/70").await.response();
    assert_eq!(codes[0]["discount"], true);
}

#[tokio::test]
async fn a_credit_takes_its_share_of_the_discount_back() {
    let http = shop().await;
    let credit = json!({ "customer": { "id": 5012 }, "parentId": 300_001, "rows": [
        { "productId": 2044, "quantity": 1, "taxCode": "T20", "net": "50", "tax": "10" },
        { "name": "WELCOME10", "quantity": 1, "taxCode": "T20", "net": "-5", "tax": "-1", "nominalCode": "4010" },
    ] });
    let created = http.post("order-service/sales-credit", credit).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let order = http.get(&format!("order-service/order/{}", created.id())).await.response()[0].clone();
    assert_eq!(order["totalValue"]["total"], "54.00");
    assert_eq!(order["stockStatusCode"], "SCN", "the discount is not received");
}
