//! Objects that webhooks name and Brightpearl does not show yet. An object may be created, or unlocked, a moment after the
//! webhook about it, so Brightpearl is asked again a few times before a sweep takes over.

use std::{collections::BTreeMap, time::Duration};

use brightpearl::{Error, ErrorKind, NumericId, integration::Notification};

use crate::{
    object_reads::ObjectsById,
    skipped::Skipped,
    store::{StoredDelivery, UnreadableKind},
};

/// The wait after a first try; it doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// The tries after the first one, five minutes in all.
const TRIES: u32 = 5;

/// Objects that Brightpearl did not show, each with the refusal if there was one.
#[derive(Debug, Default)]
pub(super) struct NotShownYet(BTreeMap<(UnreadableKind, u64), Option<Error>>);

impl NotShownYet {
    /// Notes the objects that may be shown later, skips those that were refused for good, and returns the others.
    pub(super) fn note<Id: NumericId, T>(
        &mut self,
        kind: UnreadableKind,
        objects: ObjectsById<Id, T>,
        skipped: &mut Skipped<'_>,
    ) -> BTreeMap<Id, T> {
        for id in &objects.missing {
            self.0.insert((kind, id.number()), None);
        }
        for (id, error) in &objects.refused {
            let id = id.number();
            if is_temporary(error) {
                self.0.insert((kind, id), Some(error.clone()));
            } else {
                skipped.add(kind, id, error);
            }
        }
        objects.note_found(skipped)
    }

    /// The ids of this kind.
    pub(super) fn of(&self, kind: UnreadableKind) -> impl Iterator<Item = u64> {
        self.0.keys().filter(move |(of, _)| *of == kind).map(|(_, id)| *id)
    }

    /// Removes an object that need not be requested again.
    pub(super) fn forget(&mut self, kind: UnreadableKind, id: u64) {
        self.0.remove(&(kind, id));
    }

    /// The objects that a webhook names, unless it reports that they were deleted.
    pub(super) fn named_by(&self, notification: &Notification) -> Vec<(UnreadableKind, u64)> {
        let kind = match notification.resource_type.as_str() {
            "order" => UnreadableKind::Order,
            "goods-in-note" => UnreadableKind::GoodsInNote,
            _ => return Vec::new(),
        };
        if notification.lifecycle_event == "destroyed" {
            return Vec::new();
        }
        self.of(kind).filter(|id| notification.ids.contains(*id)).map(|id| (kind, id)).collect()
    }

    /// Why Brightpearl does not show the object.
    pub(super) fn reason(&self, object: (UnreadableKind, u64)) -> String {
        match self.0.get(&object) {
            Some(Some(error)) => error.to_string(),
            _ => "not found".to_owned(),
        }
    }

    /// Lists the refused objects that are left: only a sweep requests them again.
    pub(super) fn skip(&self, skipped: &mut Skipped<'_>) {
        for ((kind, id), error) in &self.0 {
            if let Some(error) = error {
                skipped.add(*kind, id, error);
            }
        }
    }
}

/// The wait before a webhook is handled again; none after the last try.
pub(super) fn wait_after(delivery: &StoredDelivery) -> Option<Duration> {
    (delivery.tries < TRIES).then(|| FIRST_WAIT * 2u32.pow(delivery.tries))
}

/// Whether Brightpearl may show the object a moment later. A rate limit is not in this list: it concerns the whole
/// connection.
fn is_temporary(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound || matches!(error.status(), Some(408 | 409 | 423 | 425))
}
