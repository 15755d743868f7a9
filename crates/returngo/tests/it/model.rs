//! The ten ways in which the wire differs from what its description says
//! (docs/evidence/returngo.md#wire-differences), and the questions that the model answers.

use returngo::{
    CurrencyCode, EventName, ExchangeOrderType, FollowUpQuestionType, OffsetDateTime, ResolutionType, Rma,
    RmaStatus, ShipmentStatus, ShopLineItemId, Transaction, TransactionType, TriggeredVia, Validation,
};
use rust_decimal_macros::dec;
use serde_json::{Value, json};

use crate::{fixtures, rma};

#[test]
fn trap_1_flags_come_as_0_and_1() {
    let rma = rma(fixtures::RMA_RECEIVED);
    assert!(rma.items[0].is_auto_approve);
    assert!(!rma.items[1].is_auto_approve);
    assert!(!rma.is_out_of_policy);
}

#[test]
fn trap_2_transaction_ids_come_as_integers_and_as_strings() {
    let rma = rma(fixtures::RMA_VALIDATED);
    let ids: Vec<_> = rma.transactions.iter().map(|transaction| transaction.id.as_str()).collect();
    assert_eq!(ids, ["778120", "778121"]);
}

#[test]
fn trap_3_variant_barcode_and_validated_item_may_be_missing() {
    let rma = rma(fixtures::RMA_RECEIVED);
    assert_eq!(rma.items[0].variant_name.as_deref(), Some("M"));
    assert_eq!((&rma.items[2].variant_name, &rma.items[2].barcode), (&None, &None));
}

#[test]
fn trap_4_an_empty_text_is_none() {
    let unshipped = rma(fixtures::RMA_NO_SHIPMENT);
    assert_eq!(unshipped.items[0].shipment_id, None);
    assert_eq!(unshipped.comments[0].triggered_by, None);

    let exchange = rma(fixtures::RMA_EXCHANGE);
    let [draft, order] = &exchange.exchange_orders[..] else { panic!("two orders") };
    assert_eq!((draft.order_id.as_deref(), &*draft.order_name), (None, "#D123"));
    assert_eq!(order.order_id.as_deref(), Some("7000000000009"));
    assert_eq!(order.kind, Some(ExchangeOrderType::Fee));
}

#[test]
fn trap_5_whole_amounts_come_as_integers_and_others_read_exactly() {
    let rma = rma(fixtures::RMA_RECEIVED);
    assert_eq!(rma.items[0].paid_price.as_ref().unwrap().amount, dec!(40));
    assert_eq!(rma.items[0].paid_tax.as_ref().unwrap().amount, dec!(6.67));
    assert_eq!(rma.items[2].paid_price.as_ref().unwrap().amount, dec!(9.99));
}

#[test]
fn trap_6_a_validation_without_a_date_is_pending_whatever_its_flags_say() {
    let received = rma(fixtures::RMA_RECEIVED);
    assert!(received.items.iter().all(|item| item.validation() == Validation::Pending));

    let validated = rma(fixtures::RMA_VALIDATED);
    let found: Vec<_> = validated.items.iter().map(|item| item.validation()).collect();
    assert_eq!(
        found,
        [
            Validation::Restockable,
            Validation::NotRestockable { reason: Some("Worn") },
            Validation::NotReturned { reason: Some("Not in the parcel") },
            Validation::Restockable,
        ]
    );
    assert_eq!(validated.items[0].validated_at(), Some("2031-03-09T09:30:00Z".parse().unwrap()));
    assert_eq!(validated.items[3].validated_at(), None, "validated, on a day written in an unknown form");
}

#[test]
fn trap_7_names_mix_snake_and_camel_and_write_url_in_capitals() {
    let rma = rma(fixtures::RMA_RECEIVED);
    assert_eq!(rma.order_details.order_name.as_deref(), Some("AC2045"));
    let shipment = &rma.shipments[0];
    assert_eq!(shipment.tracking_url.as_deref(), Some("https://track.example.test/TRK-900100"));
    assert_eq!(shipment.label_url.as_deref(), Some("https://files.example.test/labels/900100.pdf"));
}

