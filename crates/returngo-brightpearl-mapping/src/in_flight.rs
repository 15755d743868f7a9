//! Credits in flight: credits of other RMAs of the same order that are about to be created, and that Brightpearl's searches
//! may not show yet.

use std::collections::HashSet;

use api_client_core::wire;
use brightpearl::{
    OrderRowId,
    order::{NewSalesCredit, Order},
};
use returngo::RmaId;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    keys::{self, RowKey},
    unique,
};

/// The credit that another RMA of the same order is about to get.
///
/// It counts as credited until that RMA's credit is among the credits of the snapshot.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InFlight {
    /// The RMA.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub rma_id: RmaId,
    /// The order rows of its credit.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<InFlightRow>"))]
    #[serde(default, with = "wire::null_is_default")]
    pub rows: Vec<InFlightRow>,
}

/// A row of a credit in flight.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InFlightRow {
    /// The row of the sales order.
    #[cfg_attr(feature = "schema", schemars(with = "u64"))]
    pub order_row_id: OrderRowId,
    /// The number of units.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    #[serde(with = "wire::decimal")]
    pub quantity: Decimal,
    /// The amount without tax, in the order's currency.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    #[serde(with = "wire::decimal")]
    pub net: Decimal,
    /// The tax, in the order's currency.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    #[serde(with = "wire::decimal")]
    pub tax: Decimal,
}

impl InFlight {
    /// Returns the order rows of a new credit, also those of discounts. Rows without a row key, such as fees, are left out.
    ///
    /// ```
    /// use brightpearl::{ContactId, order::{NewCreditRow, NewSalesCredit}};
    /// use returngo_brightpearl_mapping::InFlight;
    ///
    /// let mut body = NewSalesCredit::for_customer(ContactId::new(5012));
    /// let row = NewCreditRow::free_text("Linen shirt M", "T20", "33.3333".parse()?, "6.67".parse()?);
    /// body.rows = vec![NewCreditRow { external_ref: Some("RGO-R884120-5600011".to_owned()), ..row }];
    /// let in_flight = InFlight::of_credit(&"4410020".parse()?, &body);
    /// assert_eq!(in_flight.rows[0].order_row_id.get(), 884120);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_credit(rma: &RmaId, body: &NewSalesCredit) -> Self {
        let rows = body.rows.iter().filter_map(|row| {
            let reference = row.external_ref.as_deref()?;
            let order_row_id = RowKey::parse(reference)
                .map(|key| key.order_row)
                .or_else(|| keys::discount_row(reference))?;
            let (quantity, net, tax) = (row.quantity, row.net, row.tax);
            Some(InFlightRow { order_row_id, quantity, net, tax })
        });
        Self { rma_id: rma.clone(), rows: rows.collect() }
    }
}

/// Returns the entries that count as credited: those of other RMAs whose credits are not known yet, one for each RMA.
pub(crate) fn counted<'w, 'c>(
    in_flight: &'w [InFlight],
    own: &RmaId,
    credits: impl IntoIterator<Item = &'c Order>,
) -> Vec<&'w InFlight> {
    if in_flight.is_empty() {
        return Vec::new();
    }
    let known: HashSet<&str> =
        credits.into_iter().filter_map(|credit| credit.external_ref.as_deref()).collect();
    let counts =
        |entry: &&InFlight| entry.rma_id != *own && !known.contains(keys::credit(&entry.rma_id).as_str());
    unique::by_id(in_flight.iter().filter(counts), |entry| &entry.rma_id)
}
