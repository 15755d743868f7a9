//! Both sides of a connection as they were read: a table of what can be the matter.

use brightpearl::{
    integration::{NewWebhook, QualityOfService, Webhook},
    order::OrderSummary,
};
use jiff::Timestamp;
use returngo_brightpearl_mapping::{
    ConnectionSettings,
    check::{
        BrightpearlSide, Clocks, Connection, Finding, Mark, ReadFailure, Receiver, RecentRmas, ReturngoSide,
        brightpearl_events, check, returngo_events,
    },
};
use serde_json::{Value, json};

use crate::worlds::{self, settings};

const RECEIVER: &str = "https://hooks.example.test/brightpearl?k=planted-secret";
const RETURNGO_RECEIVER: &str = "https://hooks.example.test/returngo/planted-secret";

/// A connection at which nothing is the matter.
fn good() -> Connection {
    let account = worlds::account("recorded");
    let settings = settings(json!({"complete_status_id": 11}));
    let webhooks = brightpearl_events(&settings).into_iter().zip(700_u32..).map(|(event, id)| {
        let mut webhook = serde_json::to_value(NewWebhook::post(event, RECEIVER)).unwrap();
        webhook["id"] = json!(id);
        serde_json::from_value::<Webhook>(webhook).unwrap()
    });
    let registrations = returngo_events().into_iter().zip(11_900_u32..).map(|(event, id)| {
        let webhook = json!({"id": id.to_string(), "url": RETURNGO_RECEIVER, "eventName": event});
        serde_json::from_value(webhook).unwrap()
    });
    let now: Timestamp = "2026-05-18T09:30:00Z".parse().unwrap();
    Connection {
        brightpearl: BrightpearlSide {
            server: "https://euw1.brightpearlconnect.com/public-api/acmeoutdoors".to_owned(),
            account_code: "acmeoutdoors".parse().unwrap(),
            account: Ok(account),
            webhooks: Ok(webhooks.collect()),
            receiver: Some(Receiver::at(RECEIVER)),
            recent_credits: Ok(vec![credit(
                json!({"externalRef": "RGO-4410021", "installedIntegrationInstanceId": 41}),
            )]),
            clocks: Some(Clocks { here: now, there: now }),
        },
        returngo: ReturngoSide {
            shop: "acmeoutdoors.example.test".to_owned(),
            recent_rmas: Ok(RecentRmas { ids: vec!["4410021".parse().unwrap()], unreadable: Vec::new() }),
            webhooks: Ok(registrations.collect()),
            receiver: Some(Receiver::at(RETURNGO_RECEIVER)),
            clocks: Some(Clocks { here: now, there: now }),
        },
    }
}

fn credit(fields: Value) -> OrderSummary {
    let mut row = json!({"orderId": 300_955, "orderTypeId": 3, "createdOn": "2026-05-17T10:00:00.000+01:00"});
    row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(row).unwrap()
}

fn after(change: impl FnOnce(&mut Connection)) -> Vec<Finding> {
    after_with(json!({}), change)
}

fn after_with(more: Value, change: impl FnOnce(&mut Connection)) -> Vec<Finding> {
    let mut connection = good();
    change(&mut connection);
    let mut all = json!({"customer_reference_prefix": "RMA"});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let settings: ConnectionSettings = settings(all);
    check(&connection, &settings)
}

/// What is the matter with a connection after a change.
fn matters(change: impl FnOnce(&mut Connection)) -> Vec<Finding> {
    after(change).into_iter().filter(|finding| finding.mark != Mark::Pass).collect()
}

type Case = (fn(&mut Connection), Mark, &'static str, &'static str);

#[track_caller]
fn holds(cases: &[Case]) {
    for (change, mark, subject, says) in cases {
        let findings = matters(*change);
        let finding = findings
            .iter()
            .find(|finding| finding.subject == *subject && finding.message.contains(says))
            .unwrap_or_else(|| panic!("nothing on {subject} says {says:?}: {findings:#?}"));
        assert_eq!(finding.mark, *mark, "{finding}");
        assert!(finding.advice.is_some(), "{finding}");
        assert!(findings.iter().all(|finding| !finding.to_string().contains("planted")), "{findings:#?}");
    }
}

#[test]
fn a_connection_does_not_print_its_secrets() {
    let printed = format!("{:?}", good());
    assert!(printed.contains("acmeoutdoors") && !printed.contains("planted"), "{printed}");
}

#[test]
fn nothing_is_the_matter_with_a_good_connection() {
    assert_eq!(matters(|_| {}), []);
}

