//! What is read and written back loses no documented field, and unknown values survive.

use std::{collections::BTreeMap, fmt::Debug};

use brightpearl::{
    ProductId,
    accounting::{
        AccountingPeriod, AccountingPeriodLock, Currency, CurrencyColumn, CustomerPayment,
        CustomerPaymentColumn, ExchangeRate, Journal, JournalColumn, JournalRow, NominalAccount,
        NominalCodeColumn, NominalCodeRow, PaymentMethod, PaymentMethodColumn, PaymentMethodRow,
        SalePaymentTotal, TaxRate,
    },
    contact::{Contact, ContactColumn, ContactSummary, PostalAddress},
    integration::{AccountConfiguration, IntegrationInstance, Webhook},
    order::{
        CodeEntry, CustomField, CustomFields, Order, OrderColumn, OrderNote, OrderNoteColumn, OrderNoteRow,
        OrderPaymentStatus, OrderStatus, OrderStockStatusCode, OrderSummary, OrderTypeCode, SalesCredit,
        SalesOrder, SalesOrderColumn, SalesOrderSummary, ShippingStatusCode,
    },
    product::{BundleUse, Channel, ChannelBrand, Product, ProductColumn, ProductSummary},
    utilities::AccountLocation,
    warehouse::{
        GoodsInColumn, GoodsInNote, GoodsMovement, GoodsMovementColumn, Location, LocationColumn,
        LocationRow, ProductAvailability, ReceivedGoods, StockCorrection, Warehouse, WarehouseColumn,
        WarehouseDefaults, WarehouseRow,
    },
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

/// A row of a search, with its cells under the names of the columns that can be chosen, all of them.
#[track_caller]
fn row_survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    columns: &[impl ToString],
    cells: &str,
) -> T {
    let cells: Vec<Value> = serde_json::from_str(cells).unwrap();
    assert_eq!(columns.len(), cells.len());
    let row: BTreeMap<String, Value> = columns.iter().map(ToString::to_string).zip(cells).collect();
    survives(&serde_json::to_string(&row).unwrap())
}

#[test]
fn orders_of_every_kind_survive() {
    let order: Order = survives(include_str!("wire/order.json"));
    assert!(order.is_sales_credit() && !order.is_closed() && order.invoice_reference().is_none());
    assert_eq!(order.gross().to_string(), "47.00");
    survives::<SalesCredit>(include_str!("wire/sales-credit.json"));
    let sale: SalesOrder = survives(include_str!("wire/sales-order.json"));
    assert_eq!(sale.rows[0].sequence.map(|place| place.get()), Some(10));
}

