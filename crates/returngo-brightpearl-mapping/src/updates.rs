//! Updates of the RMA in ReturnGO when goods are received, each written once.
//!
//! The status of return shipments is updated where ReturnGO allows it (docs/evidence/returngo.md#shipment-updates). For an
//! RMA without shipments, the status of the RMA is updated. A comment contains its key and is not repeated while the RMA
//! has it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash,
};

use returngo::{Item, Rma, RmaStatus, Shipment, ShipmentId, ShipmentStatus, ShipmentUpdate};

use crate::{
    keys::{self, Stage},
    plan::{Effect, RmaComment, RmaStatusUpdate, UnitState, UnitStatus},
    rma_facts, unique,
};

/// Returns the updates of an RMA whose units have these states.
///
/// There are none until the first unit was received. Further updates report what was received and, once every unit is
/// accounted for, the result. Cancelled and rejected RMAs are not updated.
///
/// ```
/// use returngo_brightpearl_mapping::{UnitState, UnitStatus, updates::rma_updates_for};
///
/// let rma: returngo::Rma = serde_json::from_str(r#"{
///     "rmaSummary": {"rmaId": "4410021", "status": "Approved", "order_name": "AC2045", "events": []},
///     "shipments": [{"shipmentId": "9100200", "status": "Shipped"}],
///     "items": [{"returnedItemId": "5600011", "sku": "LS-M", "shipmentId": "9100200", "paidPrice": {"amount": 40, "currency": "GBP"}}]
/// }"#)?;
/// let unit = UnitStatus::new("5600011".into(), UnitState::Quarantined);
/// let effects = rma_updates_for(&rma, &[unit]);
/// assert_eq!(effects[0].key(), "RGO-4410021-shipment-9100200-received");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn rma_updates_for(rma: &Rma, states: &[UnitStatus]) -> Vec<Effect> {
    let items = rma_facts::units(rma);
    let state_of: HashMap<_, _> = states.iter().map(|unit| (&unit.returned_item_id, unit.state)).collect();
    let units: Vec<Unit<'_>> = items
        .into_iter()
        .filter_map(|item| Some(Unit { item, state: *state_of.get(&item.returned_item_id)? }))
        .collect();
    if rma.status().is_cancelled_or_rejected() || !units.iter().any(|unit| unit.state.was_received()) {
        return Vec::new();
    }
    let everything_settled = units.iter().all(|unit| unit.state.is_settled());
    let stage = if everything_settled { Stage::Validated } else { Stage::Received };
    let mut effects = status_updates(rma, &units, stage);
    effects.extend(comment(rma, &units, stage));
    effects
}

struct Unit<'a> {
    item: &'a Item,
    state: UnitState,
}

impl Stage {
    fn rma_status(self) -> RmaStatus {
        match self {
            Self::Received => RmaStatus::Received,
            Self::Validated => RmaStatus::Validated,
        }
    }

    fn shipment_status(self) -> ShipmentStatus {
        match self {
            Self::Received => ShipmentStatus::Received,
            Self::Validated => ShipmentStatus::Validated,
        }
    }
}

