//! One odd value at a time, in every field of every answer: what no rule needs never hides an RMA, a row or a
//! registration, and what a rule needs is read, or refused by its name.

use std::collections::BTreeSet;

use api_client_core::HttpResponse;
use api_mock_core::odd_values::{OddValue, fields};
use returngo::{Request, RmaFilter, TransactionFilter, rma, transaction, webhook};
use serde_json::Value;

use crate::fixtures::{
    RMA_EXCHANGE, RMA_NO_SHIPMENT, RMA_RECEIVED, RMA_VALIDATED, RMAS, TRANSACTIONS, WEBHOOKS,
};

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

#[test]
fn one_odd_value_is_read_or_refused_by_its_name_and_hides_nothing_that_no_rule_needs() {
    let (mut tried, mut differences) = (0, Vec::new());
    for Answers { fixtures, read, strict } in ANSWERS {
        let mut known = BTreeSet::new();
        let mut refused = BTreeSet::new();
        for fixture in fixtures {
            let body: Value = serde_json::from_str(fixture).unwrap();
            let mut found = fields(&body);
            found.retain(|field| known.insert(field.name.clone()));
            for field in found {
                for odd in OddValue::common() {
                    tried += 1;
                    let Err(error) = read(&field.replaced_in(&body, &odd)) else { continue };
                    let last = field.own_name();
                    let names_it =
                        error.contains(last) || ["rmas", "transactions", "webhooks"].contains(&last);
                    assert!(names_it, "{}: {odd}: {error}", field.name);
                    refused.insert(field.name.clone());
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
