//! Every endpoint and what repeating it would do: a change here is a change of what may be applied twice.

use std::{collections::BTreeSet, fs, path::Path};

use brightpearl::{
    ContactId, CurrencyCode, CurrencyId, GoodsInNoteId, IdSet, InstanceId, JournalId, LocationId,
    MultiMessage, OffsetDateTime, OrderId, OrderRowId, OrderStatusId, Patch, PaymentId, PaymentMethodCode,
    PaymentMethodId, PostalAddressId, ProductId, Request, WarehouseId, WebhookId,
    accounting::{
        self, NewAccountingPeriod, NewCustomerPayment, NewExchangeRate, NewPaymentMethod, PaymentType,
    },
    contact::{self, NewContact, NewPostalAddress},
    integration::{self, NewWebhook, TestData},
    multi_message::OnFail,
    order::{
        self, CustomFieldsOf, NewOrder, NewOrderNote, NewOrderRow, NewOrderStatus, NewSalesCredit,
        OrderTypeCode, StatusChange,
    },
    product,
    request::Idempotency::{self, *},
    utilities::account_location,
    warehouse::{self, GoodsInCorrection, NewGoodsInNote, NewStockCorrection, ProductValue, Release},
};

/// The endpoints that were looked at.
#[derive(Default)]
struct Walk(BTreeSet<String>);

impl Walk {
    #[track_caller]
    fn is<T>(&mut self, request: Request<T>, name: &str, idempotency: Idempotency) {
        let endpoint = request.endpoint();
        assert_eq!(format!("{} {}", endpoint.method, endpoint.template), name);
        assert_eq!(endpoint.idempotency, idempotency, "{name}");
        assert_eq!(request.problem(), None, "{name}");
        let doubled = matches!(idempotency, UnkeyedWrite | KeyedWrite);
        assert!(
            !doubled || request.verification_hint().is_some() || name.ends_with("/postal-address/"),
            "{name}"
        );
        self.0.insert(name.to_owned());
    }
}

