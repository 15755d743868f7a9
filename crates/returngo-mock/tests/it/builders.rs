//! Tests of the builders.

use returngo::{
    ResolutionType, Rma, RmaId, RmaStatus, ShipmentStatus, TransactionStatus, TransactionType, Validation,
};
use returngo_mock::{Inspection, ItemBuilder, MockReturngo, Refund, RmaBuilder};
use rust_decimal_macros::dec;

use crate::shop::{delete, get};

fn shirt() -> ItemBuilder {
    ItemBuilder::new("LS-M", dec!(40.00)).line("81000001").tax(dec!(6.67))
}

fn built(rma: RmaBuilder) -> Rma {
    rma.build().unwrap()
}

#[tokio::test]
async fn every_status_agrees_with_its_parcels_events_and_timeline() {
    let shop = MockReturngo::start().await;
    for (number, status) in (4_500_001..).zip(RmaStatus::KNOWN) {
        let rma = built(RmaBuilder::new(number).status(status.clone()).item(shirt()));
        shop.put_rma(rma.clone());
        let read: Rma = serde_json::from_value(get(&shop, &format!("/rma/{number}")).await.ok()).unwrap();
        assert_eq!(read, rma, "the wire loses nothing of it");

        let was_approved = !matches!(status, RmaStatus::Pending | RmaStatus::Rejected);
        assert_eq!(rma.approved_at().is_some(), was_approved, "{status}");
        let arrived = matches!(status, RmaStatus::Received | RmaStatus::Validated | RmaStatus::Done);
        let parcel = &rma.shipments[0].status;
        assert_eq!(
            matches!(parcel, ShipmentStatus::Received | ShipmentStatus::Validated),
            arrived,
            "{status}"
        );
        // Arrival and completion do not change it.
        let moved = rma.approved_at().or(rma.created_at);
        assert_eq!(rma.last_updated, moved, "{status}");
        assert_eq!(rma.comments.is_empty(), *status == RmaStatus::Pending, "{status}");
    }
}

#[test]
fn units_are_entries_of_their_own() {
    let rma = built(
        RmaBuilder::new(4_500_001)
            .item(shirt().units(2))
            .item(ItemBuilder::new("GIFT-WRAP", dec!(3)).stays()),
    );
    let ids: Vec<_> = rma.items.iter().map(|item| item.returned_item_id.as_str()).collect();
    assert_eq!(ids, ["450000101", "450000102", "450000103"]);
    assert_eq!(rma.units_by_line().into_values().collect::<Vec<_>>(), [2]);
    assert_eq!((rma.items[0].shipment_id.is_some(), rma.items[2].shipment_id.is_some()), (true, false));
    assert!(!rma.items[2].comes_back());
    let nothing_comes = built(RmaBuilder::new(4_500_002).item(shirt().stays()));
    assert!(nothing_comes.shipments.is_empty());
}

#[test]
fn every_fee_is_where_it_is_read() {
    let item = shirt().restocking_fee(dec!(1.50)).return_fee(dec!(2)).label_fee(dec!(3.25)).units(2);
    let rma = built(RmaBuilder::new(4_500_001).item(item).cancellation_fee(dec!(4)).out_of_policy());
    for item in &rma.items {
        assert_eq!(
            (item.restocking_fee, item.return_fee, item.shipment_fee),
            (dec!(1.50), dec!(2), dec!(3.25))
        );
    }
    assert_eq!((rma.cancellation_fee, rma.is_out_of_policy), (dec!(4), true));
}

#[test]
fn an_exchange_has_its_item_and_its_order_a_draft_until_it_is_done() {
    let exchange = |status| {
        built(RmaBuilder::new(4_500_001).status(status).item(shirt().exchanged_for("LS-L", dec!(42.50))))
    };
    let open = exchange(RmaStatus::Approved);
    assert_eq!(open.items[0].resolution_type, Some(ResolutionType::InstantVariantExchange));
    assert_eq!(open.items[0].exchange_items[0].sku.as_deref(), Some("LS-L"));
    assert_eq!(open.exchange_orders[0].order_id, None);
    assert!(open.exchange_orders[0].order_name.starts_with("#D"));
    assert!(exchange(RmaStatus::Done).exchange_orders[0].order_id.is_some());
}

