//! The connection check over both mocks: what is really there is what the findings say.

use std::{sync::Arc, time::Duration};

use api_mock_core::{Fault, FaultKind};
use brightpearl::{
    OrderId,
    client::{Clock, SkippingClock, SystemClock},
    integration::{NewWebhook, QualityOfService},
    order::NewSalesCredit,
};
use returngo::webhook::NewWebhook as Registration;
use returngo_brightpearl_mapping::{
    Effect,
    check::{Finding, Mark, Receiver, brightpearl_events, check, returngo_events},
    plan,
};
use returngo_brightpearl_sync::{Reader, Receivers, read_connection};

use crate::systems::{Systems, settings};

const BRIGHTPEARL_RECEIVER: &str = "https://hooks.example.test/webhooks/brightpearl/planted-secret";
const RETURNGO_RECEIVER: &str = "https://hooks.example.test/webhooks/returngo/planted-secret";

fn receivers() -> Receivers {
    Receivers {
        brightpearl: Some(Receiver::at(BRIGHTPEARL_RECEIVER)),
        returngo: Some(Receiver::at(RETURNGO_RECEIVER)),
    }
}

async fn subscribed() -> Systems {
    let systems = Systems::start().await;
    let wanted: Vec<NewWebhook> = brightpearl_events(&settings())
        .into_iter()
        .map(|event| NewWebhook::post(event, BRIGHTPEARL_RECEIVER))
        .collect();
    systems.to_brightpearl().webhooks().ensure(&wanted).await.unwrap();
    for event in returngo_events() {
        systems.returngo.register(Registration::new(event, RETURNGO_RECEIVER));
    }
    systems
}

async fn findings(
    brightpearl: &brightpearl::Client,
    returngo: &returngo::Client,
    clock: &dyn Clock,
) -> Vec<Finding> {
    let connection = read_connection(brightpearl, returngo, receivers(), clock).await;
    let findings = check(&connection, &settings());
    for finding in &findings {
        assert!(!finding.to_string().contains("planted"), "a secret shows: {finding}");
    }
    findings
}

async fn findings_of(systems: &Systems) -> Vec<Finding> {
    findings(&systems.to_brightpearl(), &systems.to_returngo(), &SystemClock).await
}

#[track_caller]
fn says(findings: &[Finding], mark: Mark, subject: &str, text: &str) {
    let found = findings
        .iter()
        .any(|finding| finding.mark == mark && finding.subject == subject && finding.message.contains(text));
    assert!(found, "nothing on {subject} says {text:?}: {findings:#?}");
}

#[tokio::test]
async fn a_connection_that_is_set_up_does_not_fail() {
    let findings = findings_of(&subscribed().await).await;
    let failures: Vec<&Finding> = findings.iter().filter(|finding| finding.mark == Mark::Failure).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    for (subject, text) in [
        ("brightpearl", "authenticated to account acmeoutdoors"),
        ("brightpearl.clock", "its clock and the local clock are in sync"),
        ("brightpearl.webhooks.goods-in-note.created", "subscribed"),
        ("instance", "integration instance 41"),
        ("refund_method_code", "posted to bank account 1210 Card settlement"),
        ("warehouses", "warehouse 2, quarantine at location 3"),
        ("sales credits", "no recent sales credits from other sources"),
        ("returngo", "authenticated to shop acmeoutdoors.example.test"),
        ("returngo.clock", "its clock and the local clock are in sync"),
        ("returngo.webhooks.RMA_STATUS_UPDATED", "subscribed"),
    ] {
        says(&findings, Mark::Pass, subject, text);
    }
    says(&findings, Mark::Warning, "brightpearl", "not a Brightpearl server");
}

