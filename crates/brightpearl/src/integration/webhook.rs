//! Webhooks: subscriptions, and decoding deliveries
//! (docs/evidence/brightpearl-platform.md#webhook-subscriptions).

use std::collections::BTreeMap;

use api_client_core::{
    Endpoint, Idempotency, Method, OffsetDateTime,
    decode::{self, DecodeError},
    wire,
};
use serde::{Deserialize, Serialize};

use crate::{IdSet, answer, ids::WebhookId, request::Request};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/integration-service/webhook/{webhookIds}", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/integration-service/webhook", Idempotency::UnkeyedWrite);
const DELETE: Endpoint =
    Endpoint::new(Method::Delete, "/integration-service/webhook/{webhookId}", Idempotency::RepeatableWrite);
const SIMULATE: Endpoint = Endpoint::new(
    Method::Post,
    "/integration-service/webhook/{webhookId}/simulate",
    Idempotency::UnkeyedWrite,
);

/// The body template of [`NewWebhook::post`], which [`Notification::parse`] decodes. The id is quoted: it may
/// be a set.
const BODY_TEMPLATE: &str = concat!(
    r#"{"accountCode":"${account-code}","resourceType":"${resource-type}","id":"${resource-id}","#,
    r#""lifecycleEvent":"${lifecycle-event}","fullEvent":"${full-event}","raisedOn":"${raised-on}"}"#
);

/// A subscription. The list shows those of every integration on the account: recognise your own by the URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The subscription.
    pub id: WebhookId,
    /// The content.
    #[serde(flatten)]
    pub webhook: NewWebhook,
}

/// A subscription to create. In a list it may be another integration's: fields that cannot be read are empty.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    /// The event, such as `goods-in-note.created`; a shorter name includes all events below it.
    #[serde(with = "wire::informational")]
    pub subscribe_to: String,
    /// `GET`, `POST`, `PUT` or `DELETE`.
    #[serde(with = "wire::informational")]
    pub http_method: String,
    /// The URL. It contains the secret, and all callers that may list webhooks can read it.
    #[serde(with = "wire::informational")]
    pub uri_template: String,
    /// The body template; for `POST` and `PUT`.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub body_template: Option<String>,
    /// The body's content type.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether one delivery may contain many ids.
    #[serde(default, with = "wire::informational")]
    pub id_set_accepted: bool,
    /// The retry behaviour.
    #[serde(default, with = "wire::informational")]
    pub quality_of_service: QualityOfService,
}

/// When Brightpearl retries a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum QualityOfService {
    /// Retries only after a 503.
    #[default]
    AtMostOnce,
    /// Retries after every failure except a 4xx.
    AtLeastOnce,
}

impl From<u8> for QualityOfService {
    fn from(number: u8) -> Self {
        if number == 0 { Self::AtMostOnce } else { Self::AtLeastOnce }
    }
}

impl From<QualityOfService> for u8 {
    fn from(quality: QualityOfService) -> Self {
        match quality {
            QualityOfService::AtMostOnce => 0,
            QualityOfService::AtLeastOnce => 1,
        }
    }
}

impl NewWebhook {
    /// Creates a subscription that posts JSON to this URI, at least once, with many ids in one delivery.
    pub fn post(event: impl Into<String>, uri: impl Into<String>) -> Self {
        Self {
            subscribe_to: event.into(),
            http_method: "POST".to_owned(),
            uri_template: uri.into(),
            body_template: Some(BODY_TEMPLATE.to_owned()),
            content_type: Some("application/json".to_owned()),
            id_set_accepted: true,
            quality_of_service: QualityOfService::AtLeastOnce,
        }
    }

    /// Returns the URL without the query, which contains the receiver's secret and changes. Event and
    /// destination together identify one's own subscriptions
    /// (docs/evidence/brightpearl-platform.md#webhook-subscriptions).
    pub fn destination(&self) -> &str {
        destination(&self.uri_template)
    }
}

#[cfg(feature = "client")]
impl NewWebhook {
    /// Whether both deliver the same in the same way. Methods without a body have no template for one.
    fn delivers_as(&self, other: &Self) -> bool {
        let body = |webhook: &Self| (webhook.body_template.clone(), webhook.content_type.clone());
        let has_body = matches!(self.http_method.as_str(), "POST" | "PUT");
        self.subscribe_to == other.subscribe_to
            && self.http_method == other.http_method
            && self.uri_template == other.uri_template
            && self.id_set_accepted == other.id_set_accepted
            && self.quality_of_service == other.quality_of_service
            && (!has_body || body(self) == body(other))
    }

