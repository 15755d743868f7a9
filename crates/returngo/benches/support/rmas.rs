//! RMAs as ReturnGO sends them, invented: the fixture of a received one, under many numbers.

const RECEIVED: &str = include_str!("../../fixtures/rma_received.json");

/// So many bodies of `GET /rma/{id}`, without the white space of the fixture.
pub(crate) fn details(count: u64) -> impl Iterator<Item = Vec<u8>> {
    let body: serde_json::Value = serde_json::from_str(RECEIVED).unwrap();
    (0..count).map(move |number| {
        let mut body = body.clone();
        body["rmaSummary"]["rmaId"] = serde_json::Value::from((4_500_000 + number).to_string());
        body.to_string().into_bytes()
    })
}

/// A page of `GET /rmas`.
pub(crate) fn page(first: u64, rows: u64, more: bool) -> Vec<u8> {
    let rows: Vec<String> = (first..first + rows).map(row).collect();
    let cursor = if more { format!(r#""{}""#, first + rows.len() as u64) } else { "null".to_owned() };
    format!(r#"{{"rmas":[{}],"next_cursor":{cursor}}}"#, rows.join(",")).into_bytes()
}

fn row(number: u64) -> String {
    let event = |name: &str, via: &str| {
        format!(
            r#"{{"eventName":"{name}","eventDate":"2031-03-02T08:14:10+00:00","triggeredVia":"{via}","storeLocationId":"online","userDetails":null}}"#
        )
    };
    format!(
        r#"{{"rmaId":"{}","status":"Approved","order_name":"AC{number}","events":[{},{}]}}"#,
        4_500_000 + number,
        event("RMA_CREATED", "Return Portal"),
        event("RMA_APPROVED", "Dashboard"),
    )
}
