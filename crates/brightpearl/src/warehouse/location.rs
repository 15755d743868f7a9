//! Locations inside warehouses (docs/evidence/brightpearl-warehouse.md#warehouses-and-locations).
//!
//! Once made, a location changes nothing but its zone, and goes only while no stock was ever in it; this crate
//! reads locations and leaves making them to people.

use api_client_core::{Endpoint, Idempotency, Method};
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{LocationId, WarehouseId, ZoneId},
    request::Request,
    search::{Page, SearchQuery, searchable},
};

const GET: Endpoint = Endpoint::new(
    Method::Get,
    "/warehouse-service/warehouse/{warehouseId}/location/{locationIds}",
    Idempotency::Read,
);
const SEARCH: Endpoint = Endpoint::new(Method::Get, "/warehouse-service/location-search", Idempotency::Read);

/// A place where stock lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The location.
    pub id: LocationId,
    /// The warehouse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<WarehouseId>,
    /// The zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<ZoneId>,
    /// The aisle; `QUARANTINE` for the quarantine location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouping_a: Option<String>,
    /// The bay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouping_b: Option<String>,
    /// The shelf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouping_c: Option<String>,
    /// The bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouping_d: Option<String>,
    /// The barcode on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
}

impl Location {
    /// Returns the name that Brightpearl shows: the groupings joined by dots.
    ///
    /// ```
    /// let wire = r#"{"id":55,"groupingA":"A1","groupingB":"3","groupingC":"4"}"#;
    /// let location: brightpearl::warehouse::Location = serde_json::from_str(wire)?;
    /// assert_eq!(location.name(), "A1.3.4");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn name(&self) -> String {
        let groupings = [&self.grouping_a, &self.grouping_b, &self.grouping_c, &self.grouping_d];
        groupings.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".")
    }

    /// Whether it looks like the quarantine of its warehouse.
    /// [`quarantine::location`](super::quarantine::location) says for certain.
    pub fn is_quarantine(&self) -> bool {
        self.grouping_a.as_deref() == Some("QUARANTINE")
    }
}

/// A location as `location-search` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct LocationRow {
    /// The location.
    pub id: Option<LocationId>,
    /// The warehouse.
    pub warehouse_id: Option<WarehouseId>,
    /// The zone.
    pub zone_id: Option<ZoneId>,
    /// The aisle; `QUARANTINE` for the quarantine location.
    pub grouping_a: Option<String>,
    /// The bay.
    pub grouping_b: Option<String>,
    /// The shelf.
    pub grouping_c: Option<String>,
    /// The bin.
    pub grouping_d: Option<String>,
    /// The barcode on it.
    pub barcode: Option<String>,
}

searchable! {
    /// Finds locations.
    pub struct LocationSearch for LocationRow, at SEARCH {
        /// These locations.
        ids(IdSet<LocationId>) = "id",
        /// In this warehouse.
        warehouse(WarehouseId) = "warehouseId",
        /// In this zone.
        zone(ZoneId) = "zoneId",
        /// With this barcode.
        barcode(str) = "barcode",
    }

    /// The columns of a location search, as [`LocationSearch::columns`] takes them.
    pub enum LocationColumn {
        Id = "id",
        WarehouseId = "warehouseId",
        ZoneId = "zoneId",
        GroupingA = "groupingA",
        GroupingB = "groupingB",
        GroupingC = "groupingC",
        GroupingD = "groupingD",
        Barcode = "barcode",
    }

    key "id" in id: LocationId;
}

/// Requests all locations of a warehouse.
#[inline]
pub fn list(warehouse: WarehouseId) -> Request<Vec<Location>> {
    Request::new(GET, &[&warehouse], answer::payload).empty_when_absent()
}

/// Requests these locations of a warehouse.
#[inline]
pub fn get(warehouse: WarehouseId, ids: &IdSet<LocationId>) -> Request<Vec<Location>> {
    Request::new(GET, &[&warehouse, ids], answer::payload).empty_when_absent()
}

/// Requests one page of locations.
#[inline]
pub fn search(search: &LocationSearch) -> Request<Page<LocationRow>> {
    search.request()
}

/// The locations of warehouses: [`Client::locations`](crate::Client::locations).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Locations<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Locations<'_> {
    /// Lists all locations of a warehouse.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self, warehouse: WarehouseId) -> Result<Vec<Location>, crate::Error> {
        self.0.send(&list(warehouse)).await
    }

    /// Gets these locations of a warehouse; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(
        &self,
        warehouse: WarehouseId,
        ids: &IdSet<LocationId>,
    ) -> Result<Vec<Location>, crate::Error> {
        self.0.in_chunks(ids, |ids| get(warehouse, ids)).await
    }

    /// Searches for locations.
    pub fn search(&self, search: LocationSearch) -> crate::client::Results<LocationSearch> {
        crate::client::Results::new(self.0, search)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quarantine_is_known_by_its_aisle() {
        let location: Location = serde_json::from_str(r#"{"id":3,"groupingA":"QUARANTINE"}"#).unwrap();
        assert!(location.is_quarantine());
        assert_eq!(location.name(), "QUARANTINE");
    }

    #[test]
    fn a_search_keeps_to_one_warehouse() {
        let search = LocationSearch::new().warehouse(&WarehouseId::new(2)).barcode("9048550001");
        assert_eq!(
            super::search(&search).to_string(),
            "GET /warehouse-service/location-search?warehouseId=2&barcode=9048550001"
        );
    }
}
