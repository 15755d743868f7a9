//! Reconciliation: every refund matched, every difference named.

use returngo_brightpearl::{
    ConnectionSettings, World,
    reconcile::{Line, LineCode, reconcile, totals},
};
use rust_decimal_macros::dec;
use serde_json::{Value, json};

const RECORDED: &str = include_str!("../../worlds/recorded.json");

fn settings(more: Value) -> ConnectionSettings {
    let mut settings = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210"});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ConnectionSettings::from_json(&settings.to_string()).unwrap()
}

/// The lines of the recorded world after a change, under the least settings.
fn lines_after(change: impl FnOnce(&mut Value)) -> Vec<Line> {
    let mut world: Value = serde_json::from_str(RECORDED).unwrap();
    change(&mut world);
    reconcile(&World::from_json(&world.to_string()).unwrap(), &settings(json!({})))
}

fn codes(lines: &[Line]) -> Vec<LineCode> {
    lines.iter().map(|line| line.code).collect()
}

#[test]
fn a_refund_that_is_recorded_with_its_journal_matches() {
    let lines = lines_after(|_| {});
    assert_eq!(codes(&lines), [LineCode::Matched]);
    assert_eq!(lines[0].message, "recorded as payment 551207, journal 902114, bank account 1210");
    let totals = totals(&lines);
    assert_eq!(totals.len(), 1);
    assert_eq!((totals[0].amount, totals[0].payments), (dec!(89.99), 1));
    assert_eq!(totals[0].bank_account.as_ref().unwrap().as_str(), "1210");
}

/// Changes a world; the second argument sets a field of its payment.
type Change = fn(&mut Value, &dyn Fn(&mut Value, &str, Value));

#[test]
fn every_difference_has_its_name() {
    let payment = |world: &mut Value, field: &str, value: Value| world["payments"][0][field] = value;
    let cases: [(LineCode, Change); 7] = [
        (LineCode::MissingInBrightpearl, |world, _| world["payments"] = json!([])),
        (LineCode::AmountDiffers, |world, set| set(world, "amountPaid", json!("80.00"))),
        (LineCode::CurrencyDiffers, |world, set| set(world, "currencyCode", json!("USD"))),
        (LineCode::NoJournal, |world, set| set(world, "journalId", json!(null))),
        (LineCode::CreditMissing, |world, _| world["credits"] = json!([])),
        (LineCode::WrongBankAccount, |world, set| {
            let other = json!({"id": 8, "name": "Bank transfer", "code": "BANK", "isActive": true,
                "bankAccounts": [{"currencyIsoCode": "GBP", "bankAccountNominalCode": "1200"}]});
            world["account"]["paymentMethods"].as_array_mut().unwrap().push(other);
            set(world, "paymentMethodCode", json!("BANK"));
        }),
        (LineCode::PossibleDuplicate, |world, set| set(world, "transactionRef", json!("typed by hand"))),
    ];
    for (expected, change) in cases {
        let lines = lines_after(|world| change(world, &payment));
        assert_eq!(lines[0].code, expected, "{lines:?}");
        assert_eq!(lines[0].transaction_id.as_ref().unwrap().as_str(), "778120");
        assert!(lines[0].message.contains(": "), "says what to do next: {}", lines[0].message);
    }
}

#[test]
fn a_payment_that_no_refund_explains_is_a_line_of_its_own() {
    let lines = lines_after(|world| world["rma"]["transactions"] = json!([]));
    assert_eq!(codes(&lines), [LineCode::MissingInReturngo]);
    assert_eq!(lines[0].payment_id.unwrap().get(), 551207);
}

#[test]
fn a_refund_that_failed_is_not_expected_in_the_books() {
    let lines = lines_after(|world| {
        world["rma"]["transactions"][0]["status"] = json!("Failed");
        world["payments"] = json!([]);
    });
    assert_eq!(lines, []);
}

#[test]
fn money_that_went_out_for_goods_that_did_not_come_in_is_named() {
    let lines = lines_after(|world| world["goodsInNotes"] = json!({}));
    assert_eq!(codes(&lines), [LineCode::Matched, LineCode::GoodsOutstanding]);
    assert!(lines[1].message.contains("3 of 3 units have not come (5600011, 5600012, 5600013)"));
}

#[test]
fn an_open_credit_is_named_only_where_it_was_to_be_closed() {
    let world = World::from_json(RECORDED).unwrap();
    let lines = reconcile(&world, &settings(json!({"close_credit": "when_refunded"})));
    assert_eq!(codes(&lines), [LineCode::Matched, LineCode::CreditNotClosed]);
}

#[test]
fn a_second_payment_under_one_key_is_a_line_of_its_own() {
    let lines = lines_after(|world| {
        let mut second = world["payments"][0].clone();
        second["paymentId"] = json!(551_208);
        world["payments"].as_array_mut().unwrap().push(second);
    });
    assert_eq!(codes(&lines)[..2], [LineCode::Matched, LineCode::PossibleDuplicate]);
    assert_eq!(lines[1].payment_id.unwrap().get(), 551_208);
    assert_eq!(totals(&lines)[0].amount, dec!(179.98));
}

#[test]
fn a_thing_that_is_listed_twice_counts_once_and_signs_are_not_trusted() {
    let lines = lines_after(|world| {
        for list in ["/payments", "/rma/transactions"] {
            let list = world.pointer_mut(list).unwrap().as_array_mut().unwrap();
            list.push(list[0].clone());
        }
        world["payments"][0]["amountPaid"] = json!("-89.99");
        world["payments"][1]["amountPaid"] = json!("-89.99");
    });
    assert_eq!(codes(&lines), [LineCode::Matched]);
}