#[test]
fn each_way_of_not_being_let_in_is_told_apart() {
    let said =
        || "GET /integration-service/account-configuration: refused; GWYB-003 no API access".to_owned();
    holds(&[
        (
            |it| it.brightpearl.account = Err(ReadFailure::TokenExpired),
            Mark::Failure,
            "brightpearl",
            "has expired",
        ),
        (
            |it| it.brightpearl.account = Err(ReadFailure::TokenUnknown),
            Mark::Failure,
            "brightpearl",
            "does not recognize the token",
        ),
        (
            |it| it.brightpearl.account = Err(ReadFailure::NoAccess("GWYB-003".to_owned())),
            Mark::Failure,
            "brightpearl",
            "rejected the credentials: GWYB-003",
        ),
        (
            |it| it.brightpearl.account = Err(ReadFailure::Unreachable("not sent".to_owned())),
            Mark::Failure,
            "brightpearl",
            "did not respond: not sent",
        ),
        (
            |it| it.brightpearl.account = Err(ReadFailure::Failed("row 3".to_owned())),
            Mark::Failure,
            "brightpearl",
            "cannot be read: row 3",
        ),
        (
            |it| it.returngo.recent_rmas = Err(ReadFailure::TokenUnknown),
            Mark::Failure,
            "returngo",
            "does not recognize the token",
        ),
        (
            |it| {
                it.returngo.recent_rmas =
                    Err(ReadFailure::NoAccess("the key may not use this shop".to_owned()))
            },
            Mark::Failure,
            "returngo",
            "may not use this shop",
        ),
    ]);
    let findings = after(|it| it.brightpearl.account = Err(ReadFailure::NoAccess(said())));
    assert!(
        !findings.iter().any(|finding| finding.subject == "refund_method_code"),
        "what nobody could read is not checked: {findings:#?}"
    );
}

#[test]
fn another_system_than_meant_is_named() {
    holds(&[
        (
            |it| it.brightpearl.account_code = "acmeindoors".parse().unwrap(),
            Mark::Failure,
            "account_id",
            "settings are for account acmeoutdoors, but the credentials are for acmeindoors",
        ),
        (
            |it| it.brightpearl.server = "http://127.0.0.1:4010/public-api/acmeoutdoors".to_owned(),
            Mark::Warning,
            "brightpearl",
            "127.0.0.1 is not a Brightpearl server",
        ),
        (
            |it| it.brightpearl.account_code = "acmeoutdoors-test".parse().unwrap(),
            Mark::Warning,
            "brightpearl",
            "appears to be a test account",
        ),
        (
            |it| it.brightpearl.account_code = "acme-sandbox2".parse().unwrap(),
            Mark::Warning,
            "brightpearl",
            "appears to be a test account",
        ),
    ]);
    let plain = matters(|it| it.brightpearl.account_code = "acmecontest-shop".parse().unwrap());
    assert!(plain.iter().all(|finding| finding.subject == "account_id"), "{plain:#?}");
}

#[test]
fn clocks_that_differ_are_named_with_the_direction() {
    fn shift(clocks: &mut Option<Clocks>, seconds: i64) {
        let clocks = clocks.as_mut().unwrap();
        clocks.here = Timestamp::from_second(clocks.there.as_second() + seconds).unwrap();
    }
    assert_eq!(matters(|it| shift(&mut it.brightpearl.clocks, 9)), []);
    holds(&[
        (
            |it| shift(&mut it.brightpearl.clocks, 90),
            Mark::Warning,
            "brightpearl.clock",
            "90 seconds ahead of its clock",
        ),
        (
            |it| shift(&mut it.returngo.clocks, -90),
            Mark::Warning,
            "returngo.clock",
            "90 seconds behind its clock",
        ),
        (
            |it| shift(&mut it.brightpearl.clocks, -3600),
            Mark::Failure,
            "brightpearl.clock",
            "polling for changes would miss some",
        ),
    ]);
}

#[test]
fn webhooks_must_be_there_be_ours_and_be_delivered_as_we_need_them() {
    fn first(it: &mut Connection) -> &mut NewWebhook {
        &mut it.brightpearl.webhooks.as_mut().unwrap()[0].webhook
    }
    const EVENT: &str = "brightpearl.webhooks.goods-in-note.created";
    holds(&[
        (|it| it.brightpearl.webhooks.as_mut().unwrap().clear(), Mark::Failure, EVENT, "not subscribed"),
        (
            |it| first(it).uri_template = "https://others.example.test/hook".to_owned(),
            Mark::Failure,
            EVENT,
            "not subscribed",
        ),
        (
            |it| {
                first(it).uri_template = "https://hooks.example.test/brightpearl?k=planted-before".to_owned()
            },
            Mark::Failure,
            EVENT,
            "another path or secret",
        ),
        (
            |it| first(it).quality_of_service = QualityOfService::AtMostOnce,
            Mark::Warning,
            EVENT,
            "at-most-once",
        ),
        (
            |it| first(it).http_method = "GET".to_owned(),
            Mark::Failure,
            EVENT,
            "another method or body than the receiver expects",
        ),
        (
            |it| first(it).body_template = Some("${resource-id}".to_owned()),
            Mark::Failure,
            EVENT,
            "another method or body than the receiver expects",
        ),
        (
            |it| {
                let webhooks = it.brightpearl.webhooks.as_mut().unwrap();
                webhooks.push(webhooks[0].clone());
            },
            Mark::Warning,
            EVENT,
            "subscribed 2 times",
        ),
        (
            |it| it.brightpearl.receiver = None,
            Mark::Warning,
            "brightpearl.webhooks",
            "no receiver is configured",
        ),
        (
            |it| it.brightpearl.receiver = Some(Receiver::at("http://hooks.example.test/planted")),
            Mark::Failure,
            "brightpearl.webhooks",
            "plain HTTP",
        ),
        (
            |it| it.brightpearl.webhooks = Err(ReadFailure::NoAccess("no permission".to_owned())),
            Mark::Failure,
            "brightpearl.webhooks",
            "cannot be read: no permission",
        ),
        (
            |it| {
                it.returngo
                    .webhooks
                    .as_mut()
                    .unwrap()
                    .retain(|webhook| webhook.event_name.as_str() != "TRANSACTION_CREATED")
            },
            Mark::Failure,
            "returngo.webhooks.TRANSACTION_CREATED",
            "not subscribed",
        ),
        // A registration of an address that is none was seen on a live account (docs/evidence/returngo.md#webhooks).
        (
            |it| it.returngo.webhooks.as_mut().unwrap()[0].url = "string".to_owned(),
            Mark::Failure,
            "returngo.webhooks.RMA_CREATED",
            "not subscribed",
        ),
        (|it| it.returngo.receiver = None, Mark::Warning, "returngo.webhooks", "no receiver is configured"),
        (
            |it| it.returngo.webhooks = Err(ReadFailure::Failed("the answer does not read".to_owned())),
            Mark::Failure,
            "returngo.webhooks",
            "cannot be read",
        ),
    ]);
}