#[test]
fn trap_8_some_enums_are_sentences() {
    let rma = rma(fixtures::RMA_NO_SHIPMENT);
    assert_eq!(rma.rma_summary.events[0].triggered_via, Some(TriggeredVia::ReturnPortal));
    assert!(!rma.items[0].comes_back());
}

#[test]
fn trap_9_units_of_one_line_repeat_its_id_and_are_counted() {
    let rma = rma(fixtures::RMA_RECEIVED);
    let units = rma.units_by_line();
    assert_eq!(units[&ShopLineItemId::new("81000001")], 2);
    assert_eq!(units[&ShopLineItemId::new("81000002")], 1);
}

#[test]
fn trap_10_an_unanswered_question_has_an_empty_answer() {
    let rma = rma(fixtures::RMA_RECEIVED);
    let [text, choices, photo] = &rma.items[0].follow_up_questions[..] else { panic!("three questions") };
    assert_eq!(text.answer.text_answer.as_deref(), Some("Too tight for Pat Example"));
    assert_eq!(choices.answer.text_array_answer, ["Shoulders", "Neck"]);
    assert_eq!((&photo.kind, photo.answer.is_empty()), (&FollowUpQuestionType::Media, true));
}

/// Never seen, and no reason to lose a return: a null where a text or a fee should be.
#[test]
fn a_null_is_nothing_wherever_nothing_can_be() {
    let mut changed: Value = serde_json::from_str(fixtures::RMA_RECEIVED).unwrap();
    for pointer in [
        "/shipments/0/customerAddress/phone",
        "/shipments/0/returnAddress/street2",
        "/items/0/restockingFee",
        "/items/0/returnReason",
        "/items/0/followUpQuestions",
        "/cancellationFee",
        "/exchangeOrders",
        "/transactions",
    ] {
        *changed.pointer_mut(pointer).unwrap() = json!(null);
    }
    let read = rma(&changed.to_string());
    assert_eq!(read.shipments[0].customer_address.as_ref().unwrap().phone, "");
    assert_eq!((read.items[0].restocking_fee, read.cancellation_fee), (dec!(0), dec!(0)));
}

#[test]
fn a_bank_account_reads_whole() {
    let account =
        r#"{"iban":"GB00EXMP","firstName":"Pat","lastName":null,"branchName":"Test branch","comment":"-"}"#;
    let account: returngo::BankAccountDetails = serde_json::from_str(account).unwrap();
    assert_eq!((account.iban.as_deref(), account.last_name.as_deref()), (Some("GB00EXMP"), None));
    assert_eq!(account.branch_name.as_deref(), Some("Test branch"));
}

#[test]
fn an_exchange_names_what_the_shopper_gets() {
    let rma = rma(fixtures::RMA_EXCHANGE);
    let item = &rma.items[0];
    assert_eq!(item.resolution_type, Some(ResolutionType::InstantVariantExchange));
    assert_eq!(item.exchange_items[0].sku.as_deref(), Some("LS-L"));
    assert_eq!(item.exchange_items[0].effective_price.as_ref().unwrap().amount, dec!(42.5));
}

#[test]
fn an_invoice_payment_is_no_refund_and_an_unknown_refund_is_one() {
    let exchange = rma(fixtures::RMA_EXCHANGE);
    assert!(!exchange.transactions[0].is_refund());
    assert!(exchange.transactions[0].happened());

    let validated = rma(fixtures::RMA_VALIDATED);
    let asked_for = &validated.transactions[1];
    assert_eq!(asked_for.kind, TransactionType::Other("RefundToBankAccount".to_owned()));
    assert!(asked_for.is_refund());
    assert!(!asked_for.happened());
}

#[test]
fn money_is_known_in_the_shoppers_currency_and_in_the_shops() {
    let list: Value = serde_json::from_str(fixtures::TRANSACTIONS).unwrap();
    let transaction: Transaction = serde_json::from_value(list["transactions"][0].clone()).unwrap();
    let amount = |currency| transaction.amount.in_currency(&CurrencyCode::new(currency));
    assert_eq!((amount("EUR"), amount("GBP"), amount("USD")), (Some(dec!(49.5)), Some(dec!(42.1)), None));
}