    fn is_same_subscription(&self, other: &Self) -> bool {
        self.subscribe_to == other.subscribe_to && self.destination() == other.destination()
    }
}

fn destination(uri: &str) -> &str {
    uri.split(['?', '#']).next().unwrap_or_default()
}

/// The URI contains the receiver's secret.
impl std::fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewWebhook({} by {})", self.subscribe_to, self.http_method)
    }
}

/// The content of a webhook: what to read again. It carries no state and is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The account.
    pub account_code: String,
    /// Such as `goods-in-note`.
    pub resource_type: String,
    #[serde(rename = "id", deserialize_with = "id_set")]
    /// The ids that changed, of the resource that [`Notification::resource_type`] names; [`IdSet::typed`] converts
    /// them, [`IdSet::iter`] expands ranges.
    pub ids: IdSet<u64>,
    /// `created`, `modified` or `destroyed`.
    pub lifecycle_event: String,
    /// Such as `order.modified.order-status`.
    #[serde(default, with = "wire::informational")]
    pub full_event: Option<String>,
    /// The time of the event.
    #[serde(default, with = "wire::informational")]
    pub raised_on: Option<OffsetDateTime>,
}

impl Notification {
    /// Decodes the body of a delivery to a subscription made by [`NewWebhook::post`].
    ///
    /// ```
    /// let body = br#"{"accountCode":"acmeoutdoors","resourceType":"goods-in-note","id":"5131,10268-10270",
    ///     "lifecycleEvent":"created","fullEvent":"goods-in-note.created","raisedOn":"2026-03-02T10:20:41.691Z"}"#;
    /// let notification = brightpearl::integration::Notification::parse(body)?;
    /// assert_eq!(notification.ids.len(), 4);
    /// # Ok::<(), brightpearl::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// When the body is not of that form.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        decode::json(body)
    }
}

fn id_set<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IdSet<u64>, D::Error> {
    let text = wire::text::deserialize::<D>(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// Requests all subscriptions of the account that the caller may see.
#[inline]
pub fn list() -> Request<Vec<Webhook>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these subscriptions.
#[inline]
pub fn get(ids: &IdSet<WebhookId>) -> Request<Vec<Webhook>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Creates a subscription. There is no key: list the subscriptions before sending it again.
#[inline]
pub fn create(webhook: &NewWebhook) -> Request<WebhookId> {
    Request::new(CREATE, &[], answer::payload).body(webhook).with_verification_hint("list the webhooks")
}

/// Deletes a subscription. One that does not exist counts as deleted.
#[inline]
pub fn delete(webhook: WebhookId) -> Request<()> {
    Request::new(DELETE, &[&webhook], answer::nothing).empty_when_absent()
}

/// The maximum number of ids of a test delivery (docs/evidence/brightpearl-platform.md#webhook-subscriptions).
const MAX_TEST_IDS: u64 = 10;

/// The content of a test delivery in place of an event.
///
/// ```
/// use brightpearl::{GoodsInNoteId, integration::TestData};
///
/// let data = TestData::about(GoodsInNoteId::new(60431)).with("full-event", "goods-in-note.created");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestData {
    test_data: BTreeMap<String, String>,
}

impl TestData {
    /// Creates a delivery about these ids, at most 10.
    pub fn about<Id>(ids: impl Into<IdSet<Id>>) -> Self {
        Self { test_data: BTreeMap::new() }.with("resource-id", &ids.into().to_string())
    }

    /// Sets another variable of the template, such as `full-event`.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.test_data.insert(format!("${{{variable}}}"), value.to_owned());
        self
    }

    /// The number of its ids.
    fn ids(&self) -> u64 {
        let ids = self.test_data.get("${resource-id}").and_then(|ids| ids.parse::<IdSet<u64>>().ok());
        ids.map_or(0, |ids| ids.len())
    }
}

/// Requests a test delivery to a subscription. One about more than 10 ids is rejected before sending: a
/// delivery cannot be split.
#[inline]
pub fn simulate(webhook: WebhookId, data: &TestData) -> Request<()> {
    let request = Request::new(SIMULATE, &[&webhook], answer::nothing)
        .body(data)
        .with_verification_hint("see whether the delivery has arrived");
    match data.ids() {
        0..=MAX_TEST_IDS => request,
        ids => request.unsendable(format!(
            "a test delivery has at most {MAX_TEST_IDS} ids, and this one has {ids}: send several"
        )),
    }
}

