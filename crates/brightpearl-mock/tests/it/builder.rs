//! Accounts built in Rust, and the errors of invalid ones.

use brightpearl::order::OrderTypeCode;
use brightpearl_mock::{
    Account, AccountBuilder, MockBrightpearl, SeedAddress, SeedChannel, SeedContact, SeedCurrency,
    SeedCustomField, SeedNominalCode, SeedOrder, SeedOrderStatus, SeedPayment, SeedPaymentMethod,
    SeedProduct, SeedRow, SeedStock, SeedTaxCode, SeedWarehouse,
};
use rust_decimal_macros::dec;
use serde_json::json;

use crate::http::Http;

/// One of everything.
fn shop() -> AccountBuilder {
    Account::builder()
        .code("acmewest")
        .credentials("acmewest_returns", "west-token")
        .instance_id(77)
        .time_zone("Europe/Berlin")
        .base_currency("EUR")
        .currencies([SeedCurrency::new(2, "USD", dec!(1.1))])
        .tax_codes([SeedTaxCode::new(9, "T19", 19)])
        .nominal_codes([
            SeedNominalCode::bank(70, "1215", "Gateway"),
            SeedNominalCode::new(71, "4040", "Fees"),
        ])
        .payment_methods([
            SeedPaymentMethod::new(7, "gateway", "Gateway").bank_account("EUR", "1215"),
            SeedPaymentMethod::new(8, "VOUCHER", "Voucher"),
            SeedPaymentMethod::new(9, "OLD", "Old").inactive(),
        ])
        .order_statuses([SeedOrderStatus::new(27, OrderTypeCode::SalesCredit, "Return in transit")])
        .channels([SeedChannel::new(9, "Web shop")])
        .warehouses([SeedWarehouse::new(4, "Returns", 20, 21).location(22)])
        .custom_fields([SeedCustomField::select(21, "PCF_REASON", "Reason", [(911, "Too small")])])
        .contact_custom_fields([SeedCustomField::text(31, "PCF_VIP", "VIP")])
        .product_custom_fields([SeedCustomField::text(41, "PCF_WASH", "Washing")])
        .contacts([
            SeedContact::customer(5012, "Ada", "Example", "ada@example.test").address(SeedAddress {
                address_line1: "7 Loom Road".to_owned(),
                postal_code: "20095".to_owned(),
                country_iso_code: "DE".to_owned(),
                ..SeedAddress::default()
            }),
            SeedContact::supplier(5090, "Dora", "Supplier", "sales@supplier.example.test"),
        ])
        .products([
            SeedProduct::tracked(2044, "LS-M", "Linen shirt M").cost(12).default_location(4, 22),
            SeedProduct::untracked(2060, "GIFT-WRAP", "Gift wrap"),
            SeedProduct::bundle(2070, "GIFT-SET", "Gift set", [(2044, 2), (2060, 1)]),
        ])
        .stock([SeedStock::new(2044, 2, 40), SeedStock::new(2044, 4, 3).at(21)])
        .orders([
            SeedOrder::sale(300_001, 5012)
                .reference("#W1")
                .key("9001", 12)
                .channel(9)
                .warehouse(2)
                .placed_on("2026-04-20T10:15:00+02:00".parse().unwrap())
                .row(SeedRow::product(2044, 2, 40, dec!(7.60), "T19").external_ref("81").nominal_code("4000"))
                .row(SeedRow::product(2070, 1, 50, dec!(9.50), "T19"))
                .row(SeedRow::free_text("Delivery", 1, 4, dec!(0.76), "T19"))
                .shipped()
                .invoiced("SI-1"),
            SeedOrder::sale(300_002, 5012).currency("USD").fixed_rate(dec!(1.25)),
            SeedOrder::credit(300_003, 5012).parent(300_001).status(27),
            SeedOrder::purchase(300_004, 5090),
        ])
        .payments([
            SeedPayment::receipt(300_001, "GATEWAY", dec!(111.86)).transaction_ref("9001-1"),
            SeedPayment::refund(300_001, "VOUCHER", 1).paid_on("2026-04-21T10:15:00+02:00".parse().unwrap()),
        ])
}

#[tokio::test]
async fn an_account_is_built_with_everything_it_holds() {
    let account = shop().build().unwrap();
    assert_eq!(format!("{account:?}"), "Account(acmewest, 4 orders, 3 products)");
    let http = Http::to(MockBrightpearl::builder().account(account).start().await);
    assert_eq!(
        (http.mock.account(), http.mock.token(), http.mock.instance_id().get()),
        ("acmewest", "west-token", 77)
    );
    let sale = http.get("order-service/order/300001").await.response()[0].clone();
    assert_eq!(
        (&sale["reference"], &sale["placedOn"], &sale["currency"]["orderCurrencyCode"], &sale["warehouseId"]),
        (&json!("#W1"), &json!("2026-04-20T10:15:00.000+02:00"), &json!("EUR"), &json!(2))
    );
    assert_eq!(
        (&sale["orderPaymentStatus"], &sale["state"]["tax"]),
        (&json!("PARTIALLY_PAID"), &json!("INVOICED"))
    );
    assert_eq!(sale["orderRows"].as_object().unwrap().len(), 5, "a bundle brings two component rows");
    let stock = http.get("warehouse-service/product-availability/2044").await.response();
    assert_eq!(
        stock["2044"]["warehouses"],
        json!({ "2": { "inStock": 40, "onHand": 40, "allocated": 0, "inTransit": 0 } })
    );
    let released = json!({ "productId": 2044, "quantity": 3, "toLocationId": 22 });
    assert_eq!(http.post("warehouse-service/warehouse/4/quarantine/release", released).await.text, "{}");
    let statuses = http.get("order-service/order-status").await.response();
    assert_eq!(statuses.as_array().unwrap().len(), 10, "the factory ones and one more");
    let method = http.get("accounting-service/payment-method/7").await.response();
    assert_eq!(method[0]["code"], "GATEWAY");
    assert_eq!(
        http.get("order-service/order/300002").await.response()[0]["currency"]["exchangeRate"],
        "1.250000"
    );
    assert_eq!(http.get("order-service/order/300003").await.response()[0]["parentOrderId"], 300_001);
    assert_eq!(http.credit_of(300_001).await, 300_005, "ids go on after those that were given");
}