#[test]
fn what_hangs_on_orders_survives() {
    survives::<OrderNote>(
        r#"{"noteId":7001,"contactId":5012,"text":"Parcel opened","isPublic":false,"addedOn":"2026-05-07T09:00:00.000+01:00",
            "addedBy":4,"orderStatusId":27,"fileId":12}"#,
    );
    survives::<OrderStatus>(
        r##"{"statusId":27,"name":"Return in transit","orderTypeCode":"SC","sortOrder":20,"disabled":false,"visible":false,
            "color":"#3B82F6","remindAfterDays":0,"alertEmails":[],"emailContent":"","batchProcess":false,"state":"draft"}"##,
    );
    survives::<CustomField>(
        r#"{"id":131,"code":"PCF_REASON","name":"Return reason","customFieldType":"SELECT","required":false,
            "options":{"912":{"id":912,"value":"Wrong size"},"913":{"id":913,"value":"Damaged"}}}"#,
    );
    survives::<CustomField>(
        r#"{"id":132,"code":"PCF_NOTE","name":"Note","customFieldType":"TEXT_AREA","required":true}"#,
    );
    survives::<CustomFields>(
        r#"{"PCF_REASON":{"id":912,"value":"Wrong size"},"PCF_GIFT":true,"PCF_COUNT":3}"#,
    );
    survives::<CodeEntry<OrderTypeCode>>(r#"{"id":3,"code":"SC","description":"Sales credit"}"#);
    survives::<CodeEntry<OrderStockStatusCode>>(
        r#"{"id":13,"code":"NON","description":"No stock tracked items"}"#,
    );
    survives::<CodeEntry<ShippingStatusCode>>(r#"{"id":4,"code":"ASS","description":"All stock shipped"}"#);
}

#[test]
fn the_books_survive() {
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
    survives::<SalePaymentTotal>(
        r#"{"orderId":418820,"paymentCurrency":"GBP","amountPaid":-83.9,"amountAuthorized":0.0,"amountCaptured":0.0}"#,
    );
    survives::<ExchangeRate>(
        r#"{"currencyId":2,"rateActiveFrom":"1970-01-01T00:00:00.000+00:00","rate":1.1725,"addedById":4}"#,
    );
    survives::<AccountingPeriod>(
        r#"{"id":12,"startDate":"2026-03-01T00:00:00.000+00:00","endDate":"2026-03-31T23:59:59.999+00:00",
            "closedDate":"2026-04-09T10:00:00.000+00:00","closedByUserId":4}"#,
    );
    survives::<AccountingPeriodLock>(r#"{"lockedBy":4,"lockedUntil":"2026-03-31"}"#);
    let journal: Journal = survives(include_str!("wire/journal.json"));
    assert!(journal.posts_to(&brightpearl::NominalCode::new("1210")));
}

#[test]
fn the_warehouse_survives() {
    survives::<GoodsInNote>(include_str!("wire/goods-in-note.json"));
    survives::<StockCorrection>(
        r#"{"goodsNoteId":8801,"warehouseId":2,"orderId":418820,"reason":"RMA-70412 damaged","goodsMoved":[
            {"productId":1788,"quantity":-1,"destinationLocationId":2,"productValue":{"currency":"GBP","value":9.25},
             "batchGoodsNoteId":60431,"createdOn":"2026-05-12T10:00:00.000+01:00","createdBy":4}]}"#,
    );
    survives::<Warehouse>(
        r#"{"id":2,"name":"Leeds","typeCode":"warehouse","typeDescription":"Warehouse","address":{"addressId":101},
            "clickAndCollectEnabled":true,
            "weeklyOperatingPeriods":{"timeZone":"Europe/London","periods":[{"dayOfWeek":1,"openingHours":"09:00","closingHours":"17:30"}]},
            "collectionSla":{"value":4,"timeUnits":"HOURS"},
            "externalTransferSlas":[{"warehouseId":4,"value":2,"timeUnits":"WORKING_DAYS"}]}"#,
    );
    survives::<Location>(
        r#"{"id":55,"warehouseId":2,"zoneId":3,"groupingA":"A1","groupingB":"3","groupingC":"4","groupingD":"1","barcode":"9048550001"}"#,
    );
    survives::<WarehouseDefaults>(
        r#"{"productId":1523,"defaultLocationId":55,"overflowLocationId":0,"reorderLevel":5,"reorderQuantity":25}"#,
    );
    survives::<BTreeMap<ProductId, ProductAvailability>>(
        r#"{"1523":{"total":{"inStock":60,"onHand":48,"allocated":12,"inTransit":0},
                    "warehouses":{"2":{"inStock":60,"onHand":48,"allocated":12,"inTransit":0}}},
            "1788":{"total":{"inStock":-2,"onHand":-2,"allocated":0},"warehouses":{}}}"#,
    );
}

