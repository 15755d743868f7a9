//! The connection check: whatever would make returns fail is a failure with advice.

mod connections;
mod inputs;

use returngo_brightpearl_mapping::{
    ConnectionSettings, World,
    check::{Finding, Mark, check_settings},
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
    check_settings(&World::from_json(&world.to_string()).unwrap().account, &settings)
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
        (json!({"sales_credit_status_id": 99}), "sales_credit_status_id", "order status 99 does not exist"),
        (
            json!({"sales_credit_status_id": 5}),
            "sales_credit_status_id",
            "for orders of type SO, not for sales credits",
        ),
        (json!({"sales_credit_channel_id": 77}), "sales_credit_channel_id", "channel 77 does not exist"),
        (
            json!({"adjustments": {"nominal_code": "9999", "tax_code": "T20"}}),
            "adjustments",
            "nominal code 9999 does not exist",
        ),
        (
            json!({"fees": {"return": {"nominal_code": "4040", "tax_code": "T99"}}}),
            "fees.return",
            "tax code `T99` does not exist",
        ),
        (json!({"warehouses": {"Courier": 8}}), "warehouses.Courier", "warehouse 8 does not exist"),
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
    assert!(finding.message.contains("without a journal"), "{finding}");
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

#[test]
fn what_becomes_of_refunds_in_other_currencies_is_said() {
    let add = |account: &mut Value| {
        account["currencies"] = json!([
            {"id": 1, "code": "GBP", "name": "Pounds", "symbol": "£", "exchangeRate": "1.0", "isDefault": true},
            {"id": 2, "code": "USD", "name": "Dollars", "symbol": "$", "exchangeRate": "1.25", "isDefault": false},
            {"id": 3, "code": "JPY", "name": "Yen", "symbol": "¥", "exchangeRate": "190", "isDefault": false}]);
        let bank = json!({"id": 8, "name": "Bank transfer", "code": "BANK", "isActive": true, "bankAccounts": [
            {"currencyIsoCode": "GBP", "bankAccountNominalCode": "1210"},
            {"currencyIsoCode": "USD", "bankAccountNominalCode": "1220"}]});
        account["paymentMethods"].as_array_mut().unwrap().push(bank);
        let dollars =
            json!({"id": 55, "code": "1220", "name": "Dollar account", "bank": true, "active": true});
        account["nominalCodes"].as_array_mut().unwrap().push(dollars);
    };
    let findings = findings(json!({"refund_method_code": "BANK"}), add);
    let said: Vec<String> = findings
        .iter()
        .filter(|finding| finding.subject == "refund_method_code")
        .map(|finding| format!("{} {}", finding.mark, finding.message))
        .collect();
    assert_eq!(
        said[1..],
        [
            "✓ refunds in other currencies: USD to 1220 Dollar account",
            "! refunds in JPY are posted to the base currency's bank account",
        ]
    );
}

#[test]
fn a_bank_account_of_another_currency_leaves_the_others_to_a_person() {
    let pounds_only = |account: &mut Value| {
        account["currencies"] = json!([
            {"id": 1, "code": "GBP", "name": "Pounds", "symbol": "£", "exchangeRate": "1.0", "isDefault": true},
            {"id": 2, "code": "USD", "name": "Dollars", "symbol": "$", "exchangeRate": "1.25", "isDefault": false}]);
        for nominal in account["nominalCodes"].as_array_mut().unwrap() {
            nominal["currencyId"] = json!(1);
        }
    };
    let findings = findings(json!({}), pounds_only);
    let said: Vec<&Finding> =
        findings.iter().filter(|finding| finding.subject == "refund_method_code").collect();
    assert_eq!(said[1].mark, Mark::Warning);
    assert!(said[1].message.starts_with("refunds in USD cannot be recorded"), "{}", said[1]);
}

#[test]
fn a_warehouse_without_a_known_quarantine_warns_also_where_none_is_named() {
    let forget = |account: &mut Value| {
        for warehouse in account["warehouses"].as_array_mut().unwrap() {
            warehouse["quarantineLocationId"] = json!(null);
        }
    };
    for (settings, subject) in
        [(json!({}), "warehouses"), (json!({"warehouses": {"default": 2}}), "warehouses.default")]
    {
        let findings = findings(settings, forget);
        assert_eq!(finding(&findings, subject).mark, Mark::Warning);
    }
}

#[test]
fn what_a_field_map_says_by_itself_is_looked_up() {
    for (map, subject, mark, says) in [
        (json!({"statusId": 27}), "field_map.statusId", Mark::Pass, "the account has 27"),
        (
            json!({"statusId": 5}),
            "field_map.statusId",
            Mark::Failure,
            "does not have the active sales credit status 5",
        ),
        (json!({"channelId": 77}), "field_map.channelId", Mark::Failure, "does not have the channel 77"),
        (json!({"warehouseId": 8}), "field_map.warehouseId", Mark::Failure, "does not have the warehouse 8"),
        (
            json!({"rows[].nominalCode": {"from": "item.returnReason", "map": {"Faulty": "4040"}, "default": "9999"}}),
            "field_map.rows[].nominalCode",
            Mark::Failure,
            "does not have the active nominal code 9999",
        ),
        (
            json!({"rows[].taxCode": {"from": "item.returnReason", "map": {"Faulty": "T20"}, "default": "T99"}}),
            "field_map.rows[].taxCode",
            Mark::Failure,
            "does not have the tax code T99",
        ),
        (
            json!({"rows[].nominalCode": "row.nominalCode"}),
            "field_map.rows[].nominalCode",
            Mark::Pass,
            "calculated for each return",
        ),
    ] {
        let findings = findings(json!({"field_map": map}), |_| {});
        let finding = finding(&findings, subject);
        assert_eq!(finding.mark, mark, "{finding}");
        assert!(finding.message.contains(says), "{finding}");
    }
}

#[test]
fn a_payment_method_of_an_app_and_a_period_lock_are_told() {
    let open = findings(json!({}), |_| {});
    assert!(!open.iter().any(|found| found.subject.contains("periods")));
    let findings = findings(json!({}), |account| {
        account["lockedUntil"] = "2031-03-31".into();
        for method in account["paymentMethods"].as_array_mut().unwrap() {
            method["installedIntegrationId"] = 52.into();
        }
    });
    let warning = finding(&findings, "payment method STRIPE_UK");
    assert!(warning.mark == Mark::Warning && warning.message.contains("installed app"), "{warning:?}");
    let other = findings.iter().filter(|found| found.subject.starts_with("payment method "));
    assert_eq!(other.count(), 1, "only methods of the settings");
    assert!(finding(&findings, "accounting periods").message.contains("2031-03-31"));
}
