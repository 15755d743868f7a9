//! Synchronizes RMAs and describes what was written.

use returngo::RmaId;
use returngo_brightpearl_sync::{Synced, Synchronizer};

/// Synchronizes an RMA. Returns descriptions of the writes and reviews.
///
/// # Errors
/// If a read or write fails, or the plan does not converge.
pub async fn synchronize(synchronizer: &Synchronizer, rma: &RmaId) -> anyhow::Result<Vec<String>> {
    let Synced { applied, reviews, .. } = synchronizer.sync(rma).await?;
    let written = applied.iter().map(ToString::to_string);
    Ok(written.chain(reviews.iter().map(|review| format!("needs review: {}", review.message))).collect())
}
