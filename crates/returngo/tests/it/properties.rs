//! What holds for every RMA, and every RMA with something strange in it.

use proptest::prelude::*;
use returngo::{Notification, ResolutionType, Rma, RmaStatus, TransactionStatus};
use returngo_mock::{Inspection, ItemBuilder, Refund, RmaBuilder};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::{fixtures, rma};

fn statuses() -> impl Strategy<Value = RmaStatus> {
    prop_oneof![
        prop::sample::select(RmaStatus::KNOWN),
        "[A-Z][a-z]{3,9}".prop_map(|text| RmaStatus::from(format!("Never{text}"))),
    ]
}

fn amounts() -> impl Strategy<Value = Decimal> {
    (0i64..10_000_000).prop_map(|pennies| Decimal::new(pennies, 2))
}

fn inspections() -> impl Strategy<Value = Option<Inspection>> {
    prop_oneof![
        Just(None),
        Just(Some(Inspection::Restockable)),
        ".{1,20}".prop_map(|reason| Some(Inspection::NotRestockable(reason))),
        ".{1,20}".prop_map(|reason| Some(Inspection::NotReturned(reason))),
    ]
}

fn items() -> impl Strategy<Value = ItemBuilder> {
    let resolutions =
        prop_oneof![prop::sample::select(ResolutionType::KNOWN), Just(ResolutionType::from("KeepTheItem")),];
    let money = (amounts(), amounts(), amounts(), amounts(), amounts());
    (money, resolutions, inspections(), 1usize..4, any::<bool>(), ".{0,20}").prop_map(
        |((paid, tax, restocking, returning, label), resolution, inspection, units, stays, reason)| {
            let item =
                ItemBuilder::new("LS-M", paid).tax(tax).resolution(resolution).units(units).reason(reason);
            let item =
                item.restocking_fee(restocking).return_fee(returning).label_fee(label).line("81000001");
            let item = if stays { item.stays() } else { item };
            match inspection {
                Some(found) => item.inspected(found),
                None => item,
            }
        },
    )
}

fn rmas() -> impl Strategy<Value = Rma> {
    (statuses(), prop::collection::vec(items(), 1..4), prop::option::of(amounts())).prop_map(
        |(status, items, refunded)| {
            let rma = items.into_iter().fold(RmaBuilder::new(4_500_001).status(status), RmaBuilder::item);
            let refund = refunded.map(|amount| Refund::of(amount).status(TransactionStatus::Requested));
            refund.into_iter().fold(rma, RmaBuilder::refund).build().unwrap()
        },
    )
}

/// Every object below this value, by its pointer.
fn objects(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(pointer.to_owned());
            fields.iter().for_each(|(name, value)| objects(value, &format!("{pointer}/{name}"), found));
        }
        Value::Array(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(at, value)| objects(value, &format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

fn whole_fixtures() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&[
        fixtures::RMA_RECEIVED,
        fixtures::RMA_VALIDATED,
        fixtures::RMA_NO_SHIPMENT,
        fixtures::RMA_EXCHANGE,
    ])
}

fn strange_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!({"deep": [1, {"er": null}]})),
        Just(json!([])),
        any::<f64>()
            .prop_filter("JSON has no such number", |number| number.is_finite())
            .prop_map(|number| json!(number)),
        ".{0,30}".prop_map(|text| json!(text)),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(written in rmas()) {
        let text = serde_json::to_string(&written).unwrap();
        prop_assert_eq!(rma(&text), written);
    }

    #[test]
    fn unknown_fields_anywhere_change_nothing(
        text in whole_fixtures(),
        at in any::<prop::sample::Index>(),
        name in "[a-z][A-Za-z]{2,12}",
        value in strange_values(),
    ) {
        let original: Value = serde_json::from_str(text).unwrap();
        let mut pointers = Vec::new();
        objects(&original, "", &mut pointers);
        // Kept as it came, whatever is in it.
        pointers.retain(|pointer| !pointer.ends_with("/freeExchangePriceRange"));
        let mut changed = original.clone();
        let object: &mut Map<String, Value> =
            changed.pointer_mut(at.get::<String>(&pointers)).unwrap().as_object_mut().unwrap();
        object.insert(format!("neverSeen{name}"), value);
        prop_assert_eq!(rma(&changed.to_string()), rma(text));
    }

    #[test]
    fn unknown_statuses_survive(text in whole_fixtures(), status in ".{1,20}") {
        let mut changed: Value = serde_json::from_str(text).unwrap();
        changed["rmaSummary"]["status"] = json!(status);
        let read = rma(&changed.to_string());
        prop_assert_eq!(read.status().as_str(), &status);
        let written = serde_json::to_value(&read).unwrap();
        prop_assert_eq!(&written["rmaSummary"]["status"], &json!(status));
    }

    /// The RMA is found in whatever stands around it.
    #[test]
    fn a_notification_is_found_among_anything(
        number in 1u64..1_000_000_000,
        nested in any::<bool>(),
        as_number in any::<bool>(),
        others in prop::collection::vec(("never[a-z]{2,8}", strange_values()), 0..5),
    ) {
        let id = if as_number { json!(number) } else { json!(number.to_string()) };
        let mut data: Map<String, Value> = others.into_iter().collect();
        data.insert("rmaId".to_owned(), id);
        let mut body = if nested { Map::from_iter([("data".to_owned(), Value::Object(data))]) } else { data };
        body.insert("eventName".to_owned(), json!("RMA_STATUS_UPDATED"));
        let read = Notification::parse(&serde_json::to_vec(&body).unwrap()).unwrap();
        prop_assert_eq!(read.rma_id.unwrap(), number.into());
    }
}
