//! The answer of an order GET as Brightpearl sends it, invented.

/// `count` sales credits of two rows each.
pub(crate) fn of(count: u64) -> Vec<u8> {
    let orders: Vec<String> = (0..count).map(order).collect();
    format!(r#"{{"response":[{}]}}"#, orders.join(",")).into_bytes()
}

fn order(number: u64) -> String {
    let row = |sequence: u64| {
        format!(
            r#""{}":{{"orderRowSequence":"{sequence}","productId":2044,"productName":"Linen shirt M","productSku":"LS-M","quantity":{{"magnitude":"1.0000"}},"itemCost":{{"currencyCode":"GBP","value":"12.0000"}},"productPrice":{{"currencyCode":"GBP","value":"50.0000"}},"discountPercentage":"0.00","rowValue":{{"taxRate":"20.0000","taxCode":"T20","taxCalculator":"brightpearl","rowNet":{{"currencyCode":"GBP","value":"41.6700"}},"rowTax":{{"currencyCode":"GBP","value":"8.3300"}},"taxClassId":7}},"nominalCode":"4000","composition":{{"bundleParent":false,"bundleChild":false,"parentOrderRowId":0}},"clonedFromId":0}}"#,
            880_000 + number * 100 + sequence
        )
    };
    let address = r#""addressFullName":"Ada Example","addressLine1":"7 Loom Road","addressLine3":"Leeds","postalCode":"LS1 9ZZ","country":"United Kingdom","countryIsoCode":"GBR","telephone":"0113 496 0000","email":"ada@example.test","countryId":222"#;
    format!(
        r##"{{"id":{},"parentOrderId":300871,"orderTypeCode":"SC","reference":"#AC{number}","externalRef":"RGO-{number}","installedIntegrationInstanceId":41,"version":3,"state":{{"tax":"READY"}},"orderStatus":{{"orderStatusId":27,"name":"Return in transit"}},"orderPaymentStatus":"UNPAID","stockStatusCode":"SCN","allocationStatusCode":"ANR","shippingStatusCode":"SNS","placedOn":"2026-05-04T10:15:00.000+01:00","createdOn":"2026-05-04T10:15:02.000+01:00","createdById":4,"priceListId":3,"priceModeCode":"INC","delivery":{{"shippingMethodId":0}},"invoices":[{{"invoiceReference":"","taxDate":"2026-05-04T00:00:00.000+01:00"}}],"currency":{{"accountingCurrencyCode":"GBP","orderCurrencyCode":"GBP","exchangeRate":"1.000000","fixedExchangeRate":false}},"totalValue":{{"net":"83.34","taxAmount":"16.66","baseNet":"83.34","baseTaxAmount":"16.66","baseTotal":"100.00","total":"100.00"}},"assignment":{{"current":{{"staffOwnerContactId":0,"projectId":0,"channelId":9,"leadSourceId":0,"teamId":0}}}},"parties":{{"customer":{{"contactId":5012,{address}}},"delivery":{{{address}}},"billing":{{"contactId":5012,{address}}}}},"orderRows":{{{},{}}},"warehouseId":4,"acknowledged":0,"costPriceListId":1,"historicalOrder":false,"orderWeighting":100}}"##,
        300_000 + number,
        row(10),
        row(20),
    )
}
