//! Warehouses and their default locations (docs/evidence/brightpearl-warehouse.md#quarantine,
//! docs/evidence/brightpearl-warehouse.md#warehouses-and-locations).
//!
//! ```
//! use brightpearl::{WarehouseId, warehouse::warehouse};
//!
//! let request = warehouse::default_location(WarehouseId::new(2));
//! assert_eq!(request.to_string(), "GET /warehouse-service/warehouse/2/location/default");
//! ```

use api_client_core::{Endpoint, Idempotency, Method, open_enum, wire};
use serde::{Deserialize, Serialize};

#[cfg(feature = "client")]
use super::{WarehouseDefaults, quarantine, warehouse_defaults};
use crate::{
    IdSet, answer,
    ids::{LocationId, PostalAddressId, WarehouseId},
    request::Request,
    search::{Page, SearchQuery, searchable},
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/warehouse-service/warehouse/{warehouseIds}", Idempotency::Read);
const SEARCH: Endpoint = Endpoint::new(Method::Get, "/warehouse-service/warehouse-search", Idempotency::Read);
const DEFAULT_LOCATION: Endpoint = Endpoint::new(
    Method::Get,
    "/warehouse-service/warehouse/{warehouseId}/location/default",
    Idempotency::Read,
);

/// A warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warehouse {
    /// The warehouse.
    pub id: WarehouseId,
    /// Its name.
    #[serde(default, with = "wire::informational")]
    pub name: String,
    /// Its type's code.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub type_code: Option<String>,
    /// Its type in words.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub type_description: Option<String>,
    /// Its address.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub address: Option<WarehouseAddress>,
    /// Whether customers collect there.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub click_and_collect_enabled: Option<bool>,
    /// When customers may collect; only where they may.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub weekly_operating_periods: Option<WeeklyOperatingPeriods>,
    /// How soon a customer may collect; only where they may.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub collection_sla: Option<ServiceTime>,
    /// How long transfers from other warehouses take; only where customers may collect.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub external_transfer_slas: Option<Vec<TransferTime>>,
}

/// When a warehouse is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WeeklyOperatingPeriods {
    /// An IANA name.
    pub time_zone: String,
    /// Day by day.
    #[serde(default)]
    pub periods: Vec<OperatingPeriod>,
}

/// When a warehouse is open on one day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OperatingPeriod {
    /// From 1 to 7.
    pub day_of_week: u8,
    /// From when on, unchanged.
    pub opening_hours: String,
    /// Until when, unchanged.
    pub closing_hours: String,
}

/// How long something takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServiceTime {
    /// How many of the unit.
    pub value: u64,
    /// The unit.
    pub time_units: TimeUnits,
}

/// How long a transfer from another warehouse takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TransferTime {
    /// The other warehouse.
    pub warehouse_id: WarehouseId,
    /// How long.
    #[serde(flatten)]
    pub time: ServiceTime,
}

open_enum! {
    /// A unit of time.
    pub enum TimeUnits {
        /// Hours.
        Hours = "HOURS",
        /// Days.
        Days = "DAYS",
        /// Working days.
        WorkingDays = "WORKING_DAYS",
    }
}

/// Where a warehouse is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WarehouseAddress {
    /// The address.
    pub address_id: PostalAddressId,
}

/// A warehouse as `warehouse-search` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct WarehouseRow {
    /// The warehouse.
    pub id: Option<WarehouseId>,
    /// Its name.
    pub name: Option<String>,
    /// Its type in words.
    pub type_description: Option<String>,
    /// Its address.
    pub address_id: Option<PostalAddressId>,
}

searchable! {
    /// Finds warehouses.
    pub struct WarehouseSearch for WarehouseRow, at SEARCH {
        /// These warehouses.
        ids(IdSet<WarehouseId>) = "id",
        /// With this name.
        name(str) = "name",
        /// Of this type, in words.
        type_description(str) = "typeDescription",
    }

    /// The columns of a warehouse search, as [`WarehouseSearch::columns`] takes them.
    pub enum WarehouseColumn {
        Id = "id",
        Name = "name",
        TypeDescription = "typeDescription",
        AddressId = "addressId",
    }

    key "id" in id: WarehouseId;
}

/// Requests all warehouses.
#[inline]
pub fn list() -> Request<Vec<Warehouse>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these warehouses.
#[inline]
pub fn get(ids: &IdSet<WarehouseId>) -> Request<Vec<Warehouse>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Requests one page of a search.
#[inline]
pub fn search(search: &WarehouseSearch) -> Request<Page<WarehouseRow>> {
    search.request()
}

/// Requests the default location of a warehouse.
#[inline]
pub fn default_location(warehouse: WarehouseId) -> Request<LocationId> {
    Request::new(DEFAULT_LOCATION, &[&warehouse], answer::payload)
}

/// The warehouses of an account: [`Client::warehouses`](crate::Client::warehouses).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Warehouses<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Warehouses<'_> {
    /// Lists all warehouses.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<Warehouse>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these warehouses; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<WarehouseId>) -> Result<Vec<Warehouse>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Searches for warehouses.
    pub fn search(&self, search: WarehouseSearch) -> crate::client::Results<WarehouseSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Gets the places of these products in a warehouse; see [`warehouse_defaults`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn product_defaults(
        &self,
        warehouse: WarehouseId,
        products: &IdSet<crate::ids::ProductId>,
    ) -> Result<Vec<WarehouseDefaults>, crate::Error> {
        self.0.in_chunks(products, |products| warehouse_defaults::get(warehouse, products)).await
    }

    /// Gets the default location of a warehouse.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn default_location(&self, warehouse: WarehouseId) -> Result<LocationId, crate::Error> {
        self.0.send(&default_location(warehouse)).await
    }

    /// Gets the quarantine location of a warehouse.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn quarantine_location(&self, warehouse: WarehouseId) -> Result<LocationId, crate::Error> {
        self.0.send(&quarantine::location(warehouse)).await
    }

    /// Releases units from quarantine; see [`quarantine::release`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn release_quarantine(
        &self,
        warehouse: WarehouseId,
        release: quarantine::Release,
    ) -> Result<(), crate::Error> {
        self.0.send(&quarantine::release(warehouse, release)).await
    }
}
