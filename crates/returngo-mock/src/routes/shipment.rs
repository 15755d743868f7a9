use api_mock_core::{Context, Request, Response};
use returngo::{ShipmentId, ShipmentStatus, ShipmentTracker, ShipmentUpdate};
use serde_json::json;

use super::body;
use crate::{Rejection, Shop, shop::transitions, wire};

/// `PUT /shipment/{id}`: answers with the whole shipment.
pub(super) fn update(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    let update: ShipmentUpdate = body(request)?;
    if let Some(status) = update.status.as_ref().filter(|status| !ShipmentStatus::KNOWN.contains(status)) {
        return Err(Rejection::bad_request(format!("unknown status {status}")));
    }
    let id = ShipmentId::new(id);
    let rma = shop.rma_of_shipment(&id)?;
    let (switches, now) = (shop.switches.clone(), context.now);
    let shipment =
        shop.change(&rma, context, |rma| transitions::update_shipment(rma, &id, update, &switches, now))?;
    Ok(Response::json(200, &wire::value(&shipment)))
}

/// `DELETE /shipment/{id}`: removes the parcel from its items. The answer is unconfirmed.
pub(super) fn delete(shop: &mut Shop, id: &str, context: &mut Context) -> Result<Response, Rejection> {
    let id = ShipmentId::new(id);
    let rma = shop.rma_of_shipment(&id)?;
    shop.change(&rma, context, |rma| {
        rma.shipments.retain(|shipment| shipment.shipment_id != id);
        for item in rma.items.iter_mut().filter(|item| item.shipment_id.as_ref() == Some(&id)) {
            item.shipment_id = None;
        }
        Ok(())
    })?;
    Ok(Response::json(200, &json!({})))
}

/// `POST /shipment-tracker`: only the path is known. The tracking number of another parcel is rejected.
pub(super) fn track(shop: &mut Shop, request: &Request) -> Result<Response, Rejection> {
    let tracker: ShipmentTracker = body(request)?;
    let rma = shop.rma_of_shipment(&tracker.shipment_id)?;
    let parcels = &shop.rma(&rma)?.shipments;
    let is_its_number = parcels.iter().any(|parcel| {
        parcel.shipment_id == tracker.shipment_id
            && parcel.tracking_number.as_deref() == Some(tracker.tracking_number.as_str())
    });
    if !is_its_number {
        let id = tracker.shipment_id;
        return Err(Rejection::bad_request(format!("shipment {id} does not have this tracking number")));
    }
    shop.followed.insert(tracker.tracking_number);
    Ok(Response::json(200, &json!({})))
}
