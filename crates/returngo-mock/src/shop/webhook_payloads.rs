//! The bodies of webhooks (docs/evidence/returngo.md#webhooks). Their schemas are not public; these are the likely
//! ones.

use api_mock_core::{Delivery, RetryRule};
use returngo::{Rma, RmaId, Shipment, Transaction, Webhook, WebhookEvent};
use serde_json::{Map, Value, json};

use crate::{Switches, wire};

/// An event and the data of its webhook.
#[derive(Debug)]
pub(crate) struct WebhookPayload {
    event: WebhookEvent,
    data: Map<String, Value>,
}

/// ReturnGO is not known to retry.
const ONCE: RetryRule = RetryRule { retries: |_| false, waits: &[] };

/// Returns the webhooks that the difference between two states of an RMA implies. There are no events for changed
/// transactions and inspected items.
pub(crate) fn of_change(before: Option<&Rma>, after: &Rma) -> Vec<WebhookPayload> {
    let Some(before) = before else {
        return vec![WebhookPayload::about_rma(WebhookEvent::RmaCreated, after)];
    };
    let mut payloads = Vec::new();
    for shipment in &after.shipments {
        match before.shipments.iter().find(|old| old.shipment_id == shipment.shipment_id) {
            None => {
                payloads.push(WebhookPayload::about_shipment(WebhookEvent::ShipmentCreated, shipment, after))
            }
            Some(old) if old.status != shipment.status => {
                payloads.push(WebhookPayload::about_shipment(
                    WebhookEvent::ShipmentStatusUpdated,
                    shipment,
                    after,
                ));
            }
            Some(_) => {}
        }
    }
    if before.status() != after.status() {
        payloads.push(WebhookPayload::about_rma(WebhookEvent::RmaStatusUpdated, after));
    }
    for transaction in &after.transactions {
        let old = before.transactions.iter().find(|old| old.id == transaction.id);
        if old.is_none() {
            payloads.push(WebhookPayload::about_transaction(
                WebhookEvent::TransactionCreated,
                transaction,
                after,
            ));
        }
        let refunds = |transaction: &Transaction| transaction.is_refund() && transaction.happened();
        if refunds(transaction) && !old.is_some_and(refunds) {
            payloads.push(WebhookPayload::about_transaction(WebhookEvent::RefundCreated, transaction, after));
        }
    }
    payloads
}

impl WebhookPayload {
    fn about_rma(event: WebhookEvent, rma: &Rma) -> Self {
        let data =
            json!({ "rmaId": rma.id(), "status": rma.status(), "order_name": rma.rma_summary.order_name });
        Self::new(event, data)
    }

    fn about_shipment(event: WebhookEvent, shipment: &Shipment, rma: &Rma) -> Self {
        let data = json!({
            "shipmentId": shipment.shipment_id,
            "rmaId": rma.id(),
            "status": shipment.status,
            "trackingNumber": shipment.tracking_number,
        });
        Self::new(event, data)
    }

    /// Creates the payload of a carrier's report about a registered parcel.
    pub(crate) fn about_tracker(shipment: &Shipment, rma: &RmaId) -> Self {
        let data = json!({
            "shipmentId": shipment.shipment_id,
            "rmaId": rma,
            "status": shipment.status,
            "trackingNumber": shipment.tracking_number,
        });
        Self::new(WebhookEvent::ShipmentTrackerStatusUpdated, data)
    }

    fn about_transaction(event: WebhookEvent, transaction: &Transaction, rma: &Rma) -> Self {
        let data = json!({
            "transactionId": wire::transaction(transaction)["id"],
            "rmaId": rma.id(),
            "type": transaction.kind,
            "status": transaction.status,
            "amount": wire::value(&transaction.amount),
        });
        Self::new(event, data)
    }

    fn new(event: WebhookEvent, data: Value) -> Self {
        let data = if let Value::Object(data) = data { data } else { Map::new() };
        Self { event, data }
    }

    /// Creates one delivery for each registration of the event.
    pub(crate) fn deliveries<'w>(
        self,
        webhooks: impl Iterator<Item = &'w Webhook>,
        switches: &Switches,
    ) -> impl Iterator<Item = Delivery> {
        let body = self.body(switches);
        webhooks.filter(move |webhook| webhook.event_name == self.event).map(move |webhook| Delivery {
            event: webhook.event_name.to_string(),
            method: "POST".to_owned(),
            url: webhook.url.clone(),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: body.clone(),
            retry: ONCE,
        })
    }

    fn body(&self, switches: &Switches) -> String {
        let mut data = self.data.clone();
        if !switches.webhooks_name_the_rma {
            data.remove("rmaId");
            data.remove("order_name");
        }
        if switches.webhook_data_is_nested {
            json!({ "eventName": self.event, "data": data }).to_string()
        } else {
            data.insert("eventName".to_owned(), json!(self.event));
            Value::Object(data).to_string()
        }
    }
}
