//! What could not be read and was skipped, for people and for JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::output::note;
use returngo_brightpearl_connector::store::{StoredUnreadable, Unreadable};

/// The most that is named one by one.
const NAMED: usize = 20;

/// Names on stderr what a command skipped.
pub(super) fn name_unreadable(unreadable: &BTreeSet<Unreadable>) -> anyhow::Result<()> {
    if unreadable.is_empty() {
        return Ok(());
    }
    note(format_args!("Skipped because they cannot be read: {}.", unreadable.len()))?;
    for unreadable in unreadable.iter().take(NAMED) {
        note(format_args!("  {unreadable}"))?;
    }
    if unreadable.len() > NAMED {
        note(format_args!("  and {} more; --json lists them all", unreadable.len() - NAMED))?;
    }
    Ok(note("`sync RMA` looks at an RMA of which the number is known; `reviews` lists them.")?)
}

pub(super) fn as_json(unreadable: &Unreadable) -> Value {
    let Unreadable { kind, object, reason, .. } = unreadable;
    json!({ "kind": kind.as_str(), "object": object, "reason": reason })
}

/// One that waits for a person, as `reviews` lists it.
pub(super) fn stored_as_json(stored: &StoredUnreadable) -> Value {
    let StoredUnreadable { connection, unreadable, times, first_seen_at, last_seen_at } = stored;
    let mut shown = as_json(unreadable);
    shown["connection"] = json!(connection.as_str());
    shown["times"] = json!(times);
    shown["firstSeenAt"] = json!(first_seen_at);
    shown["lastSeenAt"] = json!(last_seen_at);
    shown
}
