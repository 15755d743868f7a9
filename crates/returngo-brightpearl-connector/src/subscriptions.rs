//! The webhooks that the connector needs on both sides: made when a connection is, looked after daily.

use brightpearl::integration::NewWebhook as BrightpearlWebhook;
use returngo::webhook::{NewWebhook as ReturngoWebhook, WebhookEvent};

use crate::{configuration::Secret, connection::Connection, ledger::Source, world::ReadError};

/// What Brightpearl is asked to tell of. Sales credits have no event of their own, but `order.modified` tells of
/// orders of every type, and of new ones too (brightpearl-platform.md §8.3).
const BRIGHTPEARL_EVENTS: [&str; 3] =
    ["goods-in-note.created", "quarantine-release.created", "order.modified"];

/// What ReturnGO is asked to tell of (returngo.md §4).
const RETURNGO_EVENTS: [WebhookEvent; 7] = [
    WebhookEvent::RmaCreated,
    WebhookEvent::RmaStatusUpdated,
    WebhookEvent::ShipmentCreated,
    WebhookEvent::ShipmentStatusUpdated,
    WebhookEvent::ShipmentTrackerStatusUpdated,
    WebhookEvent::TransactionCreated,
    WebhookEvent::RefundCreated,
];

/// Where one side's webhooks for a connection arrive.
pub fn url(public_url: &str, source: Source, connection: &Connection, secret: &Secret) -> String {
    let base = public_url.trim_end_matches('/');
    format!("{base}/webhooks/{source}/{}/{}", connection.id, secret.reveal())
}

impl Connection {
    /// Subscribes what is missing and mends what differs, on both sides.
    ///
    /// # Errors
    /// When one of the systems does not take it.
    pub async fn subscribe(&self, public_url: &str, secret: &Secret) -> Result<(), ReadError> {
        let to = url(public_url, Source::Brightpearl, self, secret);
        let wanted = BRIGHTPEARL_EVENTS.map(|event| BrightpearlWebhook::post(event, &to));
        self.brightpearl.webhooks().ensure(&wanted).await?;
        let to = url(public_url, Source::Returngo, self, secret);
        for event in RETURNGO_EVENTS {
            self.returngo.webhooks().ensure(&ReturngoWebhook::new(event, &to)).await?;
        }
        Ok(())
    }
}
