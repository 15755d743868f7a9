//! Actions of users in Brightpearl's own screens, on a core without sockets.

use api_mock_core::MockCore;
use brightpearl::OrderId;
use brightpearl_mock::{Brightpearl, Seed, Switches};
use serde_json::{Value, json};

fn core() -> MockCore<Brightpearl> {
    MockCore::collecting(Brightpearl::new(Seed::built_in(), Switches::default()).unwrap())
}

fn as_user(core: &MockCore<Brightpearl>, method: &str, path: &str, body: Value) -> Result<Value, String> {
    core.act(|api, context| api.as_user(method, path, &body, context))
}

fn credit() -> Value {
    json!({ "customer": { "id": 5012 }, "parentId": 300_871, "currency": { "code": "GBP" },
        "rows": [{ "productId": 2044, "quantity": 1, "taxCode": "T20", "net": 10, "tax": 2, "nominalCode": "4000" }] })
}

#[test]
fn a_person_makes_pays_and_deletes_a_credit_and_it_is_told() {
    let core = core();
    let webhook = json!({ "subscribeTo": "order.modified", "httpMethod": "POST", "uriTemplate": "http://shop.test/hook",
        "bodyTemplate": "{\"accountCode\":\"${account-code}\",\"resourceType\":\"${resource-type}\",\"id\":\"${resource-id}\",\"lifecycleEvent\":\"${lifecycle-event}\"}", "contentType": "application/json", "idSetAccepted": true });
    as_user(&core, "POST", "integration-service/webhook", webhook).unwrap();
    let id = as_user(&core, "POST", "order-service/sales-credit", credit()).unwrap().as_u64().unwrap();
    let deliveries = core.take_deliveries();
    assert!(deliveries.iter().any(|delivery| delivery.body.contains(&id.to_string())), "{deliveries:?}");
    assert!(core.take_deliveries().is_empty());
    let order = OrderId::new(id);
    let payment = json!({ "paymentMethodCode": "STRIPE_UK", "paymentType": "PAYMENT", "orderId": id,
        "currencyIsoCode": "GBP", "amountPaid": 12, "paymentDate": "2026-05-08T00:00:00Z" });
    as_user(&core, "POST", "accounting-service/customer-payment", payment).unwrap();
    assert!(core.act(|api, _| api.delete_order(order)).unwrap_err().contains("payments"));
    let paid = core.read(|api| api.payments().last().unwrap().payment_id);
    as_user(&core, "DELETE", &format!("accounting-service/customer-payment/{paid}"), Value::Null).unwrap();
    assert_eq!(core.requests().total(), 0, "people are not counted");
    core.act(|api, _| api.delete_order(order)).unwrap();
    assert!(core.read(|api| api.order(order).is_none()));
}

#[test]
fn an_invoice_is_taken_back() {
    let core = core();
    let id = OrderId::new(
        as_user(&core, "POST", "order-service/sales-credit", credit()).unwrap().as_u64().unwrap(),
    );
    let closed = |core: &MockCore<Brightpearl>| core.read(|api| api.order(id).unwrap().is_closed());
    as_user(&core, "POST", &format!("order-service/sales-credit/{id}/close"), json!({})).unwrap();
    assert!(closed(&core));
    core.act(|api, context| api.uninvoice(id, context)).unwrap();
    assert!(!closed(&core));
    as_user(&core, "POST", &format!("order-service/sales-credit/{id}/close"), json!({})).unwrap();
    assert!(closed(&core));
}