#[test]
fn products_and_channels_survive() {
    let product: Product = survives(include_str!("wire/product.json"));
    assert_eq!(product.name(), Some("Linen shirt M"));
    survives::<Product>(include_str!("wire/bundle.json"));
    survives::<BundleUse>(r#"{"id":6100,"bundles":[{"id":6210},{"id":6305,"bundles":[{"id":6420}]}]}"#);
    survives::<Channel>(
        r#"{"id":9,"name":"Web shop","channelTypeId":2,"channelBrandId":1,"defaultWarehouseId":2,"contactGroupId":6,
            "defaultPriceListId":3,"warehouseIds":[2,4],"showInChannelMenu":true,
            "integrationDetail":{"installedIntegrationId":40,"configSetId":3,"providerCode":"shop","integrationTypeCode":"ECOMMERCE",
              "active":true,"aliasName":"web"}}"#,
    );
    survives::<ChannelBrand>(
        r#"{"channelBrandId":1,"addressBookId":101,"name":"Acme Outdoors","companyName":"Acme Outdoors Ltd","companyNumber":"01234567",
            "telephone":"0113 555 0101","emailAddress":"hello@acme.example","accountingEmailAddress":"books@acme.example",
            "templates":{"SCNTE":14,"SOINV":3},"shippingTemplates":{"3":9},
            "financialDetails":{"bankName":"Bank of Example","bankAccountNumber":"00012345"},"logo":{"fileId":12}}"#,
    );
}

#[test]
fn people_survive() {
    let contact: Contact = survives(include_str!("wire/contact.json"));
    assert!(contact.is_customer());
    survives::<PostalAddress>(
        r#"{"addressId":7101,"contactId":5012,"addressLine1":"7 Loom Road","addressLine2":"","addressLine3":"Leeds",
            "addressLine4":"West Yorkshire","postalCode":"LS1 9ZZ","countryIsoCode":"GBR","countryIsoCode2":"GB","countryId":222}"#,
    );
}

#[test]
fn integrations_survive() {
    survives::<Webhook>(
        r#"{"id":731,"subscribeTo":"order.modified","httpMethod":"GET","uriTemplate":"https://rx.example.test/${resource-id}",
            "idSetAccepted":true,"qualityOfService":1}"#,
    );
    survives::<IntegrationInstance>(
        r#"{"installedIntegrationInstanceId":12,"installedIntegrationId":40,"instanceName":"Returns"}"#,
    );
    survives::<AccountConfiguration>(
        r#"{"timeZone":"Europe/London","baseCurrencyCode":"GBP","newSalesCreditStatusId":"10","costOfSalesEnabled":"1"}"#,
    );
    survives::<AccountLocation>(
        r#"{"datacentreCode":"euw1","apiDomain":"ws-eu1.brightpearl.com","urls":{"login":"https://login.example.test"}}"#,
    );
}