/// Returns the status updates of the shipments with received units, or of the RMA if their shipments are unknown.
fn status_updates(rma: &Rma, units: &[Unit<'_>], stage: Stage) -> Vec<Effect> {
    let shipments: HashMap<&ShipmentId, &Shipment> =
        unique::by_id(rma.return_leg(), |shipment| &shipment.shipment_id)
            .into_iter()
            .map(|shipment| (&shipment.shipment_id, shipment))
            .collect();
    let came = units.iter().filter(|unit| unit.state.was_received());
    let brought: BTreeMap<&ShipmentId, &Shipment> = came
        .filter_map(|unit| unit.item.shipment_id.as_ref())
        .filter_map(|id| shipments.get(id).map(|shipment| (id, *shipment)))
        .collect();
    if brought.is_empty() {
        return if may_move(rma, stage, false) { vec![set_rma_status(rma, stage)] } else { Vec::new() };
    }
    let allowed = may_move(rma, stage, shipments.len() > 1);
    let movable =
        brought.into_values().filter(|shipment| allowed && shipment.may_become(&stage.shipment_status()));
    movable.map(|shipment| update_shipment(rma, shipment, stage)).collect()
}

/// Whether the RMA may advance to a stage. A single shipment and its RMA advance together
/// (docs/evidence/returngo.md#life-cycle). Of several shipments, the first one already advanced the RMA, so the status of
/// the shipment decides.
fn may_move(rma: &Rma, stage: Stage, several_parcels: bool) -> bool {
    let both = rma.status().progress().zip(stage.rma_status().progress());
    both.is_some_and(|(now, there)| now < there || (several_parcels && now == there))
}

fn update_shipment(rma: &Rma, shipment: &Shipment, stage: Stage) -> Effect {
    Effect::UpdateShipment {
        key: keys::progress(rma.id(), Some(&shipment.shipment_id), stage),
        shipment_id: shipment.shipment_id.clone(),
        body: ShipmentUpdate { status: Some(stage.shipment_status()), ..ShipmentUpdate::default() },
    }
}

fn set_rma_status(rma: &Rma, stage: Stage) -> Effect {
    Effect::SetRmaStatus {
        key: keys::progress(rma.id(), None, stage),
        body: RmaStatusUpdate { status: stage.rma_status() },
    }
}

/// Returns the comment on what was received, or on the result. `None` if the RMA has it, or a comment on more units.
fn comment(rma: &Rma, units: &[Unit<'_>], stage: Stage) -> Option<Effect> {
    let came = units.iter().filter(|unit| unit.state.was_received()).count();
    let written: HashSet<&str> =
        rma.comments.iter().flat_map(|comment| keys::mentioned(&comment.html_text)).collect();
    let is_written = |key: String| written.contains(key.as_str());
    let is_said = match stage {
        Stage::Received => {
            (came..=units.len()).any(|units| is_written(keys::received_comment(rma.id(), units)))
        }
        Stage::Validated => is_written(keys::result_comment(rma.id())),
    };
    if is_said {
        return None;
    }
    let (key, text) = match stage {
        Stage::Received => (keys::received_comment(rma.id(), came), arrivals(units, came)),
        Stage::Validated => (keys::result_comment(rma.id()), result(units)),
    };
    let html_text = format!("{text} [{key}]");
    Some(Effect::AddRmaComment { key, body: RmaComment { html_text } })
}

fn arrivals(units: &[Unit<'_>], came: usize) -> String {
    let outstanding = units.iter().filter(|unit| !unit.state.was_received() && !unit.state.is_settled());
    let awaited = outstanding.clone().count();
    let arrived =
        counted(units.iter().filter(|unit| unit.state.was_received()).map(|unit| name(unit.item)), escaped);
    let mut text = format!("Brightpearl received {came} of {} units: {arrived}.", came + awaited);
    if awaited > 0 {
        text += &format!(" Outstanding: {}.", counted(outstanding.map(|unit| name(unit.item)), escaped));
    }
    text
}

fn result(units: &[Unit<'_>]) -> String {
    let outcome = |state| match state {
        UnitState::Restocked => "back in stock",
        UnitState::WrittenOff => "written off",
        UnitState::Missing => "not received",
        _ => "no return expected",
    };
    let results = units.iter().map(|unit| (name(unit.item), outcome(unit.state)));
    let results = counted(results, |(name, outcome)| format!("{} {outcome}", escaped(name)));
    format!("Brightpearl has dealt with every unit: {results}.")
}

/// The largest number of entries in a comment.
const LISTED: usize = 8;

/// Formats counts such as `2 × LS-M, 1 × TS-42`, in the order of first occurrence.
fn counted<T: Copy + Eq + Hash>(things: impl Iterator<Item = T>, shown: impl Fn(T) -> String) -> String {
    let mut order = Vec::new();
    let mut counts: HashMap<T, usize> = HashMap::new();
    for thing in things {
        let count = counts.entry(thing).or_default();
        *count += 1;
        if *count == 1 {
            order.push(thing);
        }
    }
    let count = |thing: &T| counts.get(thing).copied().unwrap_or_default();
    let listed = order.iter().take(LISTED).map(|thing| format!("{} × {}", count(thing), shown(*thing)));
    let mut text = listed.collect::<Vec<_>>().join(", ");
    if order.len() > LISTED {
        text += &format!(" and {} more", order.len() - LISTED);
    }
    text
}

/// Returns the SKU of a unit, or another name for it.
fn name(unit: &Item) -> &str {
    let names = [unit.sku.as_deref(), Some(unit.full_name.as_str()), Some(unit.returned_item_id.as_str())];
    let name = names.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_default();
    name.char_indices().nth(60).and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

/// Escapes text for HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
