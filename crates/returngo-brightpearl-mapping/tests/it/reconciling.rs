//! Reconciliation: every refund matched, every difference named.

use brightpearl::{JournalId, accounting::Journal};
use jiff::civil::{Date, date};
use returngo_brightpearl_mapping::{
    ConnectionSettings, World, keys,
    reconcile::{COLUMNS, Days, Line, LineCode, Report, reconcile, totals},
};
use rust_decimal_macros::dec;
use serde_json::{Value, json};

use crate::worlds::settings;

const RECORDED: &str = include_str!("../../worlds/recorded.json");

/// The recorded world after a change.
fn world_after(change: impl FnOnce(&mut Value)) -> World {
    let mut world: Value = serde_json::from_str(RECORDED).unwrap();
    change(&mut world);
    World::from_json(&world.to_string()).unwrap()
}

/// The lines of the recorded world after a change, under the least settings.
fn lines_after(change: impl FnOnce(&mut Value)) -> Vec<Line> {
    reconcile(&world_after(change), &[], &settings(json!({})))
}

fn codes(lines: &[Line]) -> Vec<LineCode> {
    lines.iter().map(|line| line.code).collect()
}

fn set(world: &mut Value, field: &str, value: Value) {
    world["payments"][0][field] = value;
}

fn push(world: &mut Value, pointer: &str, value: Value) {
    world.pointer_mut(pointer).unwrap().as_array_mut().unwrap().push(value);
}

#[test]
fn a_refund_that_is_recorded_with_its_journal_matches() {
    let lines = lines_after(|_| {});
    assert_eq!(codes(&lines), [LineCode::Matched]);
    assert_eq!(lines[0].message, "recorded as payment 551207, journal 902114, bank account 1210");
    let totals = totals(&lines);
    assert_eq!(totals.len(), 1);
    assert_eq!(totals[0].to_string(), "bank account 1210: 89.99 GBP refunded (1), 89.99 GBP recorded (1)");
}

#[test]
fn every_difference_of_a_refund_has_its_name() {
    type Change = fn(&mut Value);
    let cases: [(LineCode, Change, &str); 9] = [
        (LineCode::MissingInBrightpearl, |world| world["payments"] = json!([]), "synchronize the RMA"),
        (LineCode::AmountDiffers, |world| set(world, "amountPaid", json!("80.00")), "correct the payment"),
        (LineCode::CurrencyDiffers, |world| set(world, "currencyCode", json!("USD")), "correct the payment"),
        (
            LineCode::CurrencyDiffers,
            |world| {
                world["payments"] = json!([]);
                world["rma"]["transactions"][0]["amount"] = json!({"amount": 105.5, "currency": "EUR"});
            },
            "record the refund manually",
        ),
        (LineCode::NoJournal, |world| set(world, "journalId", json!(null)), "post the journal manually"),
        (LineCode::CreditMissing, |world| world["credits"] = json!([]), "check the RMA's plan"),
        (
            LineCode::WrongBankAccount,
            |world| {
                let other = json!({"id": 8, "name": "Bank transfer", "code": "BANK", "isActive": true,
                    "bankAccounts": [{"currencyIsoCode": "GBP", "bankAccountNominalCode": "1200"}]});
                push(world, "/account/paymentMethods", other);
                set(world, "paymentMethodCode", json!("BANK"));
            },
            "instead of 1210: transfer the amount",
        ),
        (
            LineCode::PossibleDuplicate,
            |world| set(world, "transactionRef", json!("typed by hand")),
            "record it again with the reference RGO-4410021-778120",
        ),
        (
            LineCode::PossibleDuplicate,
            |world| set(world, "transactionRef", json!(null)),
            "record it again with the reference RGO-4410021-778120",
        ),
    ];
    for (expected, change, says) in cases {
        let lines = lines_after(change);
        assert_eq!(lines[0].code, expected, "{lines:?}");
        assert_eq!(lines[0].transaction_id.as_ref().unwrap().as_str(), "778120");
        assert!(lines[0].message.contains(says), "says what to do next: {}", lines[0].message);
    }
}

