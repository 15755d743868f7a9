//! The smaller resources, each where it does more than send a request and read its answer.

use brightpearl::{
    ContactId, CurrencyCode, ErrorKind, IdSet, OrderId, OrderRowId, Patch, ProductId, WarehouseId,
    order::{CustomFieldsOf, NewCreditRow, NewSalesCredit},
    warehouse::{
        GoodsMovementSearch, GoodsNoteTypeCode, NewGoodsInLine, NewGoodsInNote, NewProductValue,
        NewStockCorrection,
    },
};
use rust_decimal_macros::dec;

use crate::script::{account, answer, scripted};

const NOT_THERE: &str = r#"{"errors":[{"code":"CMNC-404","message":"Nothing there"}]}"#;
const NOT_STOCK_TRACKED: &str =
    r#"{"errors":[{"code":"WHSC-097","message":"These are non stock tracked products."}]}"#;

#[tokio::test]
async fn a_choice_is_made_by_its_name() {
    let (_mock, client) = account().await;
    let sale = OrderId::new(300871);
    let fields = client.order_custom_fields().list(CustomFieldsOf::Sale).await.unwrap();
    let reason = fields.iter().find(|field| field.code == "PCF_REASON").unwrap();

    let changes = Patch::new().add(reason.path(), reason.choice("wrong size").unwrap());
    let set = client.order_custom_fields().patch(sale, &changes).await.unwrap();
    assert_eq!(set.text("PCF_REASON"), Some("Wrong size"));

    let cleared = Patch::new().remove(reason.path());
    assert_eq!(client.order_custom_fields().patch(sale, &cleared).await.unwrap().value("PCF_REASON"), None);
    let error = client.order_custom_fields().patch(sale, &cleared).await.unwrap_err();
    assert!(error.has_code("CMNC-038"), "{error}");
}

#[tokio::test]
async fn goods_that_came_back_broken_are_written_off_in_the_credits_name() {
    let (_mock, client) = account().await;
    let (warehouse, product) = (WarehouseId::new(2), ProductId::new(2044));
    let new = NewSalesCredit {
        parent_id: Some(OrderId::new(300871)),
        rows: vec![NewCreditRow::product(product, dec!(1), "T20", dec!(33.3333), dec!(6.67))],
        ..NewSalesCredit::for_customer(ContactId::new(5012))
    };
    let credit = client.sales_credits().create(&new).await.unwrap().id;
    let row: OrderRowId = client.sales_credits().get(&credit.into()).await.unwrap()[0].rows[0].id;
    let place = client.warehouses().default_location(warehouse).await.unwrap();
    let note = NewGoodsInNote {
        transfer: false,
        warehouse_id: warehouse,
        goods_moved: vec![NewGoodsInLine {
            product_id: product,
            purchase_order_row_id: row,
            quantity: 1,
            destination_location_id: place,
            product_value: NewProductValue { currency: CurrencyCode::new("GBP"), value: dec!(12) },
        }],
        received_on: "2026-05-07T09:00:00+01:00".parse().unwrap(),
        user_batch_reference: Some("RMA-4410021-1".into()),
    };
    let batch = client.goods_in_notes().create(credit, &note).await.unwrap().id;

    let write_off =
        NewStockCorrection::remove(product, 1, place, "RMA 4410021 damaged").about(credit).of_batch(batch);
    let made = client.stock_corrections().create(warehouse, &[write_off]).await.unwrap();
    let ids = IdSet::of(made);
    let corrections = client.stock_corrections().get(warehouse, &ids).await.unwrap();
    assert_eq!(
        (corrections.len(), corrections[0].quantity(), corrections[0].order_id),
        (1, -1, Some(credit))
    );
    let search = GoodsMovementSearch::new().order(&credit).note_type(&GoodsNoteTypeCode::StockCorrection);
    let moved = client.goods_movements().search(search).all().await.unwrap();
    assert_eq!(moved.iter().map(|movement| movement.quantity).collect::<Vec<_>>(), [-1]);
}

