//! One odd value at a time, in every field of every answer: what no rule needs never hides an RMA, a row or a
//! registration, and what a rule needs is read, or refused by its name.

use std::collections::BTreeSet;

use api_client_core::HttpResponse;
use returngo::{Request, RmaFilter, TransactionFilter, rma, transaction, webhook};
use serde_json::{Value, json};

use crate::fixtures::{
    RMA_EXCHANGE, RMA_NO_SHIPMENT, RMA_RECEIVED, RMA_VALIDATED, RMAS, TRANSACTIONS, WEBHOOKS,
};

/// What a field is replaced by.
const ODD_VALUES: [&str; 11] = [
    "null",
    r#""""#,
    "[]",
    "{}",
    "7",
    "-1.5",
    "true",
    r#""text""#,
    r#""\ud83d""#,
    "184467440737095516170",
    "1e400",
];

/// A kind of answer: how it is read, and the fields that hide it, or its row, when they cannot be read.
struct Answers {
    fixtures: &'static [&'static str],
    read: fn(&str) -> Result<(), String>,
    strict: &'static [&'static str],
}

const ANSWERS: [Answers; 4] = [
    Answers {
        fixtures: &[RMA_RECEIVED, RMA_VALIDATED, RMA_NO_SHIPMENT, RMA_EXCHANGE],
        read: |body| read(&rma::get(&4_410_021.into()), body).map(drop),
        strict: &[
            "cancellationFee",
            "createdAt",
            "items",
            "items.*",
            "items.*.itemValidationStatusResponse",
            "items.*.itemValidationStatusResponse.isRestockable",
            "items.*.itemValidationStatusResponse.isReturned",
            "items.*.itemValidationStatusResponse.lastValidationDate",
            "items.*.paidPrice",
            "items.*.paidPrice.amount",
            "items.*.paidPrice.currency",
            "items.*.paidPrice.shopAmount",
            "items.*.paidPrice.shopCurrency",
            "items.*.paidTax",
            "items.*.paidTax.amount",
            "items.*.paidTax.currency",
            "items.*.paidTax.shopAmount",
            "items.*.paidTax.shopCurrency",
            "items.*.resolutionType",
            "items.*.restockingFee",
            "items.*.returnFee",
            "items.*.returnMethod",
            "items.*.returnMethod.name",
            "items.*.returnMethod.type",
            "items.*.returnedItemId",
            "items.*.shipmentFee",
            "items.*.shipmentId",
            "items.*.shopLineItemId",
            "items.*.sku",
            "items.*.taxIncluded",
            "orderDetails",
            "orderDetails.orderId",
            "orderDetails.order_name",
            "rmaSummary",
            "rmaSummary.events",
            "rmaSummary.events.*",
            "rmaSummary.events.*.eventDate",
            "rmaSummary.events.*.eventName",
            "rmaSummary.order_name",
            "rmaSummary.rmaId",
            "rmaSummary.status",
            "shipments",
            "shipments.*",
            "shipments.*.isOutbound",
            "shipments.*.shipmentId",
            "shipments.*.status",
            "transactions",
            "transactions.*",
            "transactions.*.amount",
            "transactions.*.amount.amount",
            "transactions.*.amount.currency",
            "transactions.*.amount.shopAmount",
            "transactions.*.amount.shopCurrency",
            "transactions.*.createdAt",
            "transactions.*.externalReferenceId",
            "transactions.*.externalReferenceType",
            "transactions.*.id",
            "transactions.*.lastUpdated",
            "transactions.*.processor",
            "transactions.*.returnItemIds",
            "transactions.*.returnItemIds.*",
            "transactions.*.status",
            "transactions.*.type",
        ],
    },
    Answers {
        fixtures: &[RMAS],
        read: |body| {
            let page = read(&rma::list(&RmaFilter::new(), None), body)?;
            page.rows().map(drop).map_err(|row| row.to_string())
        },
        strict: &[
            "next_cursor",
            "rmas",
            "rmas.*",
            "rmas.*.events",
            "rmas.*.events.*",
            "rmas.*.events.*.eventDate",
            "rmas.*.events.*.eventName",
            "rmas.*.order_name",
            "rmas.*.rmaId",
            "rmas.*.status",
        ],
    },
    Answers {
        fixtures: &[TRANSACTIONS],
        read: |body| {
            let page = read(&transaction::list(&TransactionFilter::new(), None), body)?;
            page.rows().map(drop).map_err(|row| row.to_string())
        },
        strict: &[
            "next_cursor",
            "transactions",
            "transactions.*",
            "transactions.*.amount",
            "transactions.*.amount.amount",
            "transactions.*.amount.currency",
            "transactions.*.amount.shopAmount",
            "transactions.*.amount.shopCurrency",
            "transactions.*.createdAt",
            "transactions.*.externalReferenceId",
            "transactions.*.externalReferenceType",
            "transactions.*.id",
            "transactions.*.lastUpdated",
            "transactions.*.processor",
            "transactions.*.returnItemIds",
            "transactions.*.returnItemIds.*",
            "transactions.*.status",
            "transactions.*.type",
        ],
    },
    Answers {
        fixtures: &[WEBHOOKS],
        read: |body| read(&webhook::list(), body).map(drop),
        strict: &["*", "*.eventName", "*.id", "*.url"],
    },
];

fn read<T>(request: &Request<T>, body: &str) -> Result<T, String> {
    let answer = HttpResponse { status: 200, headers: Default::default(), body: body.as_bytes().into() };
    request.read(&answer).map_err(|error| error.to_string())
}

/// The ways to all fields, each with its name, which is the same for all entries of a list.
fn fields(value: &Value, way: &str, name: &str, found: &mut Vec<(String, String)>) {
    let below: Vec<(String, String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), key.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (at.to_string(), "*".to_owned(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (key, below, value) in below {
        let way = format!("{way}/{key}");
        let name = if name.is_empty() { below } else { format!("{name}.{below}") };
        found.push((way.clone(), name.clone()));
        fields(value, &way, &name, found);
    }
}

fn with_odd(body: &Value, way: &str, odd: &str) -> String {
    const MARK: &str = "the odd value";
    let mut body = body.clone();
    *body.pointer_mut(way).unwrap() = json!(MARK);
    body.to_string().replace(&format!("\"{MARK}\""), odd)
}

#[test]
fn one_odd_value_is_read_or_refused_by_its_name_and_hides_nothing_that_no_rule_needs() {
    let (mut tried, mut differences) = (0, Vec::new());
    for Answers { fixtures, read, strict } in ANSWERS {
        let mut known = BTreeSet::new();
        let mut refused = BTreeSet::new();
        for fixture in fixtures {
            let body: Value = serde_json::from_str(fixture).unwrap();
            let mut found = Vec::new();
            fields(&body, "", "", &mut found);
            found.retain(|(_, name)| known.insert(name.clone()));
            for (way, name) in found {
                for odd in ODD_VALUES {
                    tried += 1;
                    let Err(error) = read(&with_odd(&body, &way, odd)) else { continue };
                    let last = name.rsplit('.').find(|part| *part != "*").unwrap_or_default();
                    let names_it =
                        error.contains(last) || ["rmas", "transactions", "webhooks"].contains(&last);
                    assert!(names_it, "{name}: {odd}: {error}");
                    refused.insert(name.clone());
                }
            }
        }
        let listed: BTreeSet<String> = strict.iter().map(|name| (*name).to_owned()).collect();
        if refused != listed {
            differences.push(format!("these hide an answer: {refused:?}; these are listed: {listed:?}"));
        }
    }
    println!("{tried} tried");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
