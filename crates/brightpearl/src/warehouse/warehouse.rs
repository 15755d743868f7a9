//! Warehouses and their default locations (brightpearl-accounting-warehouse.md B3, B6).

use api_client_core::{Endpoint, Idempotency, Method};
use serde::{Deserialize, Serialize};

#[cfg(feature = "client")]
use super::quarantine;
use crate::{
    IdSet, answer,
    ids::{LocationId, WarehouseId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/warehouse-service/warehouse/{warehouseIds}", Idempotency::Read);
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
    #[serde(default)]
    pub name: String,
    /// Its type's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_code: Option<String>,
    /// Its type in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_description: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<WarehouseAddress>,
    /// Whether customers collect there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_and_collect_enabled: Option<bool>,
}

/// Where a warehouse is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WarehouseAddress {
    /// The address' id.
    pub address_id: u64,
}

/// All warehouses.
pub fn list() -> Request<Vec<Warehouse>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// These warehouses.
pub fn get(ids: &IdSet) -> Request<Vec<Warehouse>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// The location where goods go unless somebody says otherwise.
pub fn default_location(warehouse: WarehouseId) -> Request<LocationId> {
    Request::new(DEFAULT_LOCATION, &[&warehouse], answer::payload)
}

/// The warehouses of an account: [`Client::warehouses`](crate::Client::warehouses).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Warehouses<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Warehouses<'_> {
    /// All warehouses.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<Warehouse>, crate::Error> {
        self.0.send(&list()).await
    }

    /// The location where goods go unless somebody says otherwise.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn default_location(&self, warehouse: WarehouseId) -> Result<LocationId, crate::Error> {
        self.0.send(&default_location(warehouse)).await
    }

    /// The quarantine location of a warehouse.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn quarantine_location(&self, warehouse: WarehouseId) -> Result<LocationId, crate::Error> {
        self.0.send(&quarantine::location(warehouse)).await
    }

    /// Lets units out of quarantine; see [`quarantine::release`].
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
