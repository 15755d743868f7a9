use api_client_core::decode::{self, DecodeError};
use serde_json::{Map, Value};

use super::WebhookEvent;
use crate::ids::{RmaId, ShipmentId, TransactionId};

/// The content of a webhook: what to read again. It carries no state and is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notification {
    /// The event, if stated.
    pub event_name: Option<WebhookEvent>,
    /// The RMA to read again.
    pub rma_id: Option<RmaId>,
    /// The parcel.
    pub shipment_id: Option<ShipmentId>,
    /// The transaction.
    pub transaction_id: Option<TransactionId>,
}

impl Notification {
    /// Decodes the body of a delivery.
    ///
    /// The schema is not public, so ids are searched in every likely place: at the root and under `data`, there
    /// also under `rma`, `rmaSummary`, `shipment` and `transaction`. An id that is not found is none.
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

    /// Whether it names no RMA: then all open RMAs have to be read.
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
