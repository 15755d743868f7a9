//! Orders that are new or changed (docs/evidence/brightpearl-platform.md#search-quirks).

use std::collections::{BTreeMap, BTreeSet};

use api_client_core::OffsetDateTime;

use super::{OrderSearch, OrderSummary};
use crate::{
    Client, Error,
    ids::OrderId,
    search::{Period, UndecodableRow},
};

/// The orders that were created or changed since a time:
/// [`Orders::changed_since`](crate::order::order::Orders::changed_since).
///
/// Brightpearl sets `updatedOn` with the first change, so a search by it alone never finds an order that was created and
/// not changed afterwards. Two searches, by `createdOn` and by `updatedOn`, find both kinds; each order is returned once.
///
/// To find all changes over time, note the time before each call and pass it to the next one. Subtract some minutes:
/// searches show a change late.
///
/// ```no_run
/// # async fn example(brightpearl: brightpearl::Client, last_time: jiff::Timestamp) -> Result<(), brightpearl::Error> {
/// use brightpearl::order::{OrderSearch, OrderTypeCode};
///
/// let credits = OrderSearch::new().order_type(&OrderTypeCode::SalesCredit);
/// for credit in brightpearl.orders().changed_since(last_time).matching(credits).all().await? {
///     println!("{:?} {:?}", credit.order_id, credit.updated_on.or(credit.created_on));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a search does nothing until its rows are requested"]
pub struct ChangedOrders {
    client: Client,
    since: OffsetDateTime,
    search: OrderSearch,
}

impl ChangedOrders {
    pub(super) fn new(client: Client, since: OffsetDateTime) -> Self {
        Self { client, since, search: OrderSearch::new() }
    }

    /// Returns only orders that this search finds too. Its filters of `createdOn` and `updatedOn` are replaced.
    pub fn matching(self, search: OrderSearch) -> Self {
        Self { search, ..self }
    }

    /// Reads the orders, lowest id first.
    ///
    /// # Errors
    /// When a page cannot be fetched, or one of its rows is invalid; see [`ErrorKind`](crate::ErrorKind).
    pub async fn all(self) -> Result<Vec<OrderSummary>, Error> {
        let rows = self.all_results().await?;
        rows.into_iter().map(|row| row.map_err(Error::undecodable_row)).collect()
    }

    /// Reads the orders, lowest id first; an invalid row is an error, after the orders.
    ///
    /// # Errors
    /// When a page cannot be fetched; see [`ErrorKind`](crate::ErrorKind).
    pub async fn all_results(self) -> Result<Vec<Result<OrderSummary, UndecodableRow>>, Error> {
        let since = Period::from(self.since);
        let created =
            self.client.orders().search(self.search.clone().created_on(&since)).all_results().await?;
        // Second, so that an order that changes meanwhile is returned as it is afterwards.
        let changed = self.client.orders().search(self.search.updated_on(&since)).all_results().await?;

        let mut orders: BTreeMap<Option<OrderId>, OrderSummary> = BTreeMap::new();
        let mut invalid = Vec::new();
        let mut texts = BTreeSet::new();
        for row in created.into_iter().chain(changed) {
            match row {
                Ok(order) => drop(orders.insert(order.order_id, order)),
                Err(row) if texts.insert(row.fingerprint) => invalid.push(Err(row)),
                Err(_) => {}
            }
        }
        Ok(orders.into_values().map(Ok).chain(invalid).collect())
    }
}
