//! Webhooks: registrations, and reading what arrives (returngo.md §4).

use std::fmt;

pub use api_client_core::secrets_match;
use api_client_core::{
    HttpResponse,
    decode::{self, DecodeError},
    open_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    answer,
    ids::{RmaId, ShipmentId, TransactionId, WebhookId},
    request::{Endpoint, Idempotency, Method, Request},
};

const LIST: Endpoint = Endpoint::new(Method::Get, "/webhooks", Idempotency::Read);
const CREATE: Endpoint = Endpoint::new(Method::Post, "/webhook", Idempotency::UnkeyedWrite);
const UPDATE: Endpoint = Endpoint::new(Method::Put, "/webhook/{id}", Idempotency::RepeatableWrite);
const DELETE: Endpoint = Endpoint::new(Method::Delete, "/webhook/{id}", Idempotency::RepeatableWrite);

open_enum! {
    /// What a webhook tells of. There is none for a transaction that changed nor for an inspected item: those
    /// are seen only by looking.
    pub enum WebhookEvent {
        /// An RMA was asked for.
        RmaCreated = "RMA_CREATED",
        /// An RMA was approved, refused, received, validated, finished, withdrawn or reopened.
        RmaStatusUpdated = "RMA_STATUS_UPDATED",
        /// A parcel was added.
        ShipmentCreated = "SHIPMENT_CREATED",
        /// A parcel moved on.
        ShipmentStatusUpdated = "SHIPMENT_STATUS_UPDATED",
        /// A carrier said where a parcel is.
        ShipmentTrackerStatusUpdated = "SHIPMENT_TRACKER_STATUS_UPDATED",
        /// Money moved, or is to be moved.
        TransactionCreated = "TRANSACTION_CREATED",
        /// A refund was made.
        RefundCreated = "REFUND_CREATED",
    }
}

/// A registration: one receiver, one event, one shop.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The registration.
    pub id: WebhookId,
    /// Where it goes; holds the receiver's secret, so it does not print. Not checked by ReturnGO: verify it by
    /// listing.
    pub url: String,
    /// The event.
    pub event_name: WebhookEvent,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({} of {})", self.id, self.event_name)
    }
}

/// A registration to make, or what one is to become.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    /// Where it goes. Deliveries carry no signature: put a long random secret into the URL and check it with
    /// [`secrets_match`].
    pub url: String,
    /// The event.
    pub event_name: WebhookEvent,
}

impl NewWebhook {
    /// Deliveries of this event to this URL.
    pub fn new(event_name: WebhookEvent, url: impl Into<String>) -> Self {
        Self { url: url.into(), event_name }
    }
}

impl fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewWebhook({})", self.event_name)
    }
}

/// What a webhook says: look at these again. It carries no state, and anybody may have sent it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notification {
    /// The event, if it says so.
    pub event_name: Option<WebhookEvent>,
    /// The RMA to look at again.
    pub rma_id: Option<RmaId>,
    /// The parcel that it is about.
    pub shipment_id: Option<ShipmentId>,
    /// The movement of money that it is about.
    pub transaction_id: Option<TransactionId>,
}

impl Notification {
    /// Reads the body of a delivery.
    ///
    /// Its schema is not public, so ids are looked for wherever they may stand: at the root and under `data`,
    /// there also under `rma`, `rmaSummary`, `shipment` and `transaction`. What is not found is none.
    ///
    /// ```
    /// use returngo::webhook::{Notification, WebhookEvent};
    ///
    /// let body = br#"{"eventName":"RMA_STATUS_UPDATED","data":{"rmaId":"4410021","status":"Received"}}"#;
    /// let notification = Notification::parse(body)?;
    /// assert_eq!(notification.event_name, Some(WebhookEvent::RmaStatusUpdated));
    /// assert_eq!(notification.rma_id.unwrap().as_str(), "4410021");
    /// # Ok::<(), returngo::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// When the body is not a JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let root: Map<String, Value> = decode::json(body)?;
        let data = root.get("data").and_then(Value::as_object);
        let levels = || [data, Some(&root)].into_iter().flatten();
        let objects = |name: &'static str| levels().filter_map(move |level| level.get(name)?.as_object());