#[tokio::test]
async fn a_built_account_is_gone_back_to() {
    let http = Http::to(MockBrightpearl::builder().account(shop().build().unwrap()).start().await);
    http.credit_of(300_001).await;
    http.mock.reset();
    assert_eq!(http.mock.orders().len(), 4);
    let changed = MockBrightpearl::builder()
        .account(shop().build().unwrap())
        .with(|seed| seed.payments.clear())
        .start()
        .await;
    assert!(changed.payments().is_empty(), "the account is built again from its changed seed");
}

#[test]
fn what_is_added_under_a_factory_id_stands_in_its_place() {
    let account = Account::builder()
        .order_statuses([SeedOrderStatus::new(10, OrderTypeCode::SalesCredit, "Return")])
        .warehouses([SeedWarehouse::new(2, "Shed", 5, 6)])
        .build();
    assert!(account.is_ok(), "{account:?}");
    let twice = SeedOrderStatus::new(10, OrderTypeCode::SalesCredit, "Return");
    let refused = Account::builder().order_statuses([twice.clone(), twice]).build().unwrap_err();
    assert!(refused.to_string().contains("order status 10 exists twice"), "{refused}");
}

#[test]
fn what_cannot_be_an_account_is_named_when_it_is_built() {
    let order = |row: SeedRow| SeedOrder::sale(1, 5012).row(row);
    let row = || SeedRow::product(2044, 1, 10, 2, "T20");
    let code = |builder: AccountBuilder, code: &str| builder.configuration("newSalesCreditStatusId", code);
    for (builder, names) in [
        (shop().orders([order(SeedRow::product(1, 1, 10, 2, "T20"))]), ["order 1", "product 1"]),
        (shop().orders([order(SeedRow::product(2044, 1, 10, 2, "T99"))]), ["order 1", "tax code T99"]),
        (shop().orders([order(row().nominal_code("9999"))]), ["order 1", "nominal code 9999"]),
        (shop().orders([SeedOrder::sale(1, 5090)]), ["order 1", "customer 5090"]),
        (shop().orders([SeedOrder::sale(1, 5012).status(27)]), ["order 1", "27"]),
        (shop().orders([SeedOrder::sale(1, 5012).channel(3)]), ["order 1", "channel 3"]),
        (shop().orders([SeedOrder::sale(1, 5012).currency("JPY")]), ["order 1", "JPY"]),
        (shop().orders([SeedOrder::credit(1, 5012).parent(2)]), ["order 1", "parent order 2"]),
        (shop().orders([SeedOrder::sale(1, 5012).key("9001", 12)]), ["order 1", "order 300001"]),
        (shop().orders([order(row().id(7).external_ref("a")).row(row().id(7))]), ["row 7", "twice"]),
        (shop().orders([SeedOrder::sale(300_001, 5012)]), ["order 300001", "twice"]),
        (shop().payments([SeedPayment::receipt(1, "GATEWAY", 1)]), ["payment on order 1", "There is no"]),
        (
            shop().contacts([SeedContact::customer(5012, "B", "C", "b@example.test")]),
            ["contact 5012", "twice"],
        ),
        (shop().stock([SeedStock::new(2060, 2, 1)]), ["stock of product 2060", "not stock-tracked"]),
        (shop().stock([SeedStock::new(2044, 9, 1)]), ["stock of product 2044", "warehouse 9"]),
        (shop().stock([SeedStock::new(2044, 2, 1).at(21)]), ["stock of product 2044", "location 21"]),
        (
            shop().products([SeedProduct::tracked(1, "A", "A").default_location(2, 99)]),
            ["product 1", "location 99"],
        ),
        (
            shop().payment_methods([SeedPaymentMethod::new(1, "X", "X").bank_account("EUR", "1999")]),
            ["payment method X", "1999"],
        ),
        (
            shop().payment_methods([SeedPaymentMethod::new(1, "X", "X").bank_account("USD", "1215")]),
            ["payment method X", "none for EUR"],
        ),
        (
            shop().payment_methods([SeedPaymentMethod::new(1, "voucher", "V")]),
            ["payment method VOUCHER", "twice"],
        ),
        (shop().warehouses([SeedWarehouse::new(5, "W", 2, 50)]), ["location 2", "twice"]),
        (code(shop(), "99"), ["newSalesCreditStatusId", "99"]),
        (shop().currencies([SeedCurrency::base(3, "JPY")]), ["base currency EUR", "not among"]),
        (shop().time_zone("Leeds"), ["timeZone", "Leeds"]),
    ] {
        let refused = builder.build().unwrap_err().to_string();
        assert!(names.iter().all(|name| refused.contains(name)), "{names:?}: {refused}");
    }
}
