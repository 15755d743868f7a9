//! The webhooks of events (docs/evidence/brightpearl-platform.md#webhook-templates,
//! docs/evidence/brightpearl-platform.md#webhook-delivery).

use std::{collections::BTreeMap, time::Duration};

use api_mock_core::{Delivery, RetryRule};
use brightpearl::{
    IdSet,
    integration::{NewWebhook, QualityOfService},
};
use jiff::Timestamp;

use crate::{records::Event, state::Account};

/// Takes the pending events and builds their deliveries: one for all ids if the subscription accepts id sets, else
/// one for each id.
pub(crate) fn deliveries(account: &mut Account, now: Timestamp) -> Vec<Delivery> {
    let events = std::mem::take(&mut account.events);
    let mut deliveries = std::mem::take(&mut account.test_deliveries);
    for event in &events {
        for webhook in account.webhooks.values().map(|webhook| &webhook.webhook) {
            if !covers(&webhook.subscribe_to, &event.full_name()) {
                continue;
            }
            let sets = event.ids.chunks(if webhook.id_set_accepted { u64::MAX } else { 1 });
            deliveries.extend(sets.map(|ids| delivery(account, webhook, event, &ids, now)));
        }
    }
    deliveries
}

/// Whether a subscription includes an event. A shorter name includes all events below it.
fn covers(subscription: &str, event: &str) -> bool {
    event.strip_prefix(subscription).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn delivery(
    account: &Account,
    webhook: &NewWebhook,
    event: &Event,
    ids: &IdSet<u64>,
    now: Timestamp,
) -> Delivery {
    let variables = BTreeMap::from([
        ("${account-code}", account.code.clone()),
        ("${resource-type}", event.resource.to_owned()),
        ("${resource-id}", ids.to_string()),
        ("${lifecycle-event}", event.lifecycle.to_owned()),
        ("${resource-specifier}", event.specifier.to_owned()),
        ("${full-event}", event.full_name()),
        ("${raised-on}", format!("{now:.3}")),
        ("${brightpearl-version}", VERSION.to_owned()),
    ]);
    filled(webhook, event.full_name(), &variables)
}

/// Builds a test delivery with the given template values, and defaults from the subscription.
pub(super) fn test_delivery(
    account: &Account,
    webhook: &NewWebhook,
    given: BTreeMap<String, String>,
    now: Timestamp,
) -> Delivery {
    let mut parts = webhook.subscribe_to.splitn(3, '.');
    let mut part = || parts.next().unwrap_or_default();
    let mut variables = BTreeMap::from([
        ("${account-code}", account.code.clone()),
        ("${resource-type}", part().to_owned()),
        ("${lifecycle-event}", part().to_owned()),
        ("${resource-specifier}", part().to_owned()),
        ("${resource-id}", "1".to_owned()),
        ("${full-event}", webhook.subscribe_to.clone()),
        ("${raised-on}", format!("{now:.3}")),
        ("${brightpearl-version}", VERSION.to_owned()),
    ]);
    variables.extend(given.iter().map(|(name, value)| (name.as_str(), value.clone())));
    filled(webhook, webhook.subscribe_to.clone(), &variables)
}

/// Fills the templates of a webhook.
fn filled(webhook: &NewWebhook, event: String, variables: &Variables<'_>) -> Delivery {
    let filled = |template: &str| {
        variables.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    };
    let body = webhook.body_template.as_deref().filter(|_| has_body(&webhook.http_method));
    let content_type = webhook.content_type.clone().filter(|_| body.is_some());
    Delivery {
        event,
        method: webhook.http_method.clone(),
        url: filled(&webhook.uri_template),
        headers: content_type.map(|value| ("Content-Type".to_owned(), value)).into_iter().collect(),
        body: body.map(filled).unwrap_or_default(),
        retry: match webhook.quality_of_service {
            QualityOfService::AtMostOnce => RetryRule { retries: |status| status == Some(503), waits: WAITS },
            QualityOfService::AtLeastOnce => RetryRule {
                retries: |status| {
                    status.is_none_or(|status| !(200..300).contains(&status) && !(400..500).contains(&status))
                },
                waits: WAITS,
            },
        },
    }
}

/// Whether webhooks with this method carry a body.
pub(super) fn has_body(http_method: &str) -> bool {
    matches!(http_method, "POST" | "PUT")
}

/// Template variables and their values.
type Variables<'v> = BTreeMap<&'v str, String>;

const VERSION: &str = "4.95.2647";

/// Brightpearl's schedule is not known (docs/evidence/brightpearl-platform.md#assumptions). This one is short enough
/// for tests.
const WAITS: &[Duration] =
    &[Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_covers_what_is_below_its_name() {
        assert!(covers("order.modified", "order.modified.order-status"));
        assert!(covers("order", "order.modified"));
        assert!(!covers("order.modified.order-status", "order.modified"));
        assert!(!covers("order", "order-row.modified"));
    }
}