        let event_name = levels().find_map(|level| text(level, "eventName"));
        let about = |kind: &str| event_name.as_deref().is_some_and(|event| event.starts_with(kind));
        // A bare `id` belongs to what the event is about, and to nothing when the event does not say.
        let bare_id = |kind: &str| levels().filter(|_| about(kind)).find_map(|level| text(level, "id"));

        let rmas = || objects("rma").chain(objects("rmaSummary"));
        let rma_id = levels()
            .chain(rmas())
            .find_map(|place| text(place, "rmaId").or_else(|| text(place, "rma_id")))
            .or_else(|| rmas().find_map(|rma| text(rma, "id")))
            .or_else(|| bare_id("RMA_"));
        let shipment_id = levels()
            .chain(objects("shipment"))
            .find_map(|place| text(place, "shipmentId").or_else(|| text(place, "shipment_id")))
            .or_else(|| objects("shipment").find_map(|shipment| text(shipment, "id")))
            .or_else(|| bare_id("SHIPMENT_").filter(|_| !about("SHIPMENT_TRACKER_")));
        let transaction_id = levels()
            .find_map(|place| text(place, "transactionId").or_else(|| text(place, "transaction_id")))
            .or_else(|| objects("transaction").find_map(|transaction| text(transaction, "id")))
            .or_else(|| bare_id("TRANSACTION_"));

        Ok(Self {
            event_name: event_name.map(WebhookEvent::from),
            rma_id: rma_id.and_then(|id| id.parse().ok()),
            shipment_id: shipment_id.map(ShipmentId::from),
            transaction_id: transaction_id.map(TransactionId::from),
        })
    }

    /// Whether it does not say which RMA: then all open ones must be looked at.
    pub const fn needs_sweep(&self) -> bool {
        self.rma_id.is_none()
    }
}

/// A text or a whole number under this name.
fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

/// All registrations of the shop, other programs' too.
pub fn list() -> Request<Vec<Webhook>> {
    Request::new(LIST, &[], answer::body)
}

/// Registers. The body is inferred from what the list shows. There is no key: list before sending it again.
pub fn create(webhook: &NewWebhook) -> Request<WebhookId> {
    Request::new(CREATE, &[], read_created).body(webhook).find_out("list the webhooks")
}

fn read_created(answer: &HttpResponse) -> Result<WebhookId, DecodeError> {
    #[derive(Deserialize)]
    struct Created {
        id: WebhookId,
    }
    answer::body::<Created>(answer).map(|created| created.id)
}

/// Changes a registration. Body and answer are inferred.
pub fn update(id: &WebhookId, webhook: &NewWebhook) -> Request<()> {
    Request::new(UPDATE, &[id], answer::nothing).body(webhook)
}

/// Deletes a registration. Repeated after a lost answer it may be answered
/// [`NotFound`](crate::ErrorKind::NotFound): then it is deleted.
pub fn delete(id: &WebhookId) -> Request<()> {
    Request::new(DELETE, &[id], answer::nothing)
}

/// The webhook registrations of a shop: [`Client::webhooks`](crate::Client::webhooks).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Webhooks<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Webhooks<'_> {
    /// All registrations of the shop, other programs' too.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<Webhook>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Registers; [`Webhooks::ensure`] does so once.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, webhook: &NewWebhook) -> Result<WebhookId, crate::Error> {
        self.0.send(&create(webhook)).await
    }

    /// Registers unless the same registration is there: what a program does when it starts. Registrations with
    /// another URL are left alone, they may be another program's.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn ensure(&self, webhook: &NewWebhook) -> Result<WebhookId, crate::Error> {
        if let Some(id) = self.find(webhook).await? {
            return Ok(id);
        }
        match self.create(webhook).await {
            Err(error) if error.may_have_been_applied() => self.find(webhook).await?.ok_or(error),
            created => created,
        }
    }

    async fn find(&self, webhook: &NewWebhook) -> Result<Option<WebhookId>, crate::Error> {
        let mut registrations = self.list().await?.into_iter();
        let same =
            registrations.find(|found| found.url == webhook.url && found.event_name == webhook.event_name);
        Ok(same.map(|found| found.id))
    }

    /// Changes a registration.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn update(&self, id: &WebhookId, webhook: &NewWebhook) -> Result<(), crate::Error> {
        self.0.send(&update(id, webhook)).await
    }

    /// Deletes a registration.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, id: &WebhookId) -> Result<(), crate::Error> {
        self.0.send(&delete(id)).await
    }
}