/// The result of [`Webhooks::ensure`].
#[cfg(feature = "client")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Ensured {
    /// Subscriptions that existed.
    pub kept: Vec<WebhookId>,
    /// Subscriptions that were created.
    pub created: Vec<WebhookId>,
    /// Subscriptions that differed or were duplicates, and were deleted.
    pub deleted: Vec<WebhookId>,
}

/// The webhook subscriptions of an account: [`Client::webhooks`](crate::Client::webhooks).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Webhooks<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Webhooks<'_> {
    /// Lists all subscriptions that the caller may see, including those of other integrations.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<Webhook>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Subscribes.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, webhook: &NewWebhook) -> Result<WebhookId, crate::Error> {
        self.0.send(&create(webhook)).await
    }

    /// Ensures that the account has these subscriptions, each once: creates missing ones, and if one of the
    /// same event and [destination](NewWebhook::destination) differs, creates it again before it deletes the
    /// old one. Subscriptions of others are unchanged. Safe to repeat, also after an error.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn ensure(&self, wanted: &[NewWebhook]) -> Result<Ensured, crate::Error> {
        let there = self.list().await?;
        let mut done = Ensured::default();
        for wanted in wanted {
            let ours = there.iter().filter(|there| there.webhook.is_same_subscription(wanted));
            let (same, different): (Vec<_>, Vec<_>) =
                ours.partition(|there| there.webhook.delivers_as(wanted));
            let (kept, twice) = same.split_at(same.len().min(1));
            match kept {
                [kept] => done.kept.push(kept.id),
                _ => done.created.push(self.create_sought(wanted, &there).await?),
            }
            for old in twice.iter().chain(&different) {
                self.delete(old.id).await?;
                done.deleted.push(old.id);
            }
        }
        Ok(done)
    }

    /// Deletes every subscription to this destination, for any event. The query, with the secret in it, is
    /// ignored.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind). Subscriptions deleted before the error stay deleted.
    pub async fn remove_ours(&self, to: &str) -> Result<Vec<WebhookId>, crate::Error> {
        let mut there = self.list().await?;
        there.retain(|there| there.webhook.destination() == destination(to));
        for ours in &there {
            self.delete(ours.id).await?;
        }
        Ok(there.into_iter().map(|ours| ours.id).collect())
    }

    /// Requests a test delivery to a subscription.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn simulate(&self, webhook: WebhookId, data: &TestData) -> Result<(), crate::Error> {
        self.0.send(&simulate(webhook, data)).await
    }

    /// Creates a subscription; when the response is lost, a subscription that appeared since is the one.
    async fn create_sought(
        &self,
        wanted: &NewWebhook,
        before: &[Webhook],
    ) -> Result<WebhookId, crate::Error> {
        let error = match self.create(wanted).await {
            Ok(id) => return Ok(id),
            Err(error) if error.may_have_been_applied() => error,
            Err(error) => return Err(error),
        };
        let since = self.list().await?.into_iter().filter(|there| !before.contains(there));
        let made = since.filter(|there| there.webhook.delivers_as(wanted)).map(|there| there.id).next();
        made.ok_or(error)
    }

    /// Deletes a subscription. One that does not exist counts as deleted.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, webhook: WebhookId) -> Result<(), crate::Error> {
        self.0.send(&delete(webhook)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_fills_the_variable_of_the_ids() {
        let ids: IdSet<u64> = "1-5,99".parse().unwrap();
        let request = simulate(WebhookId::new(731), &TestData::about(ids));
        assert_eq!(request.to_string(), "POST /integration-service/webhook/731/simulate");
        assert_eq!(request.json(), Some(r#"{"testData":{"${resource-id}":"1-5,99"}}"#));
        assert_eq!(request.problem(), None);
    }

    #[test]
    fn a_simulation_of_too_many_ids_cannot_be_sent() {
        let ids: IdSet<u64> = "1-10,99".parse().unwrap();
        let request = simulate(WebhookId::new(731), &TestData::about(ids));
        assert!(request.problem().unwrap().contains("at most 10 ids, and this one has 11"));
    }
}