#[test]
fn rows_of_searches_survive_under_their_columns_names() {
    row_survives::<OrderSummary>(
        OrderColumn::KNOWN,
        r##"[300955,3,5012,27,7,"2026-05-04T10:15:02.000+01:00",4,"#AC2045",1,null,300871,2,"RGO-4410021",41,4,0,
            "2026-05-04T00:00:00.000+01:00",9,null]"##,
    );
    row_survives::<SalesOrderSummary>(
        SalesOrderColumn::KNOWN,
        r##"[300871,5012,4,"SOA","2026-04-20T08:30:02.000+01:00",4,"#AC2045","PAID",null,"ASS","5566001",17,4,0,
            "2026-04-20T00:00:00.000+01:00",9,null]"##,
    );
    row_survives::<OrderNoteRow>(
        OrderNoteColumn::KNOWN,
        r#"[300955,7001,5012,"Parcel opened",false,"2026-05-07T09:00:00.000+01:00",4,27]"#,
    );
    row_survives::<ProductSummary>(
        ProductColumn::KNOWN,
        r#"[2044,"Linen shirt M","LS-M","",null,null,null,null,true,"Brightpearl","2025-03-31T14:58:29.000+01:00",null,
            296,0,74,1,"LIVE",null]"#,
    );
    let contact: ContactSummary = row_survives(
        ContactColumn::KNOWN,
        r#"[5012,"ada@example.test","","","Ada","Example",false,"Example Ltd",false,true,"2025-02-21T10:30:08.000+00:00",
            "2025-08-28T14:59:22.000+01:00",null,null,0,false,"0113 555 0101","","","Example Ltd",null]"#,
    );
    assert!(contact.has_email("ADA@example.test"));
    row_survives::<JournalRow>(
        JournalColumn::KNOWN,
        r#"[902114,"SR",418820,"SC-12",9,"1210","2026-05-11T00:00:00.000+01:00","0.00","83.90","Refund RMA-70412",1,"1.000000",
            "0.00","83.90",null,null,5012,null,"2026-05-11T09:40:02.000+01:00",4,7,null,null,5550001]"#,
    );
    row_survives::<NominalCodeRow>(
        NominalCodeColumn::KNOWN,
        r#"["1210","Card settlement",7,true,null,true]"#,
    );
    row_survives::<PaymentMethodRow>(
        PaymentMethodColumn::KNOWN,
        r#"[7,"STRIPE_UK","Stripe UK",true,"GBP","1210"]"#,
    );
    row_survives::<ReceivedGoods>(
        GoodsInColumn::KNOWN,
        r#"[418820,60431,"RMA-70412-1",1523,3,"QUARANTINE",null,null,null,"14.2500","0.0000","GBP",1,1,
            "2026-05-09T11:02:02.000+01:00","2026-05-09T11:02:00.000+01:00",2]"#,
    );
    row_survives::<GoodsMovement>(
        GoodsMovementColumn::KNOWN,
        r#"[770001,1523,null,990144,1,2,2,60431,"14.2500","GBP",418820,true,false,60431,"GI","2026-05-09T11:02:02.000+01:00"]"#,
    );
    row_survives::<LocationRow>(LocationColumn::KNOWN, r#"[3,2,null,"QUARANTINE",null,null,null,null]"#);
    row_survives::<WarehouseRow>(WarehouseColumn::KNOWN, r#"[2,"Leeds","Warehouse",101]"#);
    let payment: CustomerPayment = row_survives(
        CustomerPaymentColumn::KNOWN,
        r#"[551207,"RMA-70412-R1",null,"STRIPE_UK","PAYMENT",418820,1,"GBP","0.00","83.90",null,
            "2026-05-11T09:40:00.000+01:00","2026-05-11T09:40:02.000+01:00",902114]"#,
    );
    assert_eq!(payment.amount().to_string(), "83.90");
    row_survives::<Currency>(CurrencyColumn::KNOWN, r#"[1,"Pound sterling","GBP","£","1.000000",true,null]"#);
}

#[test]
fn rows_without_the_columns_that_nobody_asked_for_read_all_the_same() {
    let payment = r#"{"paymentId":551207,"paymentType":"PAYMENT","currencyCode":"GBP","amountPaid":"83.90"}"#;
    serde_json::from_str::<CustomerPayment>(payment).unwrap();
    serde_json::from_str::<GoodsMovement>(r#"{"goodsMovementId":770001,"productId":1523,"quantity":-1}"#)
        .unwrap();
    serde_json::from_str::<Currency>(r#"{"id":1,"code":"GBP"}"#).unwrap();
}

#[test]
fn what_nobody_documented_survives_too() {
    let wire = include_str!("wire/order.json").replace("UNPAID", "AUTHORIZED").replace("\"SCN\"", "\"SCX\"");
    let order: Order = survives(&wire);
    assert_eq!(order.order_payment_status, Some(OrderPaymentStatus::Other("AUTHORIZED".into())));
    let extended = wire.replacen('{', r#"{"aFieldOfTomorrow":{"x":1},"#, 1);
    assert_eq!(serde_json::from_str::<Order>(&extended).unwrap(), order);
    survives::<Product>(&include_str!("wire/product.json").replace("LIVE", "DRAFT"));
    survives::<Journal>(&include_str!("wire/journal.json").replace("\"SR\"", "\"ZZ\""));
    survives::<Contact>(&include_str!("wire/contact.json").replace("\"SKP\"", "\"TEA\""));
}

#[test]
fn public_types_can_cross_threads() {
    fn crosses<T: Send + Sync + Clone>() {}
    crosses::<brightpearl::Client>();
    crosses::<brightpearl::Credentials>();
    crosses::<brightpearl::IdSet<brightpearl::OrderId>>();
    crosses::<brightpearl::Patch>();
    crosses::<brightpearl::Request<Order>>();
    crosses::<Order>();
    crosses::<Contact>();
    fn errors<T: Send + Sync + std::error::Error>() {}
    errors::<brightpearl::Error>();
}