#[test]
fn an_rma_that_was_approved_once_may_be_pending_again() {
    let mut rma = rma(fixtures::RMA_RECEIVED);
    rma.rma_summary.status = RmaStatus::Pending;
    let approved: OffsetDateTime = "2031-03-02T09:00:00Z".parse().unwrap();
    assert_eq!(rma.approved_at(), Some(approved));
    rma.rma_summary.events.retain(|event| event.event_name != EventName::Approved);
    assert_eq!(rma.approved_at(), None);
}

#[test]
fn a_parcel_moves_only_as_the_table_of_returngo_md_2_6_says() {
    use ShipmentStatus::*;
    let columns = [Pending, LabelCreated, Shipped, Received, Canceled, Validated];
    let table = [
        (Pending, [false, true, true, true, true, true]),
        (LabelCreated, [false, false, true, true, true, true]),
        (Shipped, [false, false, false, true, true, true]),
        (Canceled, [false, false, false, true, false, true]),
        (Received, [false, false, false, false, false, true]),
        (Validated, [false; 6]),
    ];
    let mut shipment = rma(fixtures::RMA_RECEIVED).shipments.remove(0);
    for (from, row) in table {
        shipment.status = from;
        for (to, allowed) in columns.iter().zip(row) {
            assert_eq!(shipment.may_become(to), allowed, "{} to {to}", shipment.status);
        }
    }
}

#[test]
fn what_is_written_reads_back_as_the_same_rma() {
    for text in
        [fixtures::RMA_RECEIVED, fixtures::RMA_VALIDATED, fixtures::RMA_NO_SHIPMENT, fixtures::RMA_EXCHANGE]
    {
        let read = rma(text);
        assert_eq!(rma(&serde_json::to_string(&read).unwrap()), read);
    }
}

#[test]
fn unknown_values_of_every_enum_survive_the_round_trip() {
    let original: Value = serde_json::from_str(fixtures::RMA_EXCHANGE).unwrap();
    for pointer in [
        "/rmaSummary/status",
        "/rmaSummary/events/0/eventName",
        "/rmaSummary/events/0/triggeredVia",
        "/shipments/0/status",
        "/items/0/resolutionType",
        "/items/0/returnMethod/type",
        "/items/0/exchangeItems/0/itemPriceMethod",
        "/exchangeOrders/0/type",
        "/transactions/0/type",
        "/transactions/0/status",
        "/transactions/0/processor",
        "/transactions/0/externalReferenceType",
    ] {
        let mut changed = original.clone();
        *changed.pointer_mut(pointer).unwrap() = json!("Never seen before");
        let read: Rma = serde_json::from_value(changed).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written.pointer(pointer), Some(&json!("Never seen before")), "{pointer}");
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let mut changed: Value = serde_json::from_str(fixtures::RMA_RECEIVED).unwrap();
    for pointer in ["", "/rmaSummary", "/items/0", "/items/0/paidPrice", "/shipments/0", "/comments/0"] {
        changed.pointer_mut(pointer).unwrap()["neverSeenBefore"] = json!({"deep": [1, null]});
    }
    assert_eq!(rma(&changed.to_string()), rma(fixtures::RMA_RECEIVED));
}

proptest::proptest! {
    #[test]
    fn amounts_pass_through_unchanged(pennies in 0i64..100_000_000_000, shop_pennies in 0i64..100_000_000_000) {
        let (amount, shop) = (rust_decimal::Decimal::new(pennies, 2), rust_decimal::Decimal::new(shop_pennies, 2));
        let text = format!(r#"{{"amount":{amount},"currency":"EUR","shopAmount":{shop},"shopCurrency":"GBP"}}"#);
        let money: returngo::Money = serde_json::from_str(&text).unwrap();
        proptest::prop_assert_eq!((money.amount, money.shop_amount), (amount, Some(shop)));
        let again: returngo::Money = serde_json::from_str(&serde_json::to_string(&money).unwrap()).unwrap();
        proptest::prop_assert_eq!(again, money);
    }
}
