//! Every kind of effect is written where it belongs.

use brightpearl::{
    Patch,
    order::{NewOrderNote, StatusChange},
};
use returngo::{RmaStatus, ShipmentStatus, ShipmentUpdate};
use returngo_brightpearl_mapping::{
    Effect, plan,
    plan::{Empty, RmaComment, RmaStatusUpdate},
};
use returngo_brightpearl_sync::{EffectOutcome, Write, describe};

use crate::support::Shop;

/// Its kind, as plans are written.
fn kind(effect: &Effect) -> String {
    serde_json::to_value(effect).unwrap()["kind"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_effect_is_written() {
    let shop = Shop::open(1).await;
    let rma = shop.scene.rmas[0].clone();
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    let reader = connection.reader().await.unwrap();
    let mut kinds = Vec::new();
    let mut write = async |effect: Effect| {
        kinds.push(kind(&effect));
        assert_ne!(describe(&effect), effect.key(), "it is told in words");
        let written = connection.writer().apply(&[Write { rma: rma.clone(), effect: effect.clone() }]).await;
        assert!(matches!(written[0].outcome, EffectOutcome::Applied { .. }), "{effect:?}: {written:?}");
    };

    shop.scene.approve(&rma).unwrap();
    let planned = plan(&reader.world(&rma).await.unwrap(), &connection.settings).effects;
    for effect in planned.into_iter().filter(|effect| kind(effect) == "createSalesCredit") {
        write(effect).await;
    }
    let credit = shop.scene.credit(&rma).unwrap();
    let order_id = credit.id;
    shop.scene.refund(&rma).unwrap();
    let planned = plan(&reader.world(&rma).await.unwrap(), &connection.settings).effects;
    for effect in planned.into_iter().filter(|effect| kind(effect) == "recordPayment") {
        write(effect).await;
    }
    let key = || "a-test".to_owned();
    let row = serde_json::from_value(serde_json::json!({
        "productName": "Refund above the credit", "quantity": {"magnitude": "1"},
        "rowValue": {"taxCode": "T20", "rowNet": {"value": "1.00"}, "rowTax": {"value": "0.20"}}
    }));
    write(Effect::AddOrderRow { key: key(), order_id, body: row.unwrap() }).await;
    let body = NewOrderNote { text: "a note".to_owned(), is_public: false };
    write(Effect::AddOrderNote { key: key(), order_id, body }).await;
    let statuses = reader.account.order_statuses.iter();
    let of_credits = statuses.filter(|status| status.order_type_code.as_str() == "SC");
    let another = of_credits
        .map(|status| status.status_id)
        .find(|status| *status != credit.order_status.order_status_id);
    let body = StatusChange { order_status_id: another.unwrap(), order_note: None };
    write(Effect::SetOrderStatus { key: key(), order_id, body }).await;
    let body = Patch::new().add("/PCF_RETURN", "a test");
    write(Effect::SetCustomFields { key: key(), order_id, body }).await;
    let shipment = shop.scene.returngo.rma(&rma).unwrap().shipments[0].clone();
    let body = ShipmentUpdate { status: Some(ShipmentStatus::Received), ..ShipmentUpdate::default() };
    write(Effect::UpdateShipment { key: key(), shipment_id: shipment.shipment_id, body }).await;
    let body = RmaStatusUpdate { status: RmaStatus::Received };
    write(Effect::SetRmaStatus { key: key(), body }).await;
    let body = RmaComment { html_text: "a comment".to_owned() };
    write(Effect::AddRmaComment { key: key(), body }).await;
    write(Effect::CloseSalesCredit { key: key(), order_id, body: Empty {} }).await;

    assert_eq!(shop.scene.brightpearl.payments_on(order_id).len(), 1);
    assert!(shop.scene.brightpearl.notes_of(order_id).iter().any(|note| note.text == "a note"));
    assert_eq!(*shop.scene.returngo.rma(&rma).unwrap().status(), RmaStatus::Received);
    // A kind that is new in plan.rs is missing here, and in `apply`.
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "addOrderNote",
            "addOrderRow",
            "addRmaComment",
            "closeSalesCredit",
            "createSalesCredit",
            "recordPayment",
            "setCustomFields",
            "setOrderStatus",
            "setRmaStatus",
            "updateShipment",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_without_calls_left_is_waited_for_and_is_no_refusal() {
    let shop = Shop::open(1).await;
    let mut configuration = shop.scene.configuration().unwrap();
    configuration.returngo.calls_a_day = Some(0);
    shop.service.registry.put(&shop.connection, &configuration).await.unwrap();
    let connection = shop.service.registry.get(&shop.connection).await.unwrap();
    let body = RmaStatusUpdate { status: RmaStatus::Received };
    let effect = Effect::SetRmaStatus { key: "a-test".to_owned(), body };
    let written =
        connection.writer().apply(&[Write { rma: shop.scene.rmas[0].clone(), effect }]).await.remove(0);
    assert!(matches!(written.outcome, EffectOutcome::Refused { .. }), "{written:?}");
    assert!(written.may_pass);
    assert_eq!(written.not_before, Some("2026-05-10T00:00:00Z".parse().unwrap()));
}
