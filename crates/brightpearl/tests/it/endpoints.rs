//! Every endpoint and what repeating it would do: a change here is a change of what may be applied twice.

use brightpearl::{
    ContactId, CurrencyCode, IdSet, LocationId, OrderId, OrderStatusId, PaymentId, PaymentMethodCode,
    ProductId, Request, WarehouseId, WebhookId,
    accounting::{self, NewCustomerPayment, PaymentType},
    integration::{self, NewWebhook},
    order::{self, NewOrderNote, NewSalesCredit, StatusChange},
    product,
    request::Idempotency::{self, *},
    warehouse::{self, NewGoodsInNote, Release},
};

fn declared<T>(request: Request<T>) -> (String, Idempotency) {
    let endpoint = request.endpoint();
    (format!("{} {}", endpoint.method, endpoint.template), endpoint.idempotency)
}

#[test]
fn every_endpoint_declares_what_repeating_it_does() {
    let ids: IdSet = "1-3".parse().unwrap();
    let order = OrderId::new(1);
    let note = NewOrderNote { text: String::new(), is_public: false };
    let mut credit = NewSalesCredit::for_customer(ContactId::new(1));
    credit.external_ref = Some("RGO-1".into());
    let mut keyed_credit = credit.clone();
    keyed_credit.installed_integration_instance_id = Some(brightpearl::InstanceId::new(41));
    let keyed_payment = payment(Some("RGO-1-2"));
    let keyed_goods = goods_in(Some("RMA-1"));
    let release = Release { product_id: ProductId::new(1), quantity: 1, to_location_id: LocationId::new(2) };
    let status = StatusChange { order_status_id: OrderStatusId::new(1), order_note: None };

    let found = [
        declared(order::sales_credit::create(&keyed_credit)),
        declared(order::sales_credit::create(&credit)),
        declared(order::sales_credit::get(&ids)),
        declared(order::sales_credit::close(order)),
        declared(order::get(&ids)),
        declared(order::search(&Default::default())),
        declared(order::row::create(order, &row())),
        declared(order::status::list()),
        declared(order::status::set(order, &status)),
        declared(order::note::list(order)),
        declared(order::note::create(order, &note)),
        declared(accounting::customer_payment::create(&keyed_payment)),
        declared(accounting::customer_payment::create(&payment(None))),
        declared(accounting::customer_payment::search(&Default::default())),
        declared(accounting::customer_payment::delete(PaymentId::new(1))),
        declared(accounting::payment_method::list()),
        declared(accounting::nominal_code::list()),
        declared(accounting::tax_code::list()),
        declared(accounting::currency::search(&Default::default())),
        declared(warehouse::goods_in_note::create(order, &keyed_goods)),
        declared(warehouse::goods_in_note::create(order, &goods_in(None))),
        declared(warehouse::goods_in_note::get(&ids)),
        declared(warehouse::goods_movement::search(&Default::default())),
        declared(warehouse::quarantine::location(WarehouseId::new(2))),
        declared(warehouse::quarantine::release(WarehouseId::new(2), release)),
        declared(warehouse::warehouse::list()),
        declared(warehouse::warehouse::default_location(WarehouseId::new(2))),
        declared(product::channel::list()),
        declared(product::product::get(&ids)),
        declared(integration::webhook::list()),
        declared(integration::webhook::create(&NewWebhook::post(
            "order.modified",
            "https://rx.example.test/hook",
        ))),
        declared(integration::webhook::delete(WebhookId::new(1))),
        declared(integration::account_configuration::get()),
    ];
    let expected = [
        ("POST /order-service/sales-credit", KeyedWrite),
        ("POST /order-service/sales-credit", UnkeyedWrite),
        ("GET /order-service/sales-credit/{orderIds}", Read),
        ("POST /order-service/sales-credit/{orderId}/close", RepeatableWrite),
        ("GET /order-service/order/{orderIds}", Read),
        ("GET /order-service/order-search", Read),
        ("POST /order-service/order/{orderId}/row", UnkeyedWrite),
        ("GET /order-service/order-status/{orderStatusIds}", Read),
        ("PUT /order-service/order/{orderId}/status", UnkeyedWrite),
        ("GET /order-service/order/{orderId}/note", Read),
        ("POST /order-service/order/{orderId}/note", UnkeyedWrite),
        ("POST /accounting-service/customer-payment", KeyedWrite),
        ("POST /accounting-service/customer-payment", UnkeyedWrite),
        ("GET /accounting-service/customer-payment-search", Read),
        ("DELETE /accounting-service/customer-payment/{paymentId}", RepeatableWrite),
        ("GET /accounting-service/payment-method/", Read),
        ("GET /accounting-service/nominal-code/{nominalCodeIds}", Read),
        ("GET /accounting-service/tax-code/{taxCodeIds}", Read),
        ("GET /accounting-service/currency-search", Read),
        ("POST /warehouse-service/order/{orderId}/goods-note/goods-in", KeyedWrite),
        ("POST /warehouse-service/order/{orderId}/goods-note/goods-in", UnkeyedWrite),
        ("GET /warehouse-service/order/{orderIds}/goods-note/goods-in/{noteIds}", Read),
        ("GET /warehouse-service/goods-movement-search", Read),
        ("GET /warehouse-service/warehouse/{warehouseId}/location/quarantine", Read),
        ("POST /warehouse-service/warehouse/{warehouseId}/quarantine/release", UnkeyedWrite),
        ("GET /warehouse-service/warehouse/{warehouseIds}", Read),
        ("GET /warehouse-service/warehouse/{warehouseId}/location/default", Read),
        ("GET /product-service/channel/{channelIds}", Read),
        ("GET /product-service/product/{productIds}", Read),
        ("GET /integration-service/webhook/{webhookIds}", Read),
        ("POST /integration-service/webhook", UnkeyedWrite),
        ("DELETE /integration-service/webhook/{webhookId}", RepeatableWrite),
        ("GET /integration-service/account-configuration", Read),
    ];
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((found.0.as_str(), found.1), *expected);
    }
    assert_eq!(found.len(), expected.len());
}