#[test]
fn refunds_go_where_the_resolution_says() {
    let rma = built(
        RmaBuilder::new(4_500_001)
            .status(RmaStatus::Received)
            .item(shirt().for_store_credit())
            .refund(Refund::full())
            .refund(Refund::of(dec!(5)).status(TransactionStatus::Failed)),
    );
    let [credit, failed] = &rma.transactions[..] else { panic!("two") };
    assert_eq!((&credit.kind, credit.amount.amount), (&TransactionType::RefundToStoreCredit, dec!(40.00)));
    assert_eq!((credit.id.as_str(), failed.id.as_str()), ("450000191", "450000192"));
    assert!(credit.happened() && !failed.happened());
    let nothing =
        RmaBuilder::new(4_500_001).item(shirt()).refund(Refund::full().items(["1".to_owned().into()]));
    assert!(nothing.build().is_err());
}

#[test]
fn every_result_of_an_inspection_reads_as_such() {
    let found = |item: ItemBuilder| {
        let rma = built(RmaBuilder::new(4_500_001).status(RmaStatus::Validated).item(item));
        assert_eq!(rma.items[0].validated_at().is_some(), rma.items[0].validation() != Validation::Pending);
        format!("{:?}", rma.items[0].validation())
    };
    assert_eq!(found(shirt()), "Pending");
    assert_eq!(found(shirt().inspected(Inspection::Restockable)), "Restockable");
    let worn = Inspection::NotRestockable("Worn".to_owned());
    assert_eq!(found(shirt().inspected(worn)), r#"NotRestockable { reason: Some("Worn") }"#);
    let missing = Inspection::NotReturned("Empty box".to_owned());
    assert_eq!(found(shirt().inspected(missing)), r#"NotReturned { reason: Some("Empty box") }"#);
}

#[test]
fn another_currency_has_its_worth_in_the_shops() {
    let item = ItemBuilder::new("LS-M", dec!(50)).tax_on_top(dec!(5)).in_shop_currency(dec!(40), "GBP");
    let rma = built(RmaBuilder::new(4_500_001).currency("USD").item(item));
    let price = rma.items[0].paid_price.as_ref().unwrap();
    assert_eq!((price.currency.as_str(), price.shop_amount), ("USD", Some(dec!(40))));
    assert_eq!(rma.items[0].paid_tax.as_ref().unwrap().shop_amount, Some(dec!(4)));
    assert_eq!(rma.items[0].tax_included, Some(false));
}

#[tokio::test]
async fn a_thousand_fill_a_shop_without_a_name_twice() {
    let shop = MockReturngo::start().await;
    for number in 0..1000u64 {
        let order = number + 2100;
        let rma = RmaBuilder::new(5_000_000 + number)
            .order(format!("AC{order}"), format!("70{order}"))
            .item(shirt())
            .refund(Refund::full());
        shop.put_rma(built(rma));
    }
    let rmas = shop.rmas();
    assert_eq!(rmas.len(), 1003);
    let distinct =
        |ids: Vec<String>| ids.iter().collect::<std::collections::BTreeSet<_>>().len() == ids.len();
    assert!(distinct(
        rmas.iter().flat_map(|rma| &rma.items).map(|item| item.returned_item_id.to_string()).collect()
    ));
    assert!(distinct(
        rmas.iter().flat_map(|rma| &rma.shipments).map(|parcel| parcel.shipment_id.to_string()).collect()
    ));
    assert!(distinct(
        rmas.iter().flat_map(|rma| &rma.transactions).map(|made| made.id.to_string()).collect()
    ));
    let next = shop.refund(&RmaId::from(4_410_021), Refund::full()).unwrap();
    assert!(rmas.iter().flat_map(|rma| &rma.transactions).all(|made| made.id != next.id));
    assert_eq!(delete(&shop, "/shipment/500099990").await.status, 200);
}
