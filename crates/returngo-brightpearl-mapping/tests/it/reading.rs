//! Worlds and settings as people write them.

use returngo_brightpearl_mapping::{ConnectionSettings, World};
use serde_json::json;

use crate::worlds::{settings, world};

fn refused(settings: serde_json::Value) -> String {
    ConnectionSettings::from_json(&settings.to_string()).unwrap_err().to_string()
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_known_one() {
    for (extra, expected) in [
        (
            json!({"refund_methd_code": "1"}),
            "settings: unknown setting `refund_methd_code`; did you mean `refund_method_code`?",
        ),
        (
            json!({"closeCredit": "never"}),
            "settings: unknown setting `closeCredit`; did you mean `close_credit`?",
        ),
        (
            json!({"fees": {"restock": {}}}),
            "settings, at `fees`: unknown setting `restock`; did you mean `restocking`?",
        ),
        (
            json!({"fees": {"return": {"nominal": "4040", "tax_code": "T20"}}}),
            "settings, at `fees.return`: unknown setting `nominal`; did you mean `nominal_code`?",
        ),
        (
            json!({"return_methods": {"skipp": []}}),
            "settings, at `return_methods`: unknown setting `skipp`; did you mean `skip`?",
        ),
    ] {
        let mut settings = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210"});
        settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(refused(settings), expected);
    }
    let error = refused(json!({"account_id": "acmeoutdoors", "refund_method_code": "1210", "zzz": 1}));
    assert!(error.contains("`zzz`; known settings: account_id, refund_method_code"), "{error}");
}

#[test]
fn an_account_id_that_cannot_be_one_is_refused_with_what_it_looks_like() {
    for (id, problem) in [
        (json!("1008"), "is a number"),
        (json!(1008), "is a number"),
        (json!(" acmeoutdoors"), "has spaces around it"),
        (json!("acme outdoors"), "has other characters"),
        (json!("acme/outdoors"), "has other characters"),
        (json!(""), "is empty"),
    ] {
        let error = refused(json!({"account_id": id, "refund_method_code": "1210"}));
        assert!(error.contains(problem) && error.contains("such as `acmeoutdoors`"), "{error}");
    }
}

#[test]
fn values_of_the_wrong_form_are_refused_with_their_path() {
    for (extra, expected) in [
        (
            json!({"trigger": "shipped"}),
            "at `trigger`: unknown variant `shipped`, expected one of `approved`",
        ),
        (json!({"tenders": {"RefundToStorecredit": "X"}}), "did you mean `RefundToStoreCredit`?"),
        (json!({"tenders": {"InvoicePayment": "X"}}), "unknown refund type `InvoicePayment`"),
        (json!({"tenders": {"RefundToPaymentMethod": {"DOLLARS": "X"}}}), "`DOLLARS` is not a currency"),
        (json!({"price_tolerance": "-0.01"}), "is negative"),
        (json!({"sales_credit_status_id": "new"}), "an id (a positive integer)"),
        (
            json!({"field_map": {"ref": "rma.id"}}),
            "at `field_map.ref`: `rma.id`, column 5: there is no `id` in `rma`",
        ),
        (json!({"customer_reference_prefix": "x".repeat(40)}), "has 40 characters"),
        (json!({"refund_method_code": " 1210"}), "without surrounding spaces"),
    ] {
        let mut settings = json!({"account_id": "acmeoutdoors", "refund_method_code": "1210"});
        settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let error = refused(settings);
        assert!(error.contains(expected), "{error}");
    }
    let error = refused(json!({"account_id": "acmeoutdoors"}));
    assert!(error.contains("missing field `refund_method_code`"), "{error}");
}

#[test]
fn the_five_settings_of_returngos_own_form_are_enough() {
    let settings = settings(
        json!({"sales_credit_status_id": "", "sales_credit_channel_id": "9", "customer_reference_prefix": null}),
    );
    assert_eq!(settings.sales_credit_status_id, None);
    assert_eq!(settings.sales_credit_channel_id, Some(brightpearl::ChannelId::new(9)));
    let written = serde_json::to_string(&settings).unwrap();
    assert_eq!(ConnectionSettings::from_json(&written).unwrap(), settings);
}

#[test]
fn amounts_in_settings_may_be_numbers_or_strings() {
    for tolerance in [json!(0.05), json!("0.05")] {
        let settings = settings(json!({"price_tolerance": tolerance}));
        assert_eq!(settings.price_tolerance.unwrap().to_string(), "0.05");
    }
}

#[test]
fn validation_and_restocking_belong_to_brightpearl() {
    let capabilities = settings(json!({})).capabilities();
    for capability in [capabilities.item_validation, capabilities.restocking] {
        assert!(!capability.enabled && capability.reason.contains("Brightpearl"));
    }
}

#[test]
fn a_world_that_does_not_parse_says_where_and_what_was_expected() {
    for (text, path) in [
        (r#"{"rma": {"rmaSummary": {"rmaId": "12a", "status": "Approved"}}}"#, "rma.rmaSummary.rmaId"),
        (
            r#"{"rma": {"rmaSummary": {"rmaId": "12", "status": "Approved"}}, "credits": [{"id": "x"}]}"#,
            "credits[0].id",
        ),
        (r#"{"order": null}"#, "."),
    ] {
        let error = World::from_json(text).unwrap_err();
        assert_eq!(error.path(), path, "{error}");
    }
}

#[test]
fn a_world_needs_no_more_than_an_rma_and_reads_back_as_it_is_written() {
    let least = r#"{"rma": {"rmaSummary": {"rmaId": 4410021, "status": "Approved"}}, "order": null, "account": {"instanceId": null}}"#;
    for world in [World::from_json(least).unwrap(), world("released_and_written_off")] {
        let written = serde_json::to_string(&world).unwrap();
        assert_eq!(World::from_json(&written).unwrap(), world);
    }
}

#[test]
fn no_lock_of_the_accounting_period_may_be_written_in_several_ways() {
    let read = |account: &str| {
        let rma = r#"{"rmaSummary": {"rmaId": 4410021, "status": "Approved"}}"#;
        World::from_json(&format!(r#"{{"rma": {rma}, "account": {account}}}"#)).unwrap()
    };
    for account in ["{}", r#"{"lockedUntil": null}"#, r#"{"lockedUntil": ""}"#] {
        let world = read(account);
        assert_eq!(world.account.locked_until, None, "{account}");
        assert!(!serde_json::to_string(&world).unwrap().contains("lockedUntil"));
    }
    let locked = read(r#"{"lockedUntil": "2026-03-31"}"#);
    assert_eq!(locked.account.locked_until.unwrap().to_string(), "2026-03-31");
    assert_eq!(World::from_json(&serde_json::to_string(&locked).unwrap()).unwrap(), locked);
}

#[test]
fn shoppers_do_not_print() {
    let world = world("approved");
    let plan = crate::worlds::planned("approved", json!({}));
    for printed in [format!("{world:?}"), format!("{plan:?}")] {
        assert!(
            !printed.contains("Ada") && !printed.contains("ada@example.test") && !printed.contains("LS1 9ZZ")
        );
    }
}

#[test]
fn settings_read_from_toml_as_from_json() {
    let text = r#"
        account_id = "acmeoutdoors"
        refund_method_code = 1210
        sales_credit_status_id = 27
        price_tolerance = 0.05
        order_lookup = ["external_ref"]

        [tenders]
        RefundToStoreCredit = "STORE_CREDIT"
        RefundToPaymentMethod = { USD = "STRIPE_US" }

        [fees.return]
        nominal_code = "4040"
        tax_code = "T20"

        [field_map]
        projectId = 12
        "rows[].nominalCode" = { from = "item.returnReason", map = { Faulty = "4905" }, default = "4000" }
    "#;
    let json = settings(json!({
        "sales_credit_status_id": 27, "price_tolerance": 0.05, "order_lookup": ["external_ref"],
        "tenders": {"RefundToStoreCredit": "STORE_CREDIT", "RefundToPaymentMethod": {"USD": "STRIPE_US"}},
        "fees": {"return": {"nominal_code": "4040", "tax_code": "T20"}},
        "field_map": {
            "projectId": 12,
            "rows[].nominalCode": {"from": "item.returnReason", "map": {"Faulty": "4905"}, "default": "4000"},
        },
    }));
    assert_eq!(ConnectionSettings::from_toml(text).unwrap(), json);
}

#[test]
fn toml_is_refused_as_json_is() {
    let least = "account_id = \"acmeoutdoors\"\nrefund_method_code = \"1210\"\n";
    for (more, expected) in [
        ("refund_methd_code = 1", "unknown setting `refund_methd_code`; did you mean `refund_method_code`?"),
        ("[fees.restock]\n", "settings, at `fees`: unknown setting `restock`; did you mean `restocking`?"),
        ("[field_map]\nref = \"rma.id\"", "at `field_map.ref`: `rma.id`, column 5"),
        ("trigger = ", "line 3"),
    ] {
        let error = ConnectionSettings::from_toml(&format!("{least}{more}")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// What a user of ReturnGO's own integration copies out of its form
/// (docs/evidence/returngo.md#integration-with-brightpearl).
#[test]
fn the_five_settings_of_returngos_own_integration_are_a_complete_configuration() {
    let copied = r#"{
        "account_id": "acmeoutdoors",
        "refund_method_code": "1210",
        "sales_credit_status_id": "27",
        "sales_credit_channel_id": "9",
        "customer_reference_prefix": "RMA"
    }"#;
    let plan = returngo_brightpearl_mapping::plan(
        &world("approved"),
        &ConnectionSettings::from_json(copied).unwrap(),
    );
    assert!(plan.reviews.is_empty() && plan.warnings.is_empty(), "{plan:#?}");
    let [returngo_brightpearl_mapping::Effect::CreateSalesCredit { body, .. }] = plan.effects.as_slice()
    else {
        panic!("{plan:#?}")
    };
    assert_eq!(body.status_id.unwrap().get(), 27);
    assert_eq!(body.channel_id.unwrap().get(), 9);
    assert_eq!(body.reference.as_deref(), Some("RMA4410021"));
}