#[tokio::test]
async fn one_untracked_product_does_not_hide_the_availability_of_the_others() {
    let of = |id: u64| {
        format!(
            r#"{{"response":{{"{id}":{{"total":{{"inStock":1,"onHand":1,"allocated":0}},"warehouses":{{}}}}}}}}"#
        )
    };
    let it = scripted([
        answer(400, NOT_STOCK_TRACKED),
        answer(400, NOT_STOCK_TRACKED),
        answer(200, &of(1)),
        answer(400, NOT_STOCK_TRACKED),
        answer(400, NOT_STOCK_TRACKED),
    ]);
    let ids: IdSet<ProductId> = "1,3,5".parse().unwrap();
    let found = it.client.product_availability().get(&ids).await.unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [ProductId::new(1)]);
    let asked: Vec<String> =
        it.script.sent().iter().map(|request| request.url.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(asked, ["1,3,5", "1,3", "1", "3", "5"]);
}

#[tokio::test]
async fn an_e_mail_address_finds_its_own_contacts_only() {
    let page = r#"{"response":{"results":[[5012,"ada@example.test"],[5013,"Ada@Example.test"],[5014,"grandada@example.test"]],
        "metaData":{"morePagesAvailable":false,"resultsAvailable":3,"resultsReturned":3,"firstResult":1,"lastResult":3,
        "columns":[{"name":"contactId"},{"name":"primaryEmail"}]}},"reference":{}}"#;
    let it = scripted([answer(200, page)]);
    let found = it.client.contacts().with_email("ada@example.test").await.unwrap();
    let ids: Vec<ContactId> = found.iter().filter_map(|contact| contact.contact_id).collect();
    assert_eq!(ids, [5012, 5013].map(ContactId::new), "contacts may share an address");
    assert!(it.script.sent()[0].url.contains("allEmail=ada%40example.test"));
}

#[tokio::test]
async fn books_without_a_lock_are_no_error() {
    let it = scripted([answer(404, NOT_THERE)]);
    assert_eq!(it.client.accounting_periods().lock().await.unwrap(), None);
    let it = scripted([answer(200, r#"{"response":{"lockedBy":4,"lockedUntil":"2026-03-31"}}"#)]);
    let lock = it.client.accounting_periods().lock().await.unwrap().unwrap();
    assert!(lock.covers("2026-03-31".parse().unwrap()));
}

#[tokio::test]
async fn a_patch_answers_with_the_thing_itself_and_no_list() {
    let order = include_str!("wire/order.json");
    let it = scripted([answer(200, &format!(r#"{{"response":{order}}}"#))]);
    let changes = Patch::new().replace("/reference", "RMA-1");
    let changed = it.client.orders().patch(OrderId::new(300955), &changes).await.unwrap();
    assert_eq!(changed.id, OrderId::new(300955));
}

#[tokio::test]
async fn an_operation_that_a_path_does_not_take_is_refused_at_once_though_the_status_is_500() {
    let refusal = r#"{"errors":[{"code":"CMNC-044","message":"Invalid patch operation (add) for given path (/reference)"}]}"#;
    let it = scripted([answer(500, refusal)]);
    let changes = Patch::new().add("/reference", "RMA-1");
    let error = it.client.orders().patch(OrderId::new(300955), &changes).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Refused, false));
    assert_eq!(it.script.sent().len(), 1);
}

#[tokio::test]
async fn options_names_what_exists() {
    let it = scripted([answer(200, r#"{"response":{"getUris":["/order/1-2,5","/order/410"]}}"#)]);
    let ids: IdSet<OrderId> = "1-60,410".parse().unwrap();
    let sets = it.client.orders().options(&ids).await.unwrap();
    assert_eq!(sets.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1,2,5", "410"]);
    assert_eq!(it.script.sent()[0].method, api_client_core::Method::Options);
}
