//! What the returns of one order credit together, however it is divided among them.

use std::collections::BTreeMap;

use brightpearl::{OrderRowId, order::Order};
use proptest::prelude::*;
use returngo::Rma;
use returngo_brightpearl_mapping::{
    CreditInput, InFlight,
    keys::{self, RowKey},
    sales_credit_for,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    model::credit_from,
    properties::CASES,
    worlds::{account, settings},
};

/// A row of an order: quantity, net in 1/10000, tax in 1/100, and for each unit which of three RMAs returns it.
#[derive(Debug, Clone)]
struct Bought {
    quantity: usize,
    net: i64,
    tax: i64,
    returned_by: Vec<Option<usize>>,
    in_parcel: Vec<bool>,
}

fn bought(everything_comes_back: bool) -> impl Strategy<Value = Bought> {
    (1..6_usize).prop_flat_map(move |quantity| {
        let rma = if everything_comes_back {
            (0..3_usize).prop_map(Some).boxed()
        } else {
            prop::option::of(0..3_usize).boxed()
        };
        (
            Just(quantity),
            0..20_000_000_i64,
            0..400_000_i64,
            prop::collection::vec(rma, quantity),
            prop::collection::vec(any::<bool>(), quantity),
        )
            .prop_map(|(quantity, net, tax, returned_by, in_parcel)| Bought {
                quantity,
                net,
                tax,
                returned_by,
                in_parcel,
            })
    })
}

/// An order with these goods and discounts, each in 1/10000 net and 1/100 tax without a sign.
fn order_of(rows: &[Bought], discounts: &[(i64, i64)], currency: &str) -> Order {
    let whole = currency == "JPY";
    let discounts = discounts.iter().enumerate().map(|(at, (net, tax))| {
        let net = if whole { Decimal::from(-net / 1000) } else { Decimal::new(-net, 4) };
        let tax = if whole { Decimal::from(-tax / 100) } else { Decimal::new(-tax, 2) };
        let value = json!({
            "orderRowSequence": "990", "productId": 1000, "productName": "Discount", "quantity": {"magnitude": "1"},
            "rowValue": {"taxCode": "T20", "rowNet": {"value": net.to_string()}, "rowTax": {"value": tax.to_string()}},
        });
        ((DISCOUNT + at as u64).to_string(), value)
    });
    let order_rows: serde_json::Map<String, Value> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let net = if whole { Decimal::from(row.net / 1000) } else { Decimal::new(row.net, 4) };
            let tax = if whole { Decimal::from(row.tax / 100) } else { Decimal::new(row.tax, 2) };
            let value = json!({
                "orderRowSequence": (10 * (at + 1)).to_string(), "productId": 2000 + at, "productName": format!("Product {at}"),
                "productSku": format!("SKU-{at}"), "quantity": {"magnitude": row.quantity.to_string()}, "externalRef": format!("81{at}"),
                "rowValue": {"taxCode": "T20", "rowNet": {"value": net.to_string()}, "rowTax": {"value": tax.to_string()}},
            });
            (row_id(at).to_string(), value)
        })
        .chain(discounts)
        .collect();
    serde_json::from_value(json!({
        "id": 300871, "orderTypeCode": "SO", "reference": "#AC2045", "orderStatus": {"orderStatusId": 4}, "warehouseId": 2,
        "currency": {"orderCurrencyCode": currency}, "parties": {"customer": {"contactId": 5012}}, "orderRows": order_rows,
    }))
    .unwrap()
}

/// The id of the first discount row.
const DISCOUNT: u64 = 889_000;

fn row_id(at: usize) -> u64 {
    884_000 + at as u64
}

fn rma_of(rows: &[Bought], number: usize, currency: &str) -> Rma {
    let mut items = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for (unit, _) in row.returned_by.iter().enumerate().filter(|(_, rma)| **rma == Some(number)) {
            let parcel = row.in_parcel[unit];
            items.push(json!({
                "returnedItemId": (5_600_000 + 100 * at + unit).to_string(), "shopLineItemId": format!("81{at}"), "sku": format!("SKU-{at}"),
                "paidPrice": {"amount": 1, "currency": currency}, "taxIncluded": true, "shipmentId": if parcel { "9100200" } else { "" },
                "returnMethod": {"type": if parcel { "Ship with any carrier" } else { "No shipment required" }, "name": "Courier"},
            }));
        }
    }
    serde_json::from_value(json!({
        "rmaSummary": {"rmaId": (4_410_021 + number).to_string(), "status": "Approved", "events": []},
        "shipments": [{"shipmentId": "9100200", "status": "Shipped"}], "items": items, "createdAt": "2031-03-28T08:14:10+00:00",
    }))
    .unwrap()
}