#[test]
fn a_payment_that_no_refund_explains_is_a_line_of_its_own() {
    let lines = lines_after(|world| world["rma"]["transactions"] = json!([]));
    assert_eq!(codes(&lines), [LineCode::MissingInReturngo]);
    assert_eq!(lines[0].payment_id.unwrap().get(), 551207);
    assert!(lines[0].refunded.is_none() && lines[0].recorded.is_some());
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
fn a_payment_for_a_refund_that_failed_is_named() {
    let lines = lines_after(|world| world["rma"]["transactions"][0]["status"] = json!("Failed"));
    assert_eq!(codes(&lines), [LineCode::MissingInReturngo]);
    assert!(
        lines[0].message.contains("refund 778120, which has the status Failed in ReturnGO"),
        "{}",
        lines[0]
    );
}

#[test]
fn money_that_went_out_for_goods_that_did_not_come_in_is_named() {
    let lines = lines_after(|world| world["goodsInNotes"] = json!({}));
    assert_eq!(codes(&lines), [LineCode::Matched, LineCode::GoodsOutstanding]);
    assert!(lines[1].message.contains("3 of 3 units were not received (5600011, 5600012, 5600013)"));
}

#[test]
fn an_open_credit_is_named_only_where_it_was_to_be_closed() {
    let world = World::from_json(RECORDED).unwrap();
    let lines = reconcile(&world, &[], &settings(json!({"close_credit": "when_refunded"})));
    assert_eq!(codes(&lines), [LineCode::Matched, LineCode::CreditNotClosed]);
}

#[test]
fn a_second_payment_under_one_key_is_a_line_of_its_own() {
    let lines = lines_after(|world| {
        let mut second = world["payments"][0].clone();
        second["paymentId"] = json!(551_208);
        push(world, "/payments", second);
    });
    assert_eq!(codes(&lines)[..2], [LineCode::Matched, LineCode::PossibleDuplicate]);
    assert_eq!(lines[1].payment_id.unwrap().get(), 551_208);
    let totals = totals(&lines);
    assert_eq!((totals[0].refunded, totals[0].recorded), (dec!(89.99), dec!(179.98)));
    assert_eq!(totals[0].difference(), dec!(-89.99));
    assert!(totals[0].to_string().ends_with("difference -89.99 GBP"), "{}", totals[0]);
}

#[test]
fn a_thing_that_is_listed_twice_counts_once_and_signs_are_not_trusted() {
    let lines = lines_after(|world| {
        for list in ["/payments", "/rma/transactions"] {
            let first = world.pointer(list).unwrap()[0].clone();
            push(world, list, first);
        }
        world["payments"][0]["amountPaid"] = json!("-89.99");
        world["payments"][1]["amountPaid"] = json!("-89.99");
    });
    assert_eq!(codes(&lines), [LineCode::Matched]);
}

/// The journal of the recorded payment, posted to this account.
fn journal(bank_account: &str) -> Journal {
    let journal = json!({"id": 902_114, "journalTypeCode": "SR",
        "credits": [{"nominalCode": bank_account, "change": {"value": "89.99"}}],
        "debits": [{"nominalCode": "1100", "change": {"value": "89.99"}}]});
    serde_json::from_value(journal).unwrap()
}

#[test]
fn the_journal_says_where_the_money_really_went() {
    let world = world_after(|world| {
        let other =
            json!({"id": 53, "code": "1200", "name": "Current account", "bank": true, "active": true});
        push(world, "/account/nominalCodes", other);
    });
    let least = settings(json!({}));
    assert_eq!(codes(&reconcile(&world, &[journal("1210")], &least)), [LineCode::Matched]);
    let moved = reconcile(&world, &[journal("1200")], &least);
    assert_eq!(codes(&moved), [LineCode::WrongBankAccount]);
    assert_eq!(moved[0].bank_account.as_ref().unwrap().as_str(), "1200");
    let another = Journal { id: JournalId::new(7), ..journal("1200") };
    assert_eq!(
        codes(&reconcile(&world, &[another], &least)),
        [LineCode::Matched],
        "the journal of another payment"
    );
}

#[test]
fn where_refunds_are_only_noted_a_payment_by_hand_is_the_refund_s() {
    let by_hand = |world: &mut Value| {
        set(world, "transactionRef", json!(null));
        let mut again = world["rma"]["transactions"][0].clone();
        again["id"] = json!("778121");
        push(world, "/rma/transactions", again);
    };
    let noting: ConnectionSettings = settings(json!({"refunds": "note"}));
    let lines = reconcile(&world_after(by_hand), &[], &noting);
    assert_eq!(
        codes(&lines),
        [LineCode::Matched, LineCode::MissingInBrightpearl],
        "one payment, two refunds"
    );
    assert!(lines[1].message.contains("record it manually"), "{}", lines[1]);
}

fn days(from: Option<Date>, to: Option<Date>) -> Days {
    Days::new(from, to).unwrap()
}

#[test]
fn a_report_is_for_days_in_the_account_s_zone() {
    // An hour before midnight in UTC is the next day in London's summer.
    let late = |world: &mut Value| {
        for field in ["createdAt", "lastUpdated"] {
            world["rma"]["transactions"][0][field] = json!("2026-05-10T23:30:00+00:00");
        }
        world["goodsInNotes"] = json!({});
    };
    let lines = lines_after(late);
    assert_eq!(lines[0].date, Some(date(2026, 5, 11)));
    assert_eq!(codes(&lines), [LineCode::Matched, LineCode::GoodsOutstanding]);
    for (days, kept) in [
        (days(None, None), 2),
        (days(Some(date(2026, 5, 11)), Some(date(2026, 5, 11))), 2),
        (days(Some(date(2026, 5, 12)), None), 0),
        (days(None, Some(date(2026, 5, 10))), 0),
    ] {
        let report = Report::new(days, lines.clone());
        assert_eq!(report.lines.len(), kept, "{days:?}");
        assert_eq!(report.totals.len(), kept.min(1), "{days:?}");
        assert_eq!(report.differences().count(), kept / 2, "{days:?}");
    }
}

#[test]
fn days_end_after_they_begin() {
    let error = Days::new(Some(date(2026, 5, 12)), Some(date(2026, 5, 11))).unwrap_err();
    assert_eq!(error.to_string(), "invalid period: 2026-05-12 is after 2026-05-11");
    let zone = jiff::tz::TimeZone::get("Europe/London").unwrap();
    let one = days(Some(date(2026, 5, 11)), Some(date(2026, 5, 11)));
    assert_eq!(one.begin(&zone).unwrap().to_string(), "2026-05-10T23:00:00Z");
    assert_eq!(one.end(&zone).unwrap().to_string(), "2026-05-11T23:00:00Z");
}

#[test]
fn a_line_goes_out_as_cells_under_the_same_columns() {
    let lines = lines_after(|world| set(world, "amountPaid", json!("80.00")));
    let cells: Vec<(&str, String)> = COLUMNS.into_iter().zip(lines[0].cells()).collect();
    let expected = [
        ("date", "2026-05-10"),
        ("rma_id", "4410021"),
        ("code", "AmountDiffers"),
        ("refunded", "89.99"),
        ("refunded_currency", "GBP"),
        ("recorded", "80.00"),
        ("recorded_currency", "GBP"),
        ("bank_account", "1210"),
        ("transaction_id", "778120"),
        ("sales_credit_id", "300955"),
        ("payment_id", "551207"),
        ("journal_id", "902114"),
        (
            "message",
            "refunded 89.99 GBP, but recorded 80.00 GBP as payment 551207: correct the payment in Brightpearl",
        ),
    ];
    assert_eq!(cells, expected.map(|(column, cell)| (column, cell.to_owned())));
}

#[test]
fn a_report_goes_out_as_json() {
    let report = Report::new(days(Some(date(2026, 5, 1)), None), lines_after(|_| {}));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["from"], "2026-05-01");
    assert_eq!(json["to"], Value::Null);
    assert_eq!(json["lines"][0]["refunded"], json!({"value": "89.99", "currency": "GBP"}));
    assert_eq!(json["lines"][0]["salesCreditId"], 300_955);
    assert_eq!(
        json["totals"],
        json!([{"currency": "GBP", "bankAccount": "1210", "refunds": 1, "refunded": "89.99", "payments": 1, "recorded": "89.99"}])
    );
}

#[test]
fn a_payment_s_reference_says_whose_it_is() {
    assert_eq!(keys::rma_of_refund("RGO-4410021-778120"), Some("4410021".parse().unwrap()));
    for other in ["RGO-4410021", "RGO-R884001-5600011", "RGO-F-return", "4410021-778120", "typed by hand"] {
        assert_eq!(keys::rma_of_refund(other), None, "{other}");
    }
}
