//! Webhooks: subscriptions, and reading what arrives (brightpearl-platform.md §8).

use api_client_core::{
    Endpoint, Idempotency, Method, OffsetDateTime,
    decode::{self, DecodeError},
};
use serde::{Deserialize, Serialize};

use crate::{IdSet, answer, ids::WebhookId, request::Request};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/integration-service/webhook/{webhookIds}", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/integration-service/webhook", Idempotency::UnkeyedWrite);
const DELETE: Endpoint =
    Endpoint::new(Method::Delete, "/integration-service/webhook/{webhookId}", Idempotency::RepeatableWrite);

/// The body that [`NewWebhook::post`] asks for and [`Notification::parse`] reads. The id is quoted: it may be
/// a set.
const BODY_TEMPLATE: &str = concat!(
    r#"{"accountCode":"${account-code}","resourceType":"${resource-type}","id":"${resource-id}","#,
    r#""lifecycleEvent":"${lifecycle-event}","fullEvent":"${full-event}","raisedOn":"${raised-on}"}"#
);

/// A subscription. The list shows those of every integration on the account: know yours by its URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The subscription.
    pub id: WebhookId,
    /// What it says.
    #[serde(flatten)]
    pub webhook: NewWebhook,
}

/// A subscription to make.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    /// The event, such as `goods-in-note.created`; a shorter name takes all below it.
    pub subscribe_to: String,
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub http_method: String,
    /// Where it goes; holds the secret, and is read by everybody who may list webhooks.
    pub uri_template: String,
    /// What it says; for `POST` and `PUT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_template: Option<String>,
    /// The body's content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Whether one delivery may carry many ids.
    #[serde(default)]
    pub id_set_accepted: bool,
    /// How hard Brightpearl tries.
    #[serde(default)]
    pub quality_of_service: QualityOfService,
}

/// How hard Brightpearl tries to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub enum QualityOfService {
    /// Again only after a 503.
    #[default]
    AtMostOnce,
    /// Again after every failure but a 4xx.
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
    /// A subscription that posts JSON to this URI, at least once, many ids in one delivery.
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
}

/// The URI holds the receiver's secret.
impl std::fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewWebhook({} by {})", self.subscribe_to, self.http_method)
    }
}

/// What a webhook says: look at these again. It carries no state, and anybody may have sent it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The account.
    pub account_code: String,
    /// Such as `goods-in-note`.
    pub resource_type: String,
    #[serde(rename = "id", deserialize_with = "id_set")]
    /// The things that changed, ranges expanded by [`IdSet::iter`].
    pub ids: IdSet,
    /// `created`, `modified` or `destroyed`.
    pub lifecycle_event: String,
    /// Such as `order.modified.order-status`.
    #[serde(default)]
    pub full_event: Option<String>,
    /// When it happened.
    #[serde(default)]
    pub raised_on: Option<OffsetDateTime>,
}

impl Notification {
    /// Reads the body of a delivery to a subscription made by [`NewWebhook::post`].
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

fn id_set<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IdSet, D::Error> {
    let text = api_client_core::wire::text::deserialize::<D>(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// All subscriptions of the account that the caller may see.
pub fn list() -> Request<Vec<Webhook>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// These subscriptions.
pub fn get(ids: &IdSet) -> Request<Vec<Webhook>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Subscribes. There is no key: list before sending it again.
pub fn create(webhook: &NewWebhook) -> Request<WebhookId> {
    Request::new(CREATE, &[], answer::payload).body(webhook).find_out("list the webhooks")
}

/// Unsubscribes.
pub fn delete(webhook: WebhookId) -> Request<()> {
    Request::new(DELETE, &[&webhook], answer::nothing)
}

/// The webhook subscriptions of an account: [`Client::webhooks`](crate::Client::webhooks).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Webhooks<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Webhooks<'_> {
    /// All subscriptions that the caller may see, other integrations' too.
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

    /// Unsubscribes.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, webhook: WebhookId) -> Result<(), crate::Error> {
        self.0.send(&delete(webhook)).await
    }
}
