use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use returngo::{RmaFilter, RmaId};
use returngo_brightpearl_mapping::reconcile::Days;

use super::SweepError;
use crate::{
    connection::Connection,
    skipped::Skipped,
    store::{Cause, Store, UnreadableKind},
};

impl Connection {
    /// The RMAs that changed in either system since this time, whether or not they were looked at: those that were
    /// submitted, approved or reopened, refunds, credits, and goods; each with which system told. ReturnGO's lists show neither parcels nor
    /// inspections (docs/evidence/returngo.md#polling-and-lastupdated). What cannot be read is skipped.
    ///
    /// # Errors
    /// When one of the systems or the store fails.
    pub async fn changed_since(
        &self,
        since: Timestamp,
        store: &Store,
        skipped: &mut Skipped<'_>,
    ) -> Result<BTreeMap<RmaId, Cause>, SweepError> {
        let orders = self.orders_changed(since, skipped).await?;
        let of_orders = self.rmas_of_orders(orders, store, skipped).await?;
        let mut rmas: BTreeMap<RmaId, Cause> =
            of_orders.into_iter().map(|rma| (rma, Cause::Brightpearl)).collect();
        let mut edited = self.returngo.rmas().list(RmaFilter::new().updated_since(since));
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
        let reader = self.reader().await.map_err(SweepError::Read)?;
        let zone = reader.account.time_zone().unwrap_or(TimeZone::UTC);
        if let Ok(days) = Days::new(Some(since.to_zoned(zone).date()), None) {
            let refunded = reader.rmas_refunded(&days).await.map_err(SweepError::Read)?;
            for unreconciled in &refunded.unreconciled {
                tracing::warn!(connection = %self.id, "a refund may be missing here: {unreconciled}");
            }
            rmas.extend(refunded.rmas.into_iter().map(|rma| (rma, Cause::Returngo)));
        }
        Ok(rmas)
    }
}
