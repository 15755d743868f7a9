//! Checks of the webhook subscriptions of both systems.

use brightpearl::integration::{self, QualityOfService};
use returngo::webhook::WebhookEvent;

use super::{BrightpearlSide, Finding, Receiver, ReturngoSide};
use crate::settings::ConnectionSettings;

/// Returns the Brightpearl events that a connection with these settings subscribes to.
pub fn brightpearl_events(settings: &ConnectionSettings) -> Vec<&'static str> {
    let finished_by_hand = settings.complete_status_id.map(|_| "order.modified.order-status");
    ["goods-in-note.created", "quarantine-release.created"].into_iter().chain(finished_by_hand).collect()
}

/// Returns the ReturnGO events that a connection subscribes to. An RMA that is approved when it is created may raise the
/// first event only.
pub fn returngo_events() -> [WebhookEvent; 3] {
    [WebhookEvent::RmaCreated, WebhookEvent::RmaStatusUpdated, WebhookEvent::TransactionCreated]
}

pub(super) fn of_brightpearl(side: &BrightpearlSide, settings: &ConnectionSettings) -> Vec<Finding> {
    const SUBJECT: &str = "brightpearl.webhooks";
    let there = match &side.webhooks {
        Ok(there) => there,
        Err(unread) => return vec![unread.about(SUBJECT)],
    };
    let Some(receiver) = side.receiver.as_ref().map(Receiver::url) else {
        return vec![without_receiver(SUBJECT, there.len())];
    };
    let mut findings: Vec<Finding> = unencrypted(SUBJECT, receiver).into_iter().collect();
    for event in brightpearl_events(settings) {
        let of_event: Vec<&integration::NewWebhook> = there
            .iter()
            .map(|webhook| &webhook.webhook)
            .filter(|webhook| covers(&webhook.subscribe_to, event))
            .collect();
        let subject = format!("{SUBJECT}.{event}");
        let urls: Vec<&str> = of_event.iter().map(|webhook| webhook.uri_template.as_str()).collect();
        let finding = subscribed(&subject, &urls, receiver);
        let ours = of_event.into_iter().find(|webhook| webhook.uri_template == receiver);
        findings.push(ours.and_then(|ours| delivery_problem(&subject, ours)).unwrap_or(finding));
    }
    let urls = there.iter().map(|webhook| webhook.webhook.uri_template.as_str());
    findings.extend(to_another_server(urls, receiver).map(|server| {
        Finding::warning(
            SUBJECT,
            format!("{server} also receives webhooks of this account, apparently for another connector of this kind"),
            "if it serves another shop, this is fine; if it serves this shop, stop one of the connectors: both would credit and \
             refund the same returns",
        )
    }));
    findings
}

pub(super) fn of_returngo(side: &ReturngoSide) -> Vec<Finding> {
    const SUBJECT: &str = "returngo.webhooks";
    let there = match &side.webhooks {
        Ok(there) => there,
        Err(unread) => return vec![unread.about(SUBJECT)],
    };
    let Some(receiver) = side.receiver.as_ref().map(Receiver::url) else {
        return vec![without_receiver(SUBJECT, there.len())];
    };
    let mut findings: Vec<Finding> = unencrypted(SUBJECT, receiver).into_iter().collect();
    for event in returngo_events() {
        let of_event = there.iter().filter(|webhook| webhook.event_name == event);
        let urls: Vec<&str> = of_event.map(|webhook| webhook.url.as_str()).collect();
        findings.push(subscribed(&format!("{SUBJECT}.{event}"), &urls, receiver));
    }
    let urls = there.iter().map(|webhook| webhook.url.as_str());
    findings.extend(to_another_server(urls, receiver).map(|server| {
        Finding::warning(
            SUBJECT,
            format!("{server} also receives webhooks of this shop, apparently for another connector of this kind"),
            "run only one connector for a shop: two would credit and refund the same returns. Stop the other connector, or \
             delete its webhooks if it no longer exists",
        )
    }));
    findings
}

/// Returns another server with the path of the receiver: the first two segments are the same.
fn to_another_server<'a>(urls: impl Iterator<Item = &'a str>, receiver: &str) -> Option<&'a str> {
    let kind = |url: &str| {
        let path = url.get(origin(url).len()..).unwrap_or_default();
        let mut folders = path.split('/').skip(1).map(str::to_owned);
        folders.next().zip(folders.next()).filter(|(first, _)| !first.is_empty())
    };
    let mut others = urls.filter(|url| origin(url) != origin(receiver) && kind(url) == kind(receiver));
    kind(receiver).and_then(|_| others.next()).map(origin)
}

fn without_receiver(subject: &str, there: usize) -> Finding {
    Finding::warning(
        subject,
        format!("not checked, because no receiver is configured; existing subscriptions: {there}"),
        "configure the URL that receives deliveries; without webhooks, changes are only found by polling",
    )
}

/// Checks that deliveries are encrypted: they have no signature, and their URL contains the secret
/// (docs/evidence/brightpearl-platform.md#webhook-security, docs/evidence/returngo.md#webhooks).
fn unencrypted(subject: &str, receiver: &str) -> Option<Finding> {
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let open = receiver.starts_with("http://") && !loopback.iter().any(|here| receiver.starts_with(here));
    open.then(|| {
        Finding::failure(
            subject,
            "deliveries would use plain HTTP, although their URL contains the receiver's secret",
            "make the receiver available over HTTPS",
        )
    })
}

/// Whether a subscription includes an event. A shorter name includes all events below it
/// (docs/evidence/brightpearl-platform.md#webhook-subscriptions).
fn covers(subscribed: &str, event: &str) -> bool {
    event.strip_prefix(subscribed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Checks that one subscription to an event uses the receiver's URL. URLs contain secrets and are not shown.
fn subscribed(subject: &str, urls: &[&str], receiver: &str) -> Finding {
    let ours = urls.iter().filter(|url| **url == receiver).count();
    let elsewhere_on_our_server =
        urls.iter().any(|url| **url != *receiver && origin(url) == origin(receiver));
    match ours {
        0 if elsewhere_on_our_server => Finding::failure(
            subject,
            "the subscription uses this server, but another path or secret: deliveries are rejected",
            "subscribe again with the receiver's current URL, and delete the old subscription",
        ),
        0 => Finding::failure(
            subject,
            "not subscribed: changes are only found by polling",
            "subscribe to the event with the receiver's URL",
        ),
        1 => Finding::pass(subject, "subscribed"),
        several => Finding::warning(
            subject,
            format!("subscribed {several} times: every delivery arrives {several} times"),
            "delete all subscriptions but one",
        ),
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    url.get(..path).unwrap_or(url)
}

/// Returns the problem with the delivery of a subscription, if any.
fn delivery_problem(subject: &str, ours: &integration::NewWebhook) -> Option<Finding> {
    let wanted = integration::NewWebhook::post(ours.subscribe_to.clone(), ours.uri_template.clone());
    let advice = "delete the subscription and subscribe again";
    if ours.http_method != wanted.http_method || ours.body_template != wanted.body_template {
        return Some(Finding::failure(
            subject,
            "subscribed, but with another method or body than the receiver expects",
            advice,
        ));
    }
    (ours.quality_of_service != QualityOfService::AtLeastOnce).then(|| {
        Finding::warning(
            subject,
            "subscribed with at-most-once delivery: failed deliveries are lost",
            format!("{advice} with quality of service 1, at least once"),
        )
    })
}
