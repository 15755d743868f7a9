//! The control routes of the shop under `/_mock/`.

use api_mock_core::{Context, Request, Response};
use returngo::{ReturnedItemId, Rma, RmaId, ShipmentId, ShipmentStatus};
use serde::Deserialize;
use serde_json::json;

use super::{body, invalid_body};
use crate::{Inspection, Refund, Rejection, Shop, wire};

/// Answers a control request. None for an unknown route.
pub(super) fn handle(
    shop: &mut Shop,
    route: &str,
    request: &Request,
    context: &mut Context,
) -> Option<Result<Response, Rejection>> {
    let segments: Vec<&str> = route.split('/').collect();
    Some(match (request.method.as_str(), segments.as_slice()) {
        ("PUT", ["rma", id]) => put_rma(shop, id, request, context),
        ("POST", ["rma", id, "approve"]) => on_rma(id, |id| shop.approve(id, context)),
        ("POST", ["rma", id, "cancel"]) => on_rma(id, |id| shop.cancel(id, context)),
        ("POST", ["rma", id, "reopen"]) => on_rma(id, |id| shop.reopen(id, context)),
        ("POST", ["rma", id, "inspect"]) => inspect(shop, id, request, context),
        ("POST", ["shipment", id, "carrier"]) => carrier(shop, id, request, context),
        ("POST", ["rma", id, "refund"]) => refund(shop, id, request, context),
        ("PUT", ["quota"]) => set(&mut shop.quota, body(request)),
        ("PUT", ["switches"]) => set(&mut shop.switches, body(request)),
        _ => return None,
    })
}

fn put_rma(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    let rma: Rma = body(request)?;
    if *rma.id() != rma_id(id)? {
        return Err(Rejection::bad_request(format!("the body is RMA {}, not {id}", rma.id())));
    }
    shop.put(rma.clone(), context);
    Ok(Response::json(200, &wire::rma(&rma)))
}

fn on_rma(id: &str, act: impl FnOnce(&RmaId) -> Result<Rma, Rejection>) -> Result<Response, Rejection> {
    let rma = act(&rma_id(id)?)?;
    Ok(Response::json(200, &wire::rma(&rma)))
}

fn refund(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    let refund: Refund = if request.body.is_empty() { Refund::full() } else { body(request)? };
    let transaction = shop.refund(&rma_id(id)?, refund, context)?;
    Ok(Response::json(200, &wire::transaction(&transaction)))
}

fn inspect(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct InspectionBody {
        return_item_ids: Option<Vec<ReturnedItemId>>,
        #[serde(flatten)]
        inspection: Inspection,
    }
    let InspectionBody { return_item_ids, inspection } = body(request)?;
    let rma = shop.inspect(&rma_id(id)?, return_item_ids.as_deref(), &inspection, context)?;
    Ok(Response::json(200, &wire::rma(&rma)))
}

fn carrier(
    shop: &mut Shop,
    id: &str,
    request: &Request,
    context: &mut Context,
) -> Result<Response, Rejection> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct CarrierBody {
        status: ShipmentStatus,
    }
    let CarrierBody { status } = body(request)?;
    let parcel = shop.carrier_reports(&ShipmentId::new(id), status, context)?;
    Ok(Response::json(200, &wire::value(&parcel)))
}

fn set<T>(setting: &mut T, value: Result<T, Rejection>) -> Result<Response, Rejection> {
    *setting = value?;
    Ok(Response::json(200, &json!({})))
}

fn rma_id(text: &str) -> Result<RmaId, Rejection> {
    text.parse().map_err(invalid_body)
}