/// What all RMAs together credit of each row: units, net, tax. For each RMA the credits of how many of those before
/// it are not shown by searches yet: they are in flight.
fn credited(
    rows: &[Bought],
    discounts: &[(i64, i64)],
    currency: &str,
    order_of_rmas: &[(usize, usize)],
) -> BTreeMap<OrderRowId, (Decimal, Decimal, Decimal)> {
    let order = order_of(rows, discounts, currency);
    let account = account("approved");
    let mut credits: Vec<Order> = Vec::new();
    let mut intended: Vec<InFlight> = Vec::new();
    for &(number, hidden) in order_of_rmas {
        let rma = rma_of(rows, number, currency);
        let shown = credits.len().saturating_sub(hidden);
        let earlier: Vec<&Order> = credits.iter().take(shown).collect();
        let draft = sales_credit_for(&CreditInput {
            rma: &rma,
            order: &order,
            earlier: &earlier,
            in_flight: &intended,
            account: &account,
            settings: &settings(json!({"order_discounts": "spread"})),
        });
        assert!(draft.reviews.is_empty(), "{:?}", draft.reviews);
        if let Some(body) = draft.body {
            credits.push(credit_from(&body, &order, 300_900 + number as u64, 885_000 + 100 * number as u64));
            intended.push(InFlight::of_credit(rma.id(), &body));
        }
    }
    let mut sums: BTreeMap<OrderRowId, (Decimal, Decimal, Decimal)> = BTreeMap::new();
    for row in credits.iter().flat_map(|credit| credit.order_rows.values()) {
        let reference = row.external_ref.as_deref().unwrap();
        let order_row = RowKey::parse(reference).map(|key| key.order_row);
        let sum = sums.entry(order_row.or_else(|| keys::discount_row(reference)).unwrap()).or_default();
        sum.0 += row.quantity.magnitude;
        sum.1 += row.row_value.row_net.value;
        sum.2 += row.row_value.row_tax.value;
    }
    sums
}

/// The RMAs in the order in which they are credited, each with how many credits before it searches do not show.
fn rmas() -> impl Strategy<Value = Vec<(usize, usize)>> {
    (Just([0, 1, 2]).prop_shuffle(), prop::collection::vec(0..3_usize, 3))
        .prop_map(|(rmas, hidden)| rmas.into_iter().zip(hidden).collect())
}

fn currency() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("GBP"), Just("JPY"), Just("KWD")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn what_came_back_altogether_is_credited_exactly(
        rows in prop::collection::vec(bought(true), 1..4),
        currency in currency(),
        rmas in rmas(),
    ) {
        let order = order_of(&rows, &[], currency);
        for (row, (quantity, net, tax)) in credited(&rows, &[], currency, &rmas) {
            let original = &order.order_rows[&row];
            prop_assert_eq!(quantity, original.quantity.magnitude);
            prop_assert_eq!(net, original.row_value.row_net.value);
            prop_assert_eq!(tax, original.row_value.row_tax.value);
        }
    }

    #[test]
    fn no_row_is_credited_above_itself(
        rows in prop::collection::vec(bought(false), 1..4),
        currency in currency(),
        rmas in rmas(),
    ) {
        let order = order_of(&rows, &[], currency);
        for (row, (quantity, net, tax)) in credited(&rows, &[], currency, &rmas) {
            let original = &order.order_rows[&row];
            prop_assert!(quantity <= original.quantity.magnitude);
            prop_assert!(net <= original.row_value.row_net.value && net >= Decimal::ZERO);
            prop_assert!(tax <= original.row_value.row_tax.value && tax >= Decimal::ZERO);
        }
    }

    #[test]
    fn discounts_are_credited_with_the_goods_and_exactly_in_the_end(
        rows in prop::collection::vec(bought(true), 1..4),
        parts in prop::collection::vec(1..40_i64, 1..3),
        currency in currency(),
        rmas in rmas(),
    ) {
        // Each discount is a part of what the goods cost, so that all of them together leave something to credit.
        let (net, tax) = rows.iter().fold((0, 0), |(net, tax), row| (net + row.net, tax + row.tax));
        let discounts: Vec<(i64, i64)> = parts.iter().map(|part| (net * part / 100, tax * part / 100)).collect();
        let order = order_of(&rows, &discounts, currency);
        let sums = credited(&rows, &discounts, currency, &rmas);
        for (id, row) in order.order_rows.iter().filter(|(id, _)| id.get() >= DISCOUNT) {
            let (_, net, tax) = sums.get(id).copied().unwrap_or_default();
            prop_assert_eq!((net, tax), (row.row_value.row_net.value, row.row_value.row_tax.value));
        }
        let total: Decimal = sums.values().map(|(_, net, tax)| net + tax).sum();
        let expected: Decimal =
            order.order_rows.values().map(|row| row.row_value.row_net.value + row.row_value.row_tax.value).sum();
        prop_assert_eq!(total, expected);
    }
}
