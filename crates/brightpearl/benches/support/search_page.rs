//! A page of an order search as Brightpearl sends it, invented.

use std::fmt::Write as _;

/// The columns of an order search in their order, with their types
/// (docs/evidence/brightpearl-platform.md#search-columns).
const COLUMNS: [(&str, &str); 19] = [
    ("orderId", "IDSET"),
    ("orderTypeId", "IDSET"),
    ("contactId", "INTEGER"),
    ("orderStatusId", "INTEGER"),
    ("orderStockStatusId", "INTEGER"),
    ("createdOn", "PERIOD"),
    ("createdById", "INTEGER"),
    ("customerRef", "STRING"),
    ("orderPaymentStatusId", "INTEGER"),
    ("updatedOn", "PERIOD"),
    ("parentOrderId", "IDSET"),
    ("orderShippingStatusId", "INTEGER"),
    ("externalRef", "STRING"),
    ("installedIntegrationInstanceId", "INTEGER"),
    ("warehouseId", "IDSET"),
    ("staffOwnerContactId", "INTEGER"),
    ("taxDate", "PERIOD"),
    ("departmentId", "INTEGER"),
    ("deliveryDate", "PERIOD"),
];

/// One page of an order search: `rows` rows from row `first` on, of `available` in all.
pub(crate) fn of_orders(first: u64, rows: u64, available: u64) -> Vec<u8> {
    let last = first + rows - 1;
    let mut body = String::from(r#"{"response":{"results":["#);
    for number in first..=last {
        let comma = if number == first { "" } else { "," };
        let updated = if number % 3 == 0 { "null" } else { r#""2026-05-04T12:40:52.000+01:00""# };
        let _ = write!(
            body,
            r##"{comma}[{},3,{},27,7,"2026-05-04T10:15:02.000+01:00",4,"#AC{number}",1,{updated},{},2,"RGO-{number}",41,4,0,"2026-05-04T00:00:00.000+01:00",9,null]"##,
            300_000 + number,
            5_000 + number % 400,
            200_000 + number,
        );
    }
    let _ = write!(
        body,
        r#"],"metaData":{{"morePagesAvailable":{},"resultsAvailable":{available},"resultsReturned":{rows},"firstResult":{first},"lastResult":{last},"columns":["#,
        last < available,
    );
    for (index, column) in COLUMNS.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(body, "{comma}{}", described(column));
    }
    let _ = write!(
        body,
        r#"],"sorting":[{{"filterable":{},"direction":"ASC"}}]}}}},"reference":{{"orderTypeNames":{{"1":"SALES_ORDER","2":"PURCHASE_ORDER","3":"SALES_CREDIT","4":"PURCHASE_CREDIT"}},"orderStatusNames":{{"27":"Return in transit"}},"orderStockStatusNames":{{"7":"Credit not received"}},"orderPaymentStatusNames":{{"1":"Unpaid"}},"orderShippingStatusNames":{{"2":"Not shipped"}}}}}}"#,
        described(&COLUMNS[0]),
    );
    body.into_bytes()
}

fn described((name, kind): &(&str, &str)) -> String {
    format!(
        r#"{{"name":"{name}","sortable":true,"filterable":true,"reportDataType":"{kind}","referenceData":[],"isFreeTextSearchable":false,"required":false}}"#
    )
}