fn payment(transaction_ref: Option<&str>) -> NewCustomerPayment {
    NewCustomerPayment {
        transaction_ref: transaction_ref.map(str::to_owned),
        payment_method_code: PaymentMethodCode::new("STRIPE_UK"),
        payment_type: PaymentType::Payment,
        order_id: OrderId::new(300955),
        currency_iso_code: CurrencyCode::new("GBP"),
        exchange_rate: None,
        amount_paid: "83.90".parse().unwrap(),
        payment_date: "2026-05-11T09:40:00+01:00".parse().unwrap(),
        journal_ref: None,
    }
}

fn goods_in(reference: Option<&str>) -> NewGoodsInNote {
    NewGoodsInNote {
        transfer: false,
        warehouse_id: WarehouseId::new(2),
        goods_moved: Vec::new(),
        received_on: "2026-05-09T11:02:00+01:00".parse().unwrap(),
        user_batch_reference: reference.map(str::to_owned),
    }
}

fn row() -> order::NewOrderRow {
    serde_json::from_str(
        r#"{"productName":"Goodwill","quantity":{"magnitude":"1"},"rowValue":{"taxCode":"Z","rowNet":{"value":"5.00"},"rowTax":{"value":"0.00"}}}"#,
    )
    .unwrap()
}

#[test]
fn a_payment_goes_out_with_numbers_and_shows_as_text() {
    let payment = payment(Some("RGO-4410021-778120"));
    let request = accounting::customer_payment::create(&payment);
    let body: serde_json::Value = serde_json::from_str(request.json().unwrap()).unwrap();
    assert_eq!(body["amountPaid"], serde_json::json!(83.9));
    assert_eq!(serde_json::to_value(&payment).unwrap()["amountPaid"], "83.90");
}
