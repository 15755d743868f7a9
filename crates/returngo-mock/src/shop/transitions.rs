//! The status transitions of RMAs and parcels (docs/evidence/returngo.md#setting-a-status,
//! docs/evidence/returngo.md#shipment-updates, docs/evidence/returngo.md#life-cycle).

use jiff::Timestamp;
use returngo::{
    CommentType, Rma, RmaStatus, Shipment, ShipmentId, ShipmentStatus, ShipmentUpdate, TriggeredVia,
};

use super::{actions, timeline};
use crate::{Rejection, Switches};

/// Updates a parcel as the API does, and the status of its RMA.
pub(crate) fn update_shipment(
    rma: &mut Rma,
    id: &ShipmentId,
    update: ShipmentUpdate,
    switches: &Switches,
    now: Timestamp,
) -> Result<Shipment, Rejection> {
    let shipment = shipment(rma, id)?;
    if let Some(status) = update.status {
        set_shipment_status(shipment, status)?;
    }
    set(&mut shipment.carrier_name, update.carrier_name);
    set(&mut shipment.tracking_number, update.tracking_number);
    set(&mut shipment.tracking_url, update.tracking_url);
    set(&mut shipment.label_url, update.label_url);
    let updated = shipment.clone();
    let line = format!("Shipment with ID: {id} was updated");
    timeline::add(rma, CommentType::System, timeline::API, line, now);
    if switches.shipments_move_the_rma {
        follow_parcels(rma);
    }
    Ok(updated)
}

/// Updates the status of a parcel as live tracking does.
pub(crate) fn follow_carrier(
    rma: &mut Rma,
    id: &ShipmentId,
    status: ShipmentStatus,
    switches: &Switches,
    now: Timestamp,
) -> Result<Shipment, Rejection> {
    let shipment = shipment(rma, id)?;
    set_shipment_status(shipment, status)?;
    let moved = shipment.clone();
    let line = match moved.status {
        ShipmentStatus::Shipped => "Shipment <strong>IN TRANSIT</strong>".to_owned(),
        ref status => format!("Shipment <strong>{}</strong>", status.as_str().to_uppercase()),
    };
    timeline::add(rma, CommentType::System, timeline::AUTOMATION, line, now);
    if switches.shipments_move_the_rma {
        follow_parcels(rma);
    }
    Ok(moved)
}

fn shipment<'r>(rma: &'r mut Rma, id: &ShipmentId) -> Result<&'r mut Shipment, Rejection> {
    let found = rma.shipments.iter_mut().find(|shipment| shipment.shipment_id == *id);
    found.ok_or_else(|| Rejection::not_found("shipment", id))
}

/// Sets a status by the table of docs/evidence/returngo.md#shipment-updates. Setting the same status is always
/// allowed.
fn set_shipment_status(shipment: &mut Shipment, status: ShipmentStatus) -> Result<(), Rejection> {
    if status != shipment.status && !shipment.may_become(&status) {
        let Shipment { shipment_id: id, status: from, .. } = shipment;
        return Err(Rejection::bad_request(format!(
            "invalid status transition of shipment {id}: {from} to {status}"
        )));
    }
    shipment.status = status;
    Ok(())
}

fn set(field: &mut Option<String>, value: Option<String>) {
    if value.is_some() {
        *field = value;
    }
}

/// Sets the status of an RMA to that of its parcels. Unconfirmed for validation; a received parcel and a received RMA
/// were always seen together.
fn follow_parcels(rma: &mut Rma) {
    let coming = || rma.return_leg().filter(|parcel| parcel.status != ShipmentStatus::Canceled);
    let all_are = |statuses: &[ShipmentStatus]| {
        coming().count() > 0 && coming().all(|parcel| statuses.contains(&parcel.status))
    };
    let status = if all_are(&[ShipmentStatus::Validated]) {
        RmaStatus::Validated
    } else if all_are(&[ShipmentStatus::Received, ShipmentStatus::Validated]) {
        RmaStatus::Received
    } else {
        return;
    };
    if goes_forward(rma.status(), &status) {
        rma.rma_summary.status = status;
    }
}

fn goes_forward(from: &RmaStatus, to: &RmaStatus) -> bool {
    from.progress().zip(to.progress()).is_some_and(|(from, to)| from < to)
}

/// Sets an RMA's status as the API does. The allowed transitions are not documented. The mock allows those of the
/// dashboard: a pending request is approved, rejected or cancelled; an open one moves forward or is cancelled; a
/// cancelled or rejected one must be reopened first.
pub(crate) fn set_rma_status(rma: &mut Rma, status: RmaStatus, now: Timestamp) -> Result<(), Rejection> {
    use RmaStatus::{Approved, Canceled, Done, Pending, Rejected as Refused};
    let from = rma.status().clone();
    let allowed = match (&from, &status) {
        (Pending, Approved | Refused | Canceled) => true,
        (Pending | Refused | Canceled, _) => false,
        (Done, _) => false,
        (_, Canceled) => true,
        (_, to) => goes_forward(&from, to),
    };
    if from == status {
        return Ok(());
    }
    if !allowed {
        return Err(Rejection::bad_request(format!(
            "invalid status transition of RMA {}: {from} to {status}",
            rma.id()
        )));
    }
    match status {
        Approved => actions::mark_approved(rma, TriggeredVia::from("API"), timeline::API, now),
        status => {
            let line = format!("RMA status changed to {}", status.as_str().to_uppercase());
            timeline::add(rma, CommentType::System, timeline::API, line, now);
            rma.rma_summary.status = status;
        }
    }
    Ok(())
}
