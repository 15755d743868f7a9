//! What is read and written back loses no documented field, and unknown values survive.

use std::fmt::Debug;

use brightpearl::{
    accounting::{NominalAccount, PaymentMethod, TaxRate},
    integration::Webhook,
    order::{Order, OrderPaymentStatus, OrderStatus, SalesCredit},
    product::Channel,
    warehouse::GoodsInNote,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

#[track_caller]
fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(wire: &str) -> T {
    let captured: Value = serde_json::from_str(wire).unwrap();
    let read: T = serde_json::from_str(wire).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(written, captured);
    assert_eq!(serde_json::from_value::<T>(written).unwrap(), read);
    read
}

#[test]
fn orders_credits_and_notes_survive() {
    let order: Order = survives(include_str!("wire/order.json"));
    assert!(order.is_sales_credit() && !order.is_closed() && order.invoice_reference().is_none());
    assert_eq!(order.gross().to_string(), "47.00");
    survives::<SalesCredit>(include_str!("wire/sales-credit.json"));
    survives::<GoodsInNote>(include_str!("wire/goods-in-note.json"));
}

#[test]
fn the_account_s_lists_survive() {
    survives::<OrderStatus>(
        r##"{"statusId":27,"name":"Return in transit","orderTypeCode":"SC","sortOrder":20,"disabled":false,"visible":false,
            "color":"#3B82F6","remindAfterDays":0,"alertEmails":[],"emailContent":"","batchProcess":false,"state":"draft"}"##,
    );
    survives::<PaymentMethod>(
        r#"{"id":7,"name":"Stripe UK","code":"STRIPE_UK","isActive":true,
            "bankAccounts":[{"paymentMethodId":7,"currencyIsoCode":"GBP","bankAccountNominalCode":"1210"}],"installedIntegrationId":"0"}"#,
    );
    survives::<NominalAccount>(
        r#"{"id":58,"code":"0020","name":"Card settlement","type":{"id":7},"bank":true,"expense":false,"discount":false,
            "editable":true,"active":true,"taxCode":0.0,"chartMapCode":"","reconcile":true,"currencyId":1}"#,
    );
    survives::<TaxRate>(r#"{"id":7,"code":"T20","description":"Standard","rate":20.0}"#);
    let zero: TaxRate = survives(r#"{"id":8,"code":"Z","description":"Zero"}"#);
    assert!(zero.percent().is_zero());
    survives::<Channel>(
        r#"{"id":9,"name":"Web shop","channelTypeId":2,"channelBrandId":1,"warehouseIds":[2,4]}"#,
    );
    survives::<Webhook>(
        r#"{"id":731,"subscribeTo":"order.modified","httpMethod":"GET","uriTemplate":"https://rx.example.test/${resource-id}",
            "idSetAccepted":true,"qualityOfService":1}"#,
    );
}

#[test]
fn what_nobody_documented_survives_too() {
    let wire = include_str!("wire/order.json").replace("UNPAID", "AUTHORIZED").replace("\"SCN\"", "\"SCX\"");
    let order: Order = survives(&wire);
    assert_eq!(order.order_payment_status, Some(OrderPaymentStatus::Other("AUTHORIZED".into())));
    let extended = wire.replacen('{', r#"{"aFieldOfTomorrow":{"x":1},"#, 1);
    assert_eq!(serde_json::from_str::<Order>(&extended).unwrap(), order);
}

#[test]
fn public_types_can_cross_threads() {
    fn crosses<T: Send + Sync + Clone>() {}
    crosses::<brightpearl::Client>();
    crosses::<brightpearl::Credentials>();
    crosses::<brightpearl::IdSet>();
    crosses::<brightpearl::Request<Order>>();
    crosses::<Order>();
    fn errors<T: Send + Sync + std::error::Error>() {}
    errors::<brightpearl::Error>();
}
