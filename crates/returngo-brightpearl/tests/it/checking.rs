//! The connection check: each setting that would make returns fail is a failure with advice.

use returngo_brightpearl::{
    ConnectionSettings, World,
    check::{Finding, Mark, check},
};
use serde_json::{Value, json};

fn findings(settings: Value, change: impl FnOnce(&mut Value)) -> Vec<Finding> {
    let mut world: Value = serde_json::from_str(include_str!("../../worlds/recorded.json")).unwrap();
    let account = &mut world["account"];
    account["nominalCodes"].as_array_mut().unwrap().extend([
        json!({"id": 52, "code": "1100", "name": "Debtors", "bank": false, "active": true}),
        json!({"id": 59, "code": "4040", "name": "Return fees", "bank": false, "active": true}),
    ]);
    change(account);
    let mut all = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210"});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let settings = ConnectionSettings::from_json(&all.to_string()).unwrap();
    check(&World::from_json(&world.to_string()).unwrap().account, &settings)
}

fn finding<'f>(findings: &'f [Finding], subject: &str) -> &'f Finding {
    findings
        .iter()
        .find(|finding| finding.subject == subject)
        .unwrap_or_else(|| panic!("no finding on {subject}"))
}

#[test]
fn a_good_connection_passes_and_says_where_the_money_goes() {
    let settings = json!({"sales_credit_status_id": 27, "sales_credit_channel_id": 9, "warehouses": {"default": 2},
        "fees": {"return": {"nominal_code": "4040", "tax_code": "T20"}}});
    let findings = findings(settings, |_| {});
    assert!(
        findings.iter().all(|finding| finding.mark == Mark::Pass && finding.advice.is_none()),
        "{findings:#?}"
    );
    assert_eq!(
        finding(&findings, "refund_method_code").message,
        "bank account 1210 (Stripe UK) pays refunds in GBP through STRIPE_UK, posted to bank account 1210 Card settlement"
    );
    assert_eq!(finding(&findings, "sales_credit_status_id").message, "status 27 (Return in transit)");
    assert_eq!(
        finding(&findings, "fees.return").message,
        "posted to 4040 (Return fees) with tax code T20 at 20 %"
    );
}

#[test]
fn what_would_fail_is_a_failure_with_advice() {
    for (settings, subject, says) in [
        (
            json!({"refund_method_code": "9999"}),
            "refund_method_code",
            "neither a payment method's code nor an account",
        ),
        (json!({"refund_method_code": "1100"}), "refund_method_code", "not a bank account"),
        (json!({"sales_credit_status_id": 99}), "sales_credit_status_id", "there is no order status 99"),
        (
            json!({"sales_credit_status_id": 5}),
            "sales_credit_status_id",
            "for orders of type SO, not for sales credits",
        ),
        (json!({"sales_credit_channel_id": 77}), "sales_credit_channel_id", "there is no channel 77"),
        (
            json!({"adjustments": {"nominal_code": "9999", "tax_code": "T20"}}),
            "adjustments",
            "there is no nominal code 9999",
        ),
        (
            json!({"fees": {"return": {"nominal_code": "4040", "tax_code": "T99"}}}),
            "fees.return",
            "there is no tax code `T99`",
        ),
        (json!({"warehouses": {"Courier": 8}}), "warehouses.Courier", "there is no warehouse 8"),
        (
            json!({"tenders": {"RefundToStoreCredit": "VOUCHER"}}),
            "tenders.RefundToStoreCredit",
            "`VOUCHER` is neither",
        ),
    ] {
        let findings = findings(settings, |_| {});
        let finding = finding(&findings, subject);
        assert_eq!(finding.mark, Mark::Failure, "{finding}");
        assert!(finding.message.contains(says), "{finding}");
        assert!(finding.advice.is_some(), "{finding}");
    }
}

#[test]
fn a_disabled_status_fails_and_a_missing_instance_warns() {
    let disable = |account: &mut Value| {
        for status in account["orderStatuses"].as_array_mut().unwrap() {
            status["disabled"] = json!(true);
        }
        account["instanceId"] = json!(null);
    };
    let findings = findings(json!({"sales_credit_status_id": 27}), disable);
    assert_eq!(finding(&findings, "sales_credit_status_id").mark, Mark::Failure);
    assert_eq!(finding(&findings, "instance").mark, Mark::Warning);
}

#[test]
fn a_method_without_a_bank_account_warns_that_no_journal_is_made() {
    let add = |account: &mut Value| {
        let method = json!({"id": 9, "name": "Store credit", "code": "STORE_CREDIT", "isActive": true, "bankAccounts": []});
        account["paymentMethods"].as_array_mut().unwrap().push(method);
    };
    let findings = findings(json!({"tenders": {"RefundToStoreCredit": "STORE_CREDIT"}}), add);
    let finding = finding(&findings, "tenders.RefundToStoreCredit");
    assert_eq!(finding.mark, Mark::Warning);
    assert!(finding.message.contains("no journal is made"), "{finding}");
}

#[test]
fn without_the_account_s_configuration_nothing_is_taken_for_granted() {
    let findings = findings(json!({}), |account| {
        account["timeZone"] = json!(null);
        account["baseCurrencyCode"] = json!(null);
    });
    assert_eq!(finding(&findings, "account").mark, Mark::Failure);
    assert_eq!(finding(&findings, "refund_method_code").mark, Mark::Failure);
}
