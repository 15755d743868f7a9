//! Webhook subscriptions and their errors (docs/evidence/brightpearl-platform.md#webhook-subscriptions).

use std::collections::BTreeMap;

use brightpearl::{
    IdSet, WebhookId,
    integration::{NewWebhook, QualityOfService, Webhook},
};
use serde::Deserialize;
use serde_json::Value;

use super::webhook_delivery::{has_body, test_delivery};
use crate::{
    Switches,
    gateway::{Answer, Call, Problem, placeholder_codes},
    state::Account,
};

/// `GET /webhook[/{ids}]`: the subscriptions of all callers.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let wanted = |webhook: &&Webhook| ids.as_ref().is_none_or(|ids| ids.contains(webhook.id));
    let found: Vec<Value> = account.webhooks.values().filter(wanted).map(view).collect();
    match (found.is_empty(), ids) {
        (true, Some(ids)) => Err(Problem::not_found(format!("No webhooks available in ID Set {ids}"))),
        (true, None) => Err(Problem::not_found("No webhooks available")),
        (false, _) => Ok(Answer::of(found)),
    }
}

/// Without body and content type for methods without a body.
fn view(webhook: &Webhook) -> Value {
    let mut view = serde_json::to_value(webhook).unwrap_or_default();
    if let (false, Some(fields)) = (has_body(&webhook.webhook.http_method), view.as_object_mut()) {
        fields.retain(|name, _| name != "bodyTemplate" && name != "contentType");
    }
    view
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebhookBody {
    subscribe_to: Option<String>,
    http_method: Option<String>,
    uri_template: Option<String>,
    body_template: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    id_set_accepted: bool,
    #[serde(default)]
    quality_of_service: QualityOfService,
}

/// `POST /webhook`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let webhook = check(call.body()?, call.switches)?;
    let id = WebhookId::new(account.next_ids.webhook.next());
    account.webhooks.insert(id, Webhook { id, webhook });
    Ok(Answer::of(id))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimulationBody {
    #[serde(default)]
    test_data: BTreeMap<String, String>,
}

/// The maximum number of ids of a test delivery.
const MAX_TEST_IDS: u64 = 10;

/// `POST /webhook/{id}/simulate`: sends one webhook with the given values of template variables.
pub(crate) fn simulate(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: SimulationBody = call.body()?;
    let id: WebhookId = call.id(0)?;
    let webhook = account.webhooks.get(&id);
    let webhook = webhook.ok_or_else(|| Problem::not_found(format!("Cannot find webhook: {id}")))?;
    let ids = body.test_data.get("${resource-id}").map(|ids| ids.parse::<IdSet<u64>>());
    if ids.is_some_and(|ids| !ids.is_ok_and(|ids| ids.len() <= MAX_TEST_IDS)) {
        let message = format!("${{resource-id}} must be 1 to {MAX_TEST_IDS} IDs");
        return Err(Problem::client(placeholder_codes::WEBHOOK, message));
    }
    let delivery = test_delivery(account, &webhook.webhook, body.test_data, call.now);
    account.test_deliveries.push(delivery);
    Ok(Answer::nothing())
}

/// `DELETE /webhook/{id}`.
pub(crate) fn delete(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: WebhookId = call.id(0)?;
    match account.webhooks.remove(&id) {
        Some(_) => Ok(Answer::nothing()),
        None => Err(Problem::not_found(format!("Cannot find webhook: {id}"))),
    }
}

fn check(body: WebhookBody, switches: Switches) -> Result<NewWebhook, Problem> {
    let refused = |message: String| Problem::client(placeholder_codes::WEBHOOK, message);
    let missing = |name: &str| refused(format!("{name} is required"));
    let subscribe_to = body.subscribe_to.ok_or_else(|| missing("subscribeTo"))?;
    check_event(&subscribe_to)?;
    let http_method = body.http_method.ok_or_else(|| missing("httpMethod"))?;
    if !matches!(http_method.as_str(), "GET" | "POST" | "PUT" | "DELETE") {
        return Err(refused(format!("httpMethod {http_method} is not one of GET, POST, PUT, DELETE")));
    }
    let uri_template = body.uri_template.ok_or_else(|| missing("uriTemplate"))?;
    if !uri_template.starts_with("http://") && !uri_template.starts_with("https://") {
        return Err(refused("uriTemplate must be an absolute URI".to_owned()));
    }
    if has_body(&http_method) && body.body_template.is_none() {
        return Err(missing("bodyTemplate"));
    }
    if has_body(&http_method) && body.content_type.is_none() {
        return Err(missing("contentType"));
    }
    let body_template = body.body_template.as_deref().filter(|_| has_body(&http_method));
    check_variables(&uri_template, body_template, switches)?;
    Ok(NewWebhook {
        subscribe_to,
        http_method,
        uri_template,
        body_template: body.body_template,
        content_type: body.content_type,
        id_set_accepted: body.id_set_accepted,
        quality_of_service: body.quality_of_service,
    })
}

const MANDATORY: [&str; 3] = ["${account-code}", "${resource-type}", "${lifecycle-event}"];
/// Probably mandatory too: the recorded subscription that was rejected had it
/// (docs/evidence/brightpearl-platform.md#webhook-subscriptions).
const RESOURCE_ID: &str = "${resource-id}";

/// Creates one `INTC-057` for each variable that is in neither template, with Brightpearl's spelling.
fn check_variables(uri: &str, body: Option<&str>, switches: Switches) -> Result<(), Problem> {
    let resource_id = switches.resource_id_is_mandatory.then_some(RESOURCE_ID);
    let absent = MANDATORY
        .into_iter()
        .chain(resource_id)
        .filter(|name| !uri.contains(name) && !body.is_some_and(|body| body.contains(name)));
    let refusals = absent
        .map(|name| Problem::client("INTC-057", format!("The URI or body template must contatin {name}")))
        .collect();
    Problem::all(refusals)
}

/// The known events (docs/evidence/brightpearl-platform.md#webhook-events): resource, lifecycle and specifiers.
const EVENTS: &[(&str, &str, &[&str])] = &[
    ("drop-ship-note", "created", &[]),
    ("drop-ship-note", "modified", &["shipped"]),
    ("drop-ship-note", "destroyed", &[]),
    ("goods-in-note", "created", &[]),
    ("quarantine-release", "created", &[]),
    ("goods-out-note", "created", &[]),
    (
        "goods-out-note",
        "modified",
        &["printed", "picked", "packed", "shipped", "un-printed", "un-picked", "un-packed"],
    ),
    ("goods-out-note", "destroyed", &[]),
    ("order", "modified", &["order-status", "fully-shipped"]),
    ("sales-order", "created", &[]),
    ("product", "created", &[]),
    ("product", "modified", &["on-hand-modified"]),
    ("product", "destroyed", &[]),
];

fn check_event(name: &str) -> Result<(), Problem> {
    let mut parts = name.splitn(3, '.');
    let (resource, lifecycle, specifier) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let mut of_resource = EVENTS.iter().filter(|(known, ..)| *known == resource).peekable();
    let unknown = || {
        // "too" is Brightpearl's spelling.
        Problem::client("INTC-064", format!("{name} either does not exist or cannot be subscribed too"))
    };
    if of_resource.peek().is_none() {
        return Err(unknown());
    }
    let Some(lifecycle) = lifecycle else { return Ok(()) };
    let Some((_, _, specifiers)) = of_resource.find(|(_, known, _)| *known == lifecycle) else {
        return Err(Problem::client(
            "INTC-062",
            format!("{lifecycle} is not a valid lifecycle event of {resource}"),
        ));
    };
    match specifier {
        Some(specifier) if !specifiers.contains(&specifier) => Err(unknown()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_refused_with_the_code_of_what_is_wrong_with_them() {
        let code = |name: &str| {
            check_event(name).err().map(|problem| crate::gateway::error_body(&problem)[20..28].to_owned())
        };
        for good in [
            "goods-in-note.created",
            "order.modified",
            "order.modified.order-status",
            "goods-out-note",
            "product",
        ] {
            assert_eq!(code(good), None, "{good}");
        }
        for (bad, expected) in [
            ("order.created", "INTC-062"),
            ("goods-in-note.destroyed", "INTC-062"),
            ("contact.created", "INTC-064"),
            ("sales-credit.created", "INTC-064"),
            ("order.modified.paid", "INTC-064"),
        ] {
            assert_eq!(code(bad).as_deref(), Some(expected), "{bad}");
        }
    }
}
