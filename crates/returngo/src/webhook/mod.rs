//! Webhooks: registrations, and decoding deliveries (docs/evidence/returngo.md#webhooks).

#[cfg(feature = "webhooks")]
mod delivery;
mod notification;

use std::fmt;

#[cfg(feature = "webhooks")]
pub use api_client_core::secrets_match;
use api_client_core::{HttpResponse, decode::DecodeError, open_enum};
use serde::{Deserialize, Serialize};

#[cfg(feature = "webhooks")]
pub use self::delivery::{Delivery, DeliveryId, InvalidDeliveryId, Receiver, Rejection};
pub use self::notification::Notification;
use crate::{
    answer,
    ids::WebhookId,
    request::{Endpoint, Idempotency, Method, Request},
};

const LIST: Endpoint = Endpoint::new(Method::Get, "/webhooks", Idempotency::Read);
const CREATE: Endpoint = Endpoint::new(Method::Post, "/webhook", Idempotency::UnkeyedWrite);
const UPDATE: Endpoint = Endpoint::new(Method::Put, "/webhook/{id}", Idempotency::RepeatableWrite);
const DELETE: Endpoint = Endpoint::new(Method::Delete, "/webhook/{id}", Idempotency::RepeatableWrite);

open_enum! {
    /// The event of a webhook. There is none for changed transactions and inspected items: those have to be
    /// polled.
    pub enum WebhookEvent {
        /// An RMA was submitted.
        RmaCreated = "RMA_CREATED",
        /// An RMA was approved, rejected, received, validated, finished, cancelled or reopened.
        RmaStatusUpdated = "RMA_STATUS_UPDATED",
        /// A parcel was added.
        ShipmentCreated = "SHIPMENT_CREATED",
        /// The status of a parcel changed.
        ShipmentStatusUpdated = "SHIPMENT_STATUS_UPDATED",
        /// A carrier reported where a parcel is.
        ShipmentTrackerStatusUpdated = "SHIPMENT_TRACKER_STATUS_UPDATED",
        /// A transaction was made or requested.
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
    /// The URL. It contains the receiver's secret, so it is not printed. ReturnGO does not check it: list the
    /// registrations to verify it.
    pub url: String,
    /// The event.
    pub event_name: WebhookEvent,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({} of {})", self.id, self.event_name)
    }
}

/// A registration to create, or the new content of one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    /// The URL. Deliveries carry no signature: put a long random secret into the URL and let a
    /// [`Receiver`](crate::webhook) check it.
    pub url: String,
    /// The event.
    pub event_name: WebhookEvent,
}

impl NewWebhook {
    /// Creates a registration of this event for this URL.
    pub fn new(event_name: WebhookEvent, url: impl Into<String>) -> Self {
        Self { url: url.into(), event_name }
    }

    /// Creates a registration for each event, as ReturnGO requires for several events.
    pub fn of_each(events: impl IntoIterator<Item = WebhookEvent>, url: impl Into<String>) -> Vec<Self> {
        let url = url.into();
        events.into_iter().map(|event_name| Self::new(event_name, &url)).collect()
    }

    /// Whether only the query differs, which holds the secret.
    #[cfg(feature = "client")]
    fn is_of_one_receiver_with(&self, other: &Webhook) -> bool {
        let destination = |url: &str| url.split('?').next().map(str::to_owned);
        self.event_name == other.event_name && destination(&self.url) == destination(&other.url)
    }

    #[cfg(feature = "client")]
    fn is(&self, other: &Webhook) -> bool {
        self.event_name == other.event_name && self.url == other.url
    }
}

impl fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewWebhook({})", self.event_name)
    }
}

/// Lists all registrations of the shop, including those of other programs.
#[inline]
pub fn list() -> Request<Vec<Webhook>> {
    Request::new(LIST, &[], answer::body)
}

/// Creates a registration. The body is inferred from the list. There is no key: list the registrations before
/// sending it again.
#[inline]
pub fn create(webhook: &NewWebhook) -> Request<WebhookId> {
    Request::new(CREATE, &[], read_created).body(webhook).with_verification_hint("list the webhooks")
}

