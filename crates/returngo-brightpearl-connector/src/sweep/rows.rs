//! What a sweep of ReturnGO is not done with, as rows: so that one of many costs no more than itself when it changes.

use jiff::Timestamp;
use returngo::{
    RmaId, TransactionId,
    sweep::{SweepCheckpoint, SweepState},
};
use serde::Serialize;

use crate::store::{SweepPart, SweepRowKey, SweepRows};

/// Takes what is stored as rows out of the rest.
pub(super) fn out_of_progress(progress: &mut SweepCheckpoint) -> Result<SweepRows, serde_json::Error> {
    let mut rows = SweepRows::new();
    for (rma, mark) in std::mem::take(&mut progress.pending) {
        put(&mut rows, SweepPart::Pending, rma.as_str(), &mark)?;
    }
    for (transaction, items) in std::mem::take(&mut progress.unmatched) {
        put(&mut rows, SweepPart::Unmatched, transaction.as_str(), &items)?;
    }
    Ok(rows)
}

fn put(
    rows: &mut SweepRows,
    part: SweepPart,
    key: &str,
    what: &impl Serialize,
) -> Result<(), serde_json::Error> {
    rows.insert(SweepRowKey { part, key: key.to_owned() }, serde_json::to_string(what)?);
    Ok(())
}

/// Puts rows back.
pub(super) fn into_progress(rows: &SweepRows, progress: &mut SweepCheckpoint) -> Result<(), Unreadable> {
    for (SweepRowKey { part, key }, what) in rows {
        match part {
            SweepPart::Pending => {
                let rma = key.parse().map_err(|_| Unreadable)?;
                progress.pending.insert(rma, serde_json::from_str(what).map_err(|_| Unreadable)?);
            }
            SweepPart::Unmatched => {
                let items = serde_json::from_str(what).map_err(|_| Unreadable)?;
                progress.unmatched.insert(TransactionId::new(key), items);
            }
        }
    }
    Ok(())
}

/// A state that begins at this time, with what can be read of rows: an RMA that was due is due, whatever its row says.
pub(super) fn salvaged(rows: &SweepRows, from: Timestamp, now: Timestamp) -> SweepState {
    let mut progress = SweepState::new(from).into_checkpoint();
    let mut due = Vec::new();
    for (SweepRowKey { part, key }, what) in rows {
        match part {
            SweepPart::Pending => due.extend(key.parse::<RmaId>()),
            SweepPart::Unmatched => {
                if let Ok(items) = serde_json::from_str(what) {
                    progress.unmatched.insert(TransactionId::new(key), items);
                }
            }
        }
    }
    let mut state = SweepState::resume(progress);
    due.into_iter().for_each(|rma| state.request_read(rma, now));
    state
}

/// A row is damaged, or another version's.
#[derive(Debug)]
pub(super) struct Unreadable;
