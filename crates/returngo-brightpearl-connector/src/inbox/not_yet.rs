//! What webhooks name and Brightpearl does not show yet. Brightpearl is asked again a few times before it is left to
//! the sweep: an object may be created, or free again, a moment after the webhook about it.

use std::{collections::BTreeMap, time::Duration};

use brightpearl::{Error, ErrorKind, integration::Notification};

use crate::{
    skipped::Skipped,
    store::{StoredDelivery, UnreadableKind},
};

/// The wait after a first try; it doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);

/// The tries after the first one, five minutes in all.
const TRIES: u32 = 5;

/// Objects that Brightpearl did not show, each with the refusal if there was one.
#[derive(Debug, Default)]
pub(crate) struct NotYet(BTreeMap<(UnreadableKind, u64), Option<Error>>);

impl NotYet {
    /// There is nothing under this id.
    pub(super) fn missing(&mut self, kind: UnreadableKind, id: u64) {
        self.0.insert((kind, id), None);
    }

    /// This object was refused. True when that may pass, so that it belongs here.
    pub(super) fn refused(&mut self, kind: UnreadableKind, id: u64, error: &Error) -> bool {
        let passes = may_pass(error);
        if passes {
            self.0.insert((kind, id), Some(error.clone()));
        }
        passes
    }

    /// The ids of this kind.
    pub(super) fn of(&self, kind: UnreadableKind) -> impl Iterator<Item = u64> {
        self.0.keys().filter(move |(of, _)| *of == kind).map(|(_, id)| *id)
    }

    /// It need not be asked for again.
    pub(super) fn forget(&mut self, kind: UnreadableKind, id: u64) {
        self.0.remove(&(kind, id));
    }

    /// Those of them that a webhook names, unless it says that they are gone.
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

    /// Why Brightpearl does not show it.
    pub(super) fn why(&self, (kind, id): (UnreadableKind, u64)) -> String {
        match self.0.get(&(kind, id)) {
            Some(Some(error)) => error.to_string(),
            _ => "there is nothing under this id".to_owned(),
        }
    }

    /// Nothing asks for them again but a sweep: those that were refused are listed.
    pub(super) fn skip(&self, skipped: &mut Skipped<'_>) {
        for ((kind, id), error) in &self.0 {
            if let Some(error) = error {
                skipped.add(*kind, id, error);
            }
        }
    }
}

/// The wait before a webhook is handled again; none when it was often enough.
pub(super) fn wait_after(delivery: &StoredDelivery) -> Option<Duration> {
    (delivery.tries < TRIES).then(|| FIRST_WAIT * 2u32.pow(delivery.tries))
}

/// Whether Brightpearl may show the object a moment later. Without a refusal of its own, a limit of calls concerns the
/// whole connection.
fn may_pass(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound || matches!(error.status(), Some(408 | 409 | 423 | 425))
}