#[test]
fn a_shorter_subscription_takes_the_events_below_it() {
    let all_of_notes = |it: &mut Connection| {
        it.brightpearl.webhooks.as_mut().unwrap()[0].webhook.subscribe_to = "goods-in-note".to_owned();
    };
    assert_eq!(matters(all_of_notes), []);
    let of_another = |it: &mut Connection| {
        it.brightpearl.webhooks.as_mut().unwrap()[0].webhook.subscribe_to = "goods-in".to_owned();
    };
    assert_eq!(matters(of_another).len(), 1);
}

#[test]
fn credits_of_others_are_told_by_who_made_them() {
    const CREDITS: &str = "sales credits";
    fn made(it: &mut Connection, fields: Value) {
        it.brightpearl.recent_credits.as_mut().unwrap().push(credit(fields));
    }
    holds(&[
        (
            |it| made(it, json!({"customerRef": "RMA4410077"})),
            Mark::Warning,
            CREDITS,
            "from ReturnGO's own Brightpearl integration",
        ),
        (
            |it| made(it, json!({"customerRef": "RET-4410021", "installedIntegrationInstanceId": 17})),
            Mark::Warning,
            CREDITS,
            "from ReturnGO's own Brightpearl integration",
        ),
        (
            |it| {
                made(
                    it,
                    json!({"customerRef": "#AC2045", "externalRef": "7000000000001", "installedIntegrationInstanceId": 12}),
                )
            },
            Mark::Warning,
            CREDITS,
            "created by another integration (instance 12)",
        ),
        (
            |it| made(it, json!({"externalRef": "RGO-4410021", "installedIntegrationInstanceId": 12})),
            Mark::Warning,
            CREDITS,
            "keys of this connector, but another integration instance",
        ),
        (
            |it| made(it, json!({"customerRef": "goodwill"})),
            Mark::Warning,
            CREDITS,
            "1 recent credits (300955, the latest of 2026-05-17) were created manually",
        ),
        (
            |it| it.brightpearl.recent_credits = Err(ReadFailure::Failed("row 3".to_owned())),
            Mark::Failure,
            CREDITS,
            "cannot be read: row 3",
        ),
    ]);
}

#[test]
fn what_credits_of_others_lead_to_depends_on_the_settings() {
    for (existing, says) in
        [("review", "needs review"), ("adopt", "is adopted"), ("create", "credited twice")]
    {
        let findings = after_with(json!({"existing_credit": existing}), |it| {
            it.brightpearl.recent_credits.as_mut().unwrap().push(credit(json!({"customerRef": "goodwill"})));
        });
        assert!(findings.iter().any(|finding| finding.message.contains(says)), "{existing}: {findings:#?}");
    }
}

#[test]
fn a_status_that_people_set_is_an_event_to_hear_of() {
    let least = settings(json!({}));
    assert_eq!(brightpearl_events(&least), ["goods-in-note.created", "quarantine-release.created"]);
    let finished_by_hand = settings(json!({"complete_status_id": 11}));
    assert!(brightpearl_events(&finished_by_hand).contains(&"order.modified.order-status"));
}

#[test]
fn findings_go_out_as_json() {
    let findings = after(|it| it.brightpearl.account = Err(ReadFailure::TokenExpired));
    assert_eq!(
        serde_json::to_value(&findings[0]).unwrap(),
        json!({"mark": "failure", "subject": "brightpearl", "message": "the token for Brightpearl has expired",
            "advice": "refresh the token, or authorize the app again"})
    );
}
