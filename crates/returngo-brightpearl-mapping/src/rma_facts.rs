//! The facts of an RMA without duplicates, and its progress.

use api_client_core::OffsetDateTime;
use jiff::{civil::Date, tz::TimeZone};
use returngo::{EventName, Item, ReturnedItemId, Rma, RmaStatus, Transaction};

use crate::{
    settings::{ConnectionSettings, Trigger},
    unique,
    world::AccountFacts,
};

/// Returns the units of an RMA, lowest id first, each once.
pub(crate) fn units(rma: &Rma) -> Vec<&Item> {
    unique::by_id(&rma.items, |item| &item.returned_item_id)
}

/// Returns the synchronized units: those whose return method is not skipped.
pub(crate) fn synchronized<'a>(units: &[&'a Item], settings: &ConnectionSettings) -> Vec<&'a Item> {
    units.iter().copied().filter(|unit| !is_skipped(unit, settings)).collect()
}

/// Whether the shopper gets another product for the unit instead of money.
pub(crate) fn is_exchanged(unit: &Item) -> bool {
    unit.resolution_type.as_ref().is_some_and(|resolution| resolution.as_str().contains("Exchange"))
}

/// Whether the settings exclude the unit's return method from synchronization.
pub(crate) fn is_skipped(unit: &Item, settings: &ConnectionSettings) -> bool {
    let method = unit.return_method.as_ref();
    method.is_some_and(|method| settings.return_methods.skip.contains(&method.name))
}

/// Returns the transactions of an RMA in the order of their creation, each once.
pub(crate) fn transactions(rma: &Rma) -> Vec<&Transaction> {
    let mut transactions = unique::by_id(&rma.transactions, |transaction| &transaction.id);
    transactions.sort_by_key(|transaction| transaction.created_at);
    transactions
}

/// Returns the RMA with sorted lists that contain each entry once.
#[cfg(feature = "field-map")]
pub(crate) fn in_order(rma: &Rma) -> Rma {
    let mut ordered = rma.clone();
    ordered.items = units(rma).into_iter().cloned().collect();
    ordered.transactions = transactions(rma).into_iter().cloned().collect();
    let shipments = unique::by_id(&rma.shipments, |shipment| &shipment.shipment_id);
    ordered.shipments = shipments.into_iter().cloned().collect();
    let comments = unique::by_id(&rma.comments, |comment| serde_json::to_string(comment).unwrap_or_default());
    ordered.comments = comments.into_iter().cloned().collect();
    ordered
}

pub(crate) fn ids<'a>(units: &[&'a Item]) -> impl Iterator<Item = &'a ReturnedItemId> {
    units.iter().map(|unit| &unit.returned_item_id)
}

/// Whether the RMA has reached the trigger of the settings. An RMA with nothing to ship only needs its approval. Only the
/// current status matters: a reopened RMA may have been approved before (docs/evidence/returngo.md#life-cycle).
pub(crate) fn reached_trigger(rma: &Rma, synchronized: &[&Item], settings: &ConnectionSettings) -> bool {
    let nothing_to_ship = !synchronized.iter().any(|unit| unit.comes_back());
    let needed = match settings.trigger {
        _ if nothing_to_ship => RmaStatus::Approved,
        Trigger::Approved => RmaStatus::Approved,
        Trigger::Received => RmaStatus::Received,
        Trigger::Validated => RmaStatus::Validated,
    };
    rma.status().progress().is_some_and(|progress| Some(progress) >= needed.progress())
}

/// Returns the time of the first approval, or of the request if the approval is unknown.
pub(crate) fn approved_at(rma: &Rma) -> Option<OffsetDateTime> {
    let created = || {
        let events = rma.rma_summary.events.iter();
        events
            .filter(|event| event.event_name == EventName::Created)
            .filter_map(|event| event.event_date)
            .min()
    };
    rma.approved_at().or(rma.created_at).or_else(created)
}

/// The account's time zone.
#[derive(Debug, Clone)]
pub(crate) struct Calendar(TimeZone);

impl Calendar {
    /// Returns the account's time zone, or UTC if it is unknown.
    pub(crate) fn of(account: &AccountFacts) -> Self {
        Self(account.time_zone().unwrap_or(TimeZone::UTC))
    }

    /// Returns UTC, for checks of a date's form.
    #[cfg(feature = "field-map")]
    pub(crate) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Returns the time in the account's time zone.
    pub(crate) fn local(&self, at: OffsetDateTime) -> OffsetDateTime {
        OffsetDateTime::in_zone(at.timestamp(), &self.0)
    }

    /// Returns the start of the day. Brightpearl reads a date without a time as UTC, which can shift it by one day
    /// (docs/evidence/brightpearl-orders.md#order-conventions).
    pub(crate) fn midnight(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        self.start_of(self.local(at).date())
    }

    /// Returns the start of a day.
    pub(crate) fn start_of(&self, day: Date) -> Option<OffsetDateTime> {
        let start = day.to_zoned(self.0.clone()).ok()?;
        Some(OffsetDateTime::in_zone(start.timestamp(), &self.0))
    }
}
