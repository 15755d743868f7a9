//! Whether both systems tell us of what happens, and in the way that we need.

use brightpearl::integration::{self, QualityOfService};
use returngo::webhook::WebhookEvent;

use super::{BrightpearlSide, Finding, Receiver, ReturngoSide};
use crate::settings::ConnectionSettings;

/// The events of Brightpearl that a connection with these settings has to hear of.
pub fn brightpearl_events(settings: &ConnectionSettings) -> Vec<&'static str> {
    let finished_by_hand = settings.complete_status_id.map(|_| "order.modified.order-status");
    ["goods-in-note.created", "quarantine-release.created"].into_iter().chain(finished_by_hand).collect()
}

/// The events of ReturnGO that a connection has to hear of. An RMA that is approved as it is made may raise the
/// first only.
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
        return vec![nobody_listens(SUBJECT, there.len())];
    };
    let mut findings: Vec<Finding> = in_the_open(SUBJECT, receiver).into_iter().collect();
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
        findings.push(ours.and_then(|ours| badly_delivered(&subject, ours)).unwrap_or(finding));
    }
    let urls = there.iter().map(|webhook| webhook.webhook.uri_template.as_str());
    findings.extend(to_another_server(urls, receiver).map(|server| {
        Finding::warning(
            SUBJECT,
            format!("{server} receives webhooks of this account as a connector of this kind does"),
            "this is right if it serves another shop; if it serves this one, stop one of the two: both would credit and \
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
        return vec![nobody_listens(SUBJECT, there.len())];
    };
    let mut findings: Vec<Finding> = in_the_open(SUBJECT, receiver).into_iter().collect();
    for event in returngo_events() {
        let of_event = there.iter().filter(|webhook| webhook.event_name == event);
        let urls: Vec<&str> = of_event.map(|webhook| webhook.url.as_str()).collect();
        findings.push(subscribed(&format!("{SUBJECT}.{event}"), &urls, receiver));
    }
    let urls = there.iter().map(|webhook| webhook.url.as_str());
    findings.extend(to_another_server(urls, receiver).map(|server| {
        Finding::warning(
            SUBJECT,
            format!("{server} receives webhooks of this shop as a connector of this kind does"),
            "run one connector for a shop: two would credit and refund the same returns. Stop the other one, or delete its \
             webhooks if it is gone",
        )
    }));
    findings
}

/// Another server whose address looks like the receiver's own but for its host: its first two folders are the same.
fn to_another_server<'a>(urls: impl Iterator<Item = &'a str>, receiver: &str) -> Option<&'a str> {
    let kind = |url: &str| {
        let path = url.get(origin(url).len()..).unwrap_or_default();
        let mut folders = path.split('/').skip(1).map(str::to_owned);
        folders.next().zip(folders.next()).filter(|(first, _)| !first.is_empty())
    };
    let mut others = urls.filter(|url| origin(url) != origin(receiver) && kind(url) == kind(receiver));
    kind(receiver).and_then(|_| others.next()).map(origin)
}

fn nobody_listens(subject: &str, there: usize) -> Finding {
    Finding::warning(
        subject,
        format!(
            "no receiver was named, so nothing can be said about the {there} subscriptions that are there"
        ),
        "name the URL that deliveries are to go to; without webhooks, changes are seen only by looking for them",
    )
}

/// A delivery carries its secret in the URL, and no signature
/// (docs/evidence/brightpearl-platform.md#webhook-security, docs/evidence/returngo.md#webhooks).
fn in_the_open(subject: &str, receiver: &str) -> Option<Finding> {
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let open = receiver.starts_with("http://") && !loopback.iter().any(|here| receiver.starts_with(here));
    open.then(|| {
        Finding::failure(
            subject,
            "deliveries would come by plain HTTP, and their URL holds the receiver's secret",
            "let the receiver be reached by HTTPS",
        )
    })
}

/// A shorter name takes all events below it (docs/evidence/brightpearl-platform.md#webhook-subscriptions).
fn covers(subscribed: &str, event: &str) -> bool {
    event.strip_prefix(subscribed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether one of the subscriptions to an event goes to the receiver. Their URLs hold secrets: none is shown.
fn subscribed(subject: &str, urls: &[&str], receiver: &str) -> Finding {
    let ours = urls.iter().filter(|url| **url == receiver).count();
    let elsewhere_on_our_server =
        urls.iter().any(|url| **url != *receiver && origin(url) == origin(receiver));
    match ours {
        0 if elsewhere_on_our_server => Finding::failure(
            subject,
            "subscribed to our server, but with another path or secret: deliveries are turned away",
            "subscribe again with the receiver's present URL, and delete the old subscription",
        ),
        0 => Finding::failure(
            subject,
            "not subscribed to us: what happens is seen only by looking for it",
            "subscribe it with the receiver's URL",
        ),
        1 => Finding::pass(subject, "subscribed to us"),
        several => Finding::warning(
            subject,
            format!("subscribed to us {several} times: every delivery comes {several} times"),
            "delete all but one",
        ),
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    url.get(..path).unwrap_or(url)
}

/// What is wrong with the way in which a subscription of ours is delivered.
fn badly_delivered(subject: &str, ours: &integration::NewWebhook) -> Option<Finding> {
    let wanted = integration::NewWebhook::post(ours.subscribe_to.clone(), ours.uri_template.clone());
    let advice = "delete it and subscribe again";
    if ours.http_method != wanted.http_method || ours.body_template != wanted.body_template {
        return Some(Finding::failure(
            subject,
            "subscribed to us, but its deliveries do not say what the receiver reads",
            advice,
        ));
    }
    (ours.quality_of_service != QualityOfService::AtLeastOnce).then(|| {
        Finding::warning(
            subject,
            "subscribed to us at most once: a delivery that fails is lost unless we ask for it again",
            format!("{advice} with quality of service 1, at least once"),
        )
    })
}
