//! Webhooks: registrations, and reading what arrives (docs/evidence/returngo.md#webhooks).

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
    /// Where it goes. Deliveries carry no signature: put a long random secret into the URL and have a
    /// [`Receiver`](crate::webhook) check it.
    pub url: String,
    /// The event.
    pub event_name: WebhookEvent,
}

impl NewWebhook {
    /// Deliveries of this event to this URL.
    pub fn new(event_name: WebhookEvent, url: impl Into<String>) -> Self {
        Self { url: url.into(), event_name }
    }

    /// A registration for each event, which is what ReturnGO wants of one receiver of several.
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

/// All registrations of the shop, other programs' too.
#[inline]
pub fn list() -> Request<Vec<Webhook>> {
    Request::new(LIST, &[], answer::body)
}

/// Registers. The body is inferred from what the list shows. There is no key: list before sending it again.
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

/// Changes a registration. Body and answer are inferred.
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
pub struct Ensured {
    /// Registrations that were there as wanted.
    pub kept: Vec<WebhookId>,
    /// Registrations that were made.
    pub created: Vec<WebhookId>,
    /// Registrations of the same receiver and event that had another query, such as an older secret.
    pub changed: Vec<WebhookId>,
    /// Everything else that is registered: another program's, or a receiver of ours that is no more. Left alone.
    pub others: Vec<Webhook>,
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

    /// Makes the shop have these registrations: creates what is missing, and changes one of the same receiver
    /// and event whose query differs. What a program does when it starts; safe to run again, after an error
    /// too. Other registrations are left alone and named.
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

    /// Registers what was not there; when the answer is lost, the one that is there now is the one.
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

    /// Deletes a registration. One that is gone already is as good as deleted.
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
