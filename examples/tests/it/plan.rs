//! `plan`: a dry run without network.

use serde_json::Value;

use crate::{example, succeeded};

fn plan(world: &str) -> Value {
    let output = example("plan").args([world, "worlds/settings.json"]).output().unwrap();
    serde_json::from_str(succeeded(&output)).unwrap()
}

fn kinds(plan: &Value) -> Vec<&str> {
    plan["effects"].as_array().unwrap().iter().map(|effect| effect["kind"].as_str().unwrap()).collect()
}

#[test]
fn an_approved_rma_becomes_a_credit() {
    let plan = plan("worlds/approved.json");
    assert_eq!(kinds(&plan), ["createSalesCredit"]);
    let effect = &plan["effects"][0];
    assert_eq!(effect["key"], "RGO-4410021");
    let body = &effect["body"];
    assert_eq!(body["ref"], "RMA4410021");
    assert_eq!(body["parentId"], 300871);
    assert_eq!(body["statusId"], 27);
    assert_eq!(body["channelId"], 9);
    assert_eq!(body["rows"][0]["net"], "66.6667");
    assert_eq!(body["rows"][0]["tax"], "13.33");
    assert_eq!(body["taxDate"], "2026-05-04T00:00:00.000+01:00");
    assert_eq!(plan["reviews"], serde_json::json!([]));
    assert_eq!(plan["state"]["credit"], Value::Null);
    assert_eq!(plan["state"]["units"][2]["state"], "expected");
}

#[test]
fn goods_in_quarantine_move_the_shipment() {
    let plan = plan("worlds/received.json");
    assert_eq!(kinds(&plan), ["updateShipment", "addRmaComment"]);
    assert_eq!(plan["effects"][0]["body"]["status"], "Received");
    assert_eq!(plan["state"]["units"][0]["state"], "quarantined");
}

#[test]
fn a_refund_is_recorded_on_the_credit() {
    let plan = plan("worlds/refunded.json");
    let payment =
        &plan["effects"].as_array().unwrap().iter().find(|effect| effect["kind"] == "recordPayment").unwrap();
    assert_eq!(payment["key"], "RGO-4410021-778120");
    assert_eq!(payment["orderId"], 300955);
    assert_eq!(payment["body"]["amountPaid"], "89.99");
    assert_eq!(payment["body"]["paymentType"], "PAYMENT");
    assert_eq!(payment["body"]["paymentMethodCode"], "STRIPE_UK");
    assert_eq!(plan["state"]["refunds"][0]["state"], "pending");
}

#[test]
fn explain_says_in_words_why() {
    let output =
        example("plan").args(["--explain", "worlds/approved.json", "worlds/settings.json"]).output().unwrap();
    let text = succeeded(&output);
    for said in [
        "trigger `approved` is reached",
        "Create the sales credit [RGO-4410021]",
        "net 66.6667 = 100.0000 × 2/3 − 100.0000 × 0/3",
    ] {
        assert!(text.contains(said), "{said:?} is missing from:\n{text}");
    }
}