#[test]
fn every_endpoint_declares_what_repeating_it_does() {
    let mut walk = Walk::default();
    order_service(&mut walk);
    accounting_service(&mut walk);
    warehouse_service(&mut walk);
    product_service(&mut walk);
    contact_service(&mut walk);
    integration_service(&mut walk);

    let mut undeclared = endpoints_in(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    undeclared.retain(|endpoint| !walk.0.contains(endpoint));
    // Outside of every account: one is sent by hand, one by the credentials.
    assert!(undeclared.remove("GET /developer-tools/{devRef}/account-location/{accountCode}"));
    assert!(undeclared.remove("POST /token/{account}"));
    assert!(undeclared.is_empty(), "this test does not look at {undeclared:#?}");
}

fn order_service(walk: &mut Walk) {
    let (order, row, ids) = (OrderId::new(1), OrderRowId::new(2), ids());
    let note = NewOrderNote { text: "a note".into(), is_public: false };
    let status = StatusChange { order_status_id: OrderStatusId::new(1), order_note: None };
    let new_status = NewOrderStatus::new("Return in transit", OrderTypeCode::SalesCredit);
    let header = NewOrder::for_customer(OrderTypeCode::SalesOrder, ContactId::new(1));
    let mut credit = NewSalesCredit::for_customer(ContactId::new(1));
    credit.external_ref = Some("RGO-1".into());
    let mut keyed_credit = credit.clone();
    keyed_credit.installed_integration_instance_id = Some(InstanceId::new(41));

    walk.is(order::sales_credit::create(&keyed_credit), "POST /order-service/sales-credit", KeyedWrite);
    walk.is(order::sales_credit::create(&credit), "POST /order-service/sales-credit", UnkeyedWrite);
    walk.is(order::sales_credit::get(&ids.typed()), "GET /order-service/sales-credit/{orderIds}", Read);
    walk.is(
        order::sales_credit::close(order),
        "POST /order-service/sales-credit/{orderId}/close",
        RepeatableWrite,
    );
    walk.is(order::sales_order::get(&ids.typed()), "GET /order-service/sales-order/{orderIds}", Read);
    walk.is(order::sales_order::options(&ids.typed()), "OPTIONS /order-service/sales-order/{orderIds}", Read);
    walk.is(order::sales_order::search(&Default::default()), "GET /order-service/sales-order-search", Read);
    walk.is(
        order::sales_order::close(order),
        "POST /order-service/sales-order/{orderId}/close",
        RepeatableWrite,
    );
    walk.is(
        order::sales_order::put_rows(order, &[]),
        "PUT /order-service/sales-order/{orderId}/row/{rowIds}",
        RepeatableWrite,
    );
    walk.is(order::get(&ids.typed()), "GET /order-service/order/{orderIds}", Read);
    walk.is(order::options(&ids.typed()), "OPTIONS /order-service/order/{orderIds}", Read);
    walk.is(order::search(&Default::default()), "GET /order-service/order-search", Read);
    walk.is(order::create(&header), "POST /order-service/order", UnkeyedWrite);
    walk.is(order::patch(order, &Patch::new()), "PATCH /order-service/order/{orderId}", RepeatableWrite);
    walk.is(order::row::create(order, &new_row()), "POST /order-service/order/{orderId}/row", UnkeyedWrite);
    walk.is(
        order::row::patch(order, row, &Patch::new()),
        "PATCH /order-service/order/{orderId}/row/{rowId}",
        RepeatableWrite,
    );
    walk.is(
        order::row::delete(order, row),
        "DELETE /order-service/order/{orderId}/row/{rowId}",
        RepeatableWrite,
    );
    walk.is(order::status::list(), "GET /order-service/order-status/{orderStatusIds}", Read);
    walk.is(order::status::create(&new_status), "POST /order-service/order-status", UnkeyedWrite);
    walk.is(order::status::set(order, &status), "PUT /order-service/order/{orderId}/status", UnkeyedWrite);
    walk.is(order::note::list(order), "GET /order-service/order/{orderId}/note", Read);
    walk.is(order::note::get(order, &ids.typed()), "GET /order-service/order/{orderId}/note/{noteIds}", Read);
    walk.is(order::note::search(&Default::default()), "GET /order-service/order-note-search", Read);
    walk.is(order::note::create(order, &note), "POST /order-service/order/{orderId}/note", UnkeyedWrite);
    walk.is(order::custom_field::get(order), "GET /order-service/order/{orderId}/custom-field", Read);
    walk.is(
        order::custom_field::patch(order, &Patch::new()),
        "PATCH /order-service/order/{orderId}/custom-field",
        RepeatableWrite,
    );
    walk.is(
        order::custom_field::list(CustomFieldsOf::Sale),
        "GET /order-service/{saleOrPurchase}/custom-field-meta-data/{fieldIds}",
        Read,
    );
    walk.is(order::code_list::order_types(), "GET /order-service/order-type", Read);
    walk.is(order::code_list::stock_statuses(), "GET /order-service/order-stock-status", Read);
    walk.is(order::code_list::shipping_statuses(), "GET /order-service/order-shipping-status", Read);
}

fn accounting_service(walk: &mut Walk) {
    let ids = ids();
    let (pounds, customer) = (CurrencyCode::new("GBP"), ContactId::new(1));
    let period = NewAccountingPeriod { start_date: time(), end_date: time() };
    let rate = NewExchangeRate { rate_active_from: time(), rate: 1.into() };
    let method = NewPaymentMethod {
        name: "Stripe UK".into(),
        code: PaymentMethodCode::new("STRIPE_UK"),
        is_active: true,
        bank_accounts: Vec::new(),
        installed_integration_id: None,
    };

    let keyed = payment(Some("RGO-1-2"));
    walk.is(
        accounting::customer_payment::create(&keyed),
        "POST /accounting-service/customer-payment",
        KeyedWrite,
    );
    walk.is(
        accounting::customer_payment::create(&payment(None)),
        "POST /accounting-service/customer-payment",
        UnkeyedWrite,
    );
    walk.is(
        accounting::customer_payment::search(&Default::default()),
        "GET /accounting-service/customer-payment-search",
        Read,
    );
    walk.is(
        accounting::customer_payment::delete(PaymentId::new(1)),
        "DELETE /accounting-service/customer-payment/{paymentId}",
        RepeatableWrite,
    );
    walk.is(
        accounting::sale_payment_total::get(&ids.typed()),
        "GET /accounting-service/sale-payment-total/{orderIds}",
        Read,
    );
    walk.is(
        accounting::payment_method::list(),
        "GET /accounting-service/payment-method/{paymentMethodIds}",
        Read,
    );
    walk.is(
        accounting::payment_method::search(&Default::default()),
        "GET /accounting-service/payment-method-search",
        Read,
    );
    walk.is(
        accounting::payment_method::create(&method),
        "POST /accounting-service/payment-method/",
        UnkeyedWrite,
    );
    walk.is(
        accounting::payment_method::update(PaymentMethodId::new(7), &method),
        "PUT /accounting-service/payment-method/{paymentMethodId}",
        RepeatableWrite,
    );
    walk.is(accounting::nominal_code::list(), "GET /accounting-service/nominal-code/{nominalCodeIds}", Read);
    walk.is(
        accounting::nominal_code::search(&Default::default()),
        "GET /accounting-service/nominal-code-search",
        Read,
    );
    walk.is(accounting::tax_code::list(), "GET /accounting-service/tax-code/{taxCodeIds}", Read);
    walk.is(
        accounting::currency::search(&Default::default()),
        "GET /accounting-service/currency-search",
        Read,
    );
    walk.is(accounting::exchange_rate::list(), "GET /accounting-service/exchange-rate", Read);
    walk.is(
        accounting::exchange_rate::create(CurrencyId::new(2), &rate),
        "POST /accounting-service/currency/{currencyId}/exchange-rate",
        UnkeyedWrite,
    );
    walk.is(
        accounting::exchange_rate::update(CurrencyId::new(2), &rate),
        "PUT /accounting-service/currency/{currencyId}/exchange-rate",
        RepeatableWrite,
    );
    walk.is(
        accounting::accounting_period::list(),
        "GET /accounting-service/accounting-period/{periodIds}",
        Read,
    );
    walk.is(
        accounting::accounting_period::create(&period),
        "POST /accounting-service/accounting-period",
        UnkeyedWrite,
    );
    walk.is(accounting::accounting_period::lock(), "GET /accounting-service/accounting-period-lock", Read);
    walk.is(
        accounting::journal::get(&JournalId::new(1).into()),
        "GET /accounting-service/journal/{journalIds}",
        Read,
    );
    walk.is(accounting::journal::search(&Default::default()), "GET /accounting-service/journal-search", Read);
    walk.is(
        accounting::contact_balance::get(customer, &pounds),
        "GET /accounting-service/contact/{contactId}/currency/{currencyCode}/balance",
        Read,
    );
}

fn warehouse_service(walk: &mut Walk) {
    let (ids, order, place) = (ids(), OrderId::new(1), WarehouseId::new(2));
    let (note, product, location) = (GoodsInNoteId::new(1), ProductId::new(1), LocationId::new(2));
    let release = Release { product_id: product, quantity: 1, to_location_id: location };
    let cost = ProductValue { currency: CurrencyCode::new("GBP"), value: 1.into() };
    let correction = GoodsInCorrection { product_id: product, location_id: location, cost, quantity: 1 };
    let write_off = NewStockCorrection::remove(product, 1, location, "damaged");

    let receive = "POST /warehouse-service/order/{orderId}/goods-note/goods-in";
    walk.is(warehouse::goods_in_note::create(order, &goods_in(Some("RMA-1"))), receive, KeyedWrite);
    walk.is(warehouse::goods_in_note::create(order, &goods_in(None)), receive, UnkeyedWrite);
    walk.is(
        warehouse::goods_in_note::get(&ids.typed()),
        "GET /warehouse-service/order/{orderIds}/goods-note/goods-in/{noteIds}",
        Read,
    );
    walk.is(
        warehouse::goods_in_note::delete(note),
        "DELETE /warehouse-service/goods-note/goods-in/{noteId}",
        RepeatableWrite,
    );
    walk.is(
        warehouse::goods_in_note::correct(note, &correction),
        "POST /warehouse-service/goods-note/goods-in/{noteId}/correction",
        UnkeyedWrite,
    );
    walk.is(
        warehouse::goods_in_search::search(&Default::default()),
        "GET /warehouse-service/goods-in-search",
        Read,
    );
    walk.is(
        warehouse::goods_movement::search(&Default::default()),
        "GET /warehouse-service/goods-movement-search",
        Read,
    );
    walk.is(
        warehouse::quarantine::location(place),
        "GET /warehouse-service/warehouse/{warehouseId}/location/quarantine",
        Read,
    );
    walk.is(
        warehouse::quarantine::release(place, release),
        "POST /warehouse-service/warehouse/{warehouseId}/quarantine/release",
        UnkeyedWrite,
    );
    walk.is(
        warehouse::stock_correction::create(place, &[write_off]),
        "POST /warehouse-service/warehouse/{warehouseId}/stock-correction",
        UnkeyedWrite,
    );
    walk.is(
        warehouse::stock_correction::get(place, &ids.typed()),
        "GET /warehouse-service/warehouse/{warehouseId}/stock-correction/{noteIds}",
        Read,
    );
    walk.is(warehouse::warehouse::list(), "GET /warehouse-service/warehouse/{warehouseIds}", Read);
    walk.is(
        warehouse::warehouse::search(&Default::default()),
        "GET /warehouse-service/warehouse-search",
        Read,
    );
    walk.is(
        warehouse::warehouse::default_location(place),
        "GET /warehouse-service/warehouse/{warehouseId}/location/default",
        Read,
    );
    walk.is(
        warehouse::location::list(place),
        "GET /warehouse-service/warehouse/{warehouseId}/location/{locationIds}",
        Read,
    );
    walk.is(warehouse::location::search(&Default::default()), "GET /warehouse-service/location-search", Read);
    walk.is(
        warehouse::warehouse_defaults::get(place, &ids.typed()),
        "GET /warehouse-service/warehouse/{warehouseId}/product/{productIds}",
        Read,
    );
    walk.is(
        warehouse::product_availability::get(&ids.typed()),
        "GET /warehouse-service/product-availability/{productIds}",
        Read,
    );
}

fn product_service(walk: &mut Walk) {
    let (ids, id) = (ids(), ProductId::new(1));
    walk.is(product::channel::list(), "GET /product-service/channel/{channelIds}", Read);
    walk.is(product::channel_brand::list(), "GET /product-service/channel-brand/{channelBrandIds}", Read);
    walk.is(product::product::get(&ids.typed()), "GET /product-service/product/{productIds}", Read);
    walk.is(product::product::options(&ids.typed()), "OPTIONS /product-service/product/{productIds}", Read);
    walk.is(
        product::product::custom_fields(id),
        "GET /product-service/product/{productId}/custom-field",
        Read,
    );
    walk.is(
        product::product::patch_custom_fields(id, &Patch::new()),
        "PATCH /product-service/product/{productId}/custom-field",
        RepeatableWrite,
    );
    walk.is(
        product::product_search::search(&Default::default()),
        "GET /product-service/product-search",
        Read,
    );
    walk.is(product::bundle::get(&ids.typed()), "GET /product-service/product/{productIds}/bundle", Read);
}

fn contact_service(walk: &mut Walk) {
    let (ids, id, address) = (ids(), ContactId::new(1), PostalAddressId::new(7101));
    let street = NewPostalAddress { address_line1: "7 Loom Road".into(), ..Default::default() };
    let customer = NewContact::customer("Ada", "Example", address);
    walk.is(contact::contact::get(&ids.typed()), "GET /contact-service/contact/{contactIds}", Read);
    walk.is(contact::contact::options(&ids.typed()), "OPTIONS /contact-service/contact/{contactIds}", Read);
    walk.is(contact::contact::create(&customer), "POST /contact-service/contact/", UnkeyedWrite);
    walk.is(
        contact::contact::patch(id, &Patch::new()),
        "PATCH /contact-service/contact/{contactId}",
        RepeatableWrite,
    );
    walk.is(
        contact::contact::custom_fields(id),
        "GET /contact-service/contact/{contactId}/custom-field",
        Read,
    );
    walk.is(
        contact::contact::patch_custom_fields(id, &Patch::new()),
        "PATCH /contact-service/contact/{contactId}/custom-field",
        RepeatableWrite,
    );
    walk.is(
        contact::contact_search::search(&Default::default()),
        "GET /contact-service/contact-search",
        Read,
    );
    walk.is(
        contact::postal_address::get(&ids.typed()),
        "GET /contact-service/postal-address/{addressIds}",
        Read,
    );
    walk.is(contact::postal_address::create(&street), "POST /contact-service/postal-address/", UnkeyedWrite);
    walk.is(
        contact::postal_address::update(address, &street),
        "PUT /contact-service/postal-address/{addressId}",
        RepeatableWrite,
    );
    walk.is(
        contact::postal_address::assign(id, &[]),
        "PUT /contact-service/contact/{contactId}/postal-address",
        RepeatableWrite,
    );
}

fn integration_service(walk: &mut Walk) {
    let hook = WebhookId::new(1);
    let new_hook = NewWebhook::post("order.modified", "https://rx.example.test/hook");
    let note = NewOrderNote { text: "a note".into(), is_public: false };
    let mut messages = MultiMessage::sequential(OnFail::Stop);
    messages.add("note", &order::note::create(OrderId::new(1), &note)).unwrap();
    walk.is(messages.requests().next().unwrap(), "POST /multi-message", UnkeyedWrite);
    walk.is(integration::webhook::list(), "GET /integration-service/webhook/{webhookIds}", Read);
    walk.is(integration::webhook::create(&new_hook), "POST /integration-service/webhook", UnkeyedWrite);
    walk.is(
        integration::webhook::delete(hook),
        "DELETE /integration-service/webhook/{webhookId}",
        RepeatableWrite,
    );
    walk.is(
        integration::webhook::simulate(hook, &TestData::about(OrderId::new(1))),
        "POST /integration-service/webhook/{webhookId}/simulate",
        UnkeyedWrite,
    );
    walk.is(
        integration::account_configuration::get(),
        "GET /integration-service/account-configuration",
        Read,
    );
    walk.is(
        integration::instance::rename("Returns"),
        "PUT /integration-service/integration/instance",
        RepeatableWrite,
    );
}

/// Every endpoint that the sources declare.
fn endpoints_in(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(endpoints_in(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            found.extend(source.split(": Endpoint =").skip(1).map(declared));
        }
    }
    found
}

/// `Endpoint::new(Method::Get, "/path", …)` as `GET /path`.
fn declared(declaration: &str) -> String {
    let (_, method) = declaration.split_once("Method::").unwrap();
    let (method, rest) = method.split_once(',').unwrap();
    format!("{} {}", method.to_ascii_uppercase(), rest.split('"').nth(1).unwrap())
}

fn ids() -> IdSet<u64> {
    "1-3".parse().unwrap()
}

fn time() -> OffsetDateTime {
    "2026-05-09T11:02:00+01:00".parse().unwrap()
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
        received_on: time(),
        user_batch_reference: reference.map(str::to_owned),
    }
}

fn new_row() -> NewOrderRow {
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

#[test]
fn an_accounts_data_centre_is_asked_for_outside_of_the_account() {
    let question = account_location::ask("acmedev", &"acmeoutdoors".parse().unwrap());
    assert!(!question.url.contains("/public-api/"));
}