#[tokio::test]
async fn credentials_that_are_refused_are_told_apart() {
    let systems = subscribed().await;
    let wrong = systems.to_brightpearl_with("planted-wrong");
    let right = systems.to_returngo();
    let unknown = findings(&wrong, &right, &SystemClock).await;
    says(&unknown, Mark::Failure, "brightpearl", "does not recognize the token");
    says(&unknown, Mark::Pass, "returngo", "authenticated");

    systems.brightpearl.faults().add(Fault::on("*", FaultKind::TokenExpired).times(5));
    says(&findings_of(&systems).await, Mark::Failure, "brightpearl", "has expired");

    let (bp, shop) = (systems.to_brightpearl(), systems.returngo.shop());
    let wrong_key = findings(&bp, &systems.to_returngo_with("planted-wrong", shop), &SystemClock).await;
    says(&wrong_key, Mark::Failure, "returngo", "does not recognize the token or key");
    let key = systems.returngo.api_key();
    let wrong_shop = findings(&bp, &systems.to_returngo_with(key, "others.example.test"), &SystemClock).await;
    says(&wrong_shop, Mark::Failure, "returngo", "may not use this shop");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_so() {
    let systems = subscribed().await;
    // A port that was free a moment ago: nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let away = brightpearl::Client::builder("acmeoutdoors")
        .url(nowhere)
        .credentials(brightpearl::Credentials::private_app("acmeoutdoors_returns", "planted"))
        .clock(Arc::new(SkippingClock::at("2026-05-18T09:30:00Z".parse().unwrap())))
        .build()
        .unwrap();
    let findings = findings(&away, &systems.to_returngo(), &SystemClock).await;
    says(&findings, Mark::Failure, "brightpearl", "did not respond");
}

#[tokio::test]
async fn missing_and_weak_subscriptions_are_named() {
    let bare = Systems::start().await;
    let findings = findings_of(&bare).await;
    says(&findings, Mark::Failure, "brightpearl.webhooks.quarantine-release.created", "not subscribed");
    says(&findings, Mark::Failure, "returngo.webhooks.TRANSACTION_CREATED", "not subscribed");

    let weak = NewWebhook {
        quality_of_service: QualityOfService::AtMostOnce,
        ..NewWebhook::post("goods-in-note.created", BRIGHTPEARL_RECEIVER)
    };
    bare.to_brightpearl().webhooks().create(&weak).await.unwrap();
    let findings = findings_of(&bare).await;
    says(&findings, Mark::Warning, "brightpearl.webhooks.goods-in-note.created", "at-most-once");
}

#[tokio::test]
async fn a_clock_that_is_wrong_shows_against_both_systems() {
    let systems = subscribed().await;
    let late = SystemClock.now().saturating_sub(Duration::from_secs(3600)).unwrap();
    let findings =
        findings(&systems.to_brightpearl(), &systems.to_returngo(), &SkippingClock::at(late)).await;
    for subject in ["brightpearl.clock", "returngo.clock"] {
        says(&findings, Mark::Failure, subject, "behind its");
    }
}

#[tokio::test]
async fn a_credit_that_somebody_else_made_is_named() {
    let systems = subscribed().await;
    let returngo = systems.to_returngo();
    let reader = Reader::new(systems.to_brightpearl(), returngo, settings()).await.unwrap();
    systems.returngo.approve(&"4410021".parse().unwrap()).unwrap();
    let world = reader.world(&"4410021".parse().unwrap()).await.unwrap();
    let Some(Effect::CreateSalesCredit { body, .. }) = plan(&world, &reader.settings).effects.pop() else {
        panic!("no credit is planned");
    };
    let theirs = NewSalesCredit { external_ref: None, installed_integration_instance_id: None, ..*body };
    reader.brightpearl.sales_credits().create(&theirs).await.unwrap();
    assert_eq!(systems.brightpearl.credits_of(OrderId::new(300_871)).len(), 1);
    says(
        &findings_of(&systems).await,
        Mark::Warning,
        "sales credits",
        "ReturnGO's own Brightpearl integration",
    );
}
