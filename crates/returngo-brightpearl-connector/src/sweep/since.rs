use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, tz::TimeZone};
use returngo::{RmaFilter, RmaId};
use returngo_brightpearl_mapping::reconcile::Days;

use super::{SweepError, brightpearl};
use crate::{
    connection::Connection,
    object_reads,
    skipped::Skipped,
    store::{Cause, Store, UnreadableKind},
};

/// Returns the RMAs that changed in either system since this time, each with the system that shows the change: submitted,
/// approved and reopened RMAs, refunds, sales credits and goods. RMAs that were processed since are included. ReturnGO's
/// lists show neither parcels nor inspections (docs/evidence/returngo.md#polling-and-lastupdated). Rows that cannot be
/// decoded are skipped.
///
/// # Errors
/// When one of the systems or the store fails.
pub async fn changed_since(
    connection: &Connection,
    store: &Store,
    since: Timestamp,
    skipped: &mut Skipped<'_>,
) -> Result<BTreeMap<RmaId, Cause>, SweepError> {
    let client = &connection.brightpearl;
    let changed: BTreeSet<_> = brightpearl::changed_orders(client, since, skipped).await?;
    let orders = object_reads::orders(client, &changed).await?.skip_refused(skipped);
    let of_credits = object_reads::rmas_of_credits(store, &connection.id, &changed, &orders).await?;
    let mut rmas: BTreeMap<RmaId, Cause> =
        of_credits.into_iter().map(|rma| (rma, Cause::Brightpearl)).collect();
    let mut edited = connection.returngo.rmas().list(RmaFilter::new().updated_since(since));
    while let Some(page) = edited.next_page().await? {
        for row in page.results() {
            let rma = match row {
                Ok(summary) => Some(summary.rma_id),
                Err(row) => {
                    skipped.add_row(UnreadableKind::RmaRow, &row);
                    row.parsed_id()
                }
            };
            rmas.extend(rma.map(|rma| (rma, Cause::Returngo)));
        }
    }
    let reader = connection.reader().await.map_err(SweepError::Read)?;
    let zone = reader.account.time_zone().unwrap_or(TimeZone::UTC);
    if let Ok(days) = Days::new(Some(since.to_zoned(zone).date()), None) {
        let refunded = reader.rmas_refunded(&days).await.map_err(SweepError::Read)?;
        for reason in &refunded.unreconciled {
            tracing::warn!(connection = %connection.id, %reason, "list of changes may lack a refund");
        }
        rmas.extend(refunded.rmas.into_iter().map(|rma| (rma, Cause::Returngo)));
    }
    Ok(rmas)
}