fn read_created(answer: &HttpResponse) -> Result<WebhookId, DecodeError> {
    #[derive(Deserialize)]
    struct Created {
        id: WebhookId,
    }
    answer::body::<Created>(answer).map(|created| created.id)
}

/// Changes a registration. Body and response are inferred.
#[inline]
pub fn update(id: &WebhookId, webhook: &NewWebhook) -> Request<()> {
    Request::new(UPDATE, &[id], answer::nothing).body(webhook)
}

/// Deletes a registration.
#[inline]
pub fn delete(id: &WebhookId) -> Request<()> {
    Request::new(DELETE, &[id], answer::nothing)
}

/// What [`Webhooks::ensure`] did.
#[cfg(feature = "client")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Ensured {
    /// Registrations that existed.
    pub kept: Vec<WebhookId>,
    /// Registrations that were created.
    pub created: Vec<WebhookId>,
    /// Registrations of the same receiver and event that had another query, such as an older secret, and were
    /// changed.
    pub changed: Vec<WebhookId>,
    /// All other registrations: of another program, or of a former receiver. Unchanged.
    pub others: Vec<Webhook>,
}

/// The webhook registrations of a shop: [`Client::webhooks`](crate::Client::webhooks).
///
/// ```no_run
/// # async fn example(returngo: returngo::Client, secret: &str) -> Result<(), returngo::Error> {
/// use returngo::{NewWebhook, WebhookEvent::{RmaStatusUpdated, TransactionCreated}};
///
/// let receiver = format!("https://returns.example.test/returngo?k={secret}");
/// let wanted = NewWebhook::of_each([RmaStatusUpdated, TransactionCreated], receiver);
/// let ensured = returngo.webhooks().ensure(&wanted).await?;
/// println!("created {}, of others {}", ensured.created.len(), ensured.others.len());
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Webhooks<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Webhooks<'_> {
    /// Lists all registrations of the shop, including those of other programs.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<Webhook>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Creates a registration; [`Webhooks::ensure`] does so once.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, webhook: &NewWebhook) -> Result<WebhookId, crate::Error> {
        self.0.send(&create(webhook)).await
    }

    /// Ensures that the shop has these registrations: creates missing ones, and changes one of the same
    /// receiver and event whose query differs. Call it when a program starts; it is safe to repeat, also after
    /// an error. Other registrations are unchanged and listed.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn ensure(&self, wanted: &[NewWebhook]) -> Result<Ensured, crate::Error> {
        let mut there = self.list().await?;
        let mut done = Ensured::default();
        for wanted in wanted {
            let same = there.iter().position(|there| wanted.is(there));
            let found = same.or_else(|| there.iter().position(|there| wanted.is_of_one_receiver_with(there)));
            match found.map(|found| there.remove(found)) {
                Some(found) if wanted.is(&found) => done.kept.push(found.id),
                Some(found) => {
                    self.update(&found.id, wanted).await?;
                    done.changed.push(found.id);
                }
                None => done.created.push(self.create_sought(wanted).await?),
            }
        }
        done.others = there;
        Ok(done)
    }

    /// Creates a missing registration; when the response is lost, the one that exists now is it.
    async fn create_sought(&self, wanted: &NewWebhook) -> Result<WebhookId, crate::Error> {
        match self.create(wanted).await {
            Err(error) if error.may_have_been_applied() => {
                let made = self.list().await?.into_iter().find(|there| wanted.is(there));
                made.map(|made| made.id).ok_or(error)
            }
            created => created,
        }
    }

    /// Changes a registration.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn update(&self, id: &WebhookId, webhook: &NewWebhook) -> Result<(), crate::Error> {
        self.0.send(&update(id, webhook)).await
    }

    /// Deletes a registration. One that does not exist counts as deleted.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, id: &WebhookId) -> Result<(), crate::Error> {
        match self.0.send(&delete(id)).await {
            Err(error) if error.kind() == crate::ErrorKind::NotFound => Ok(()),
            deleted => deleted,
        }
    }
}
