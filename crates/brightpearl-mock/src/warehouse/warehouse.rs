//! Warehouses (docs/evidence/brightpearl-warehouse.md#warehouses-and-locations).

use brightpearl::WarehouseId;
use serde_json::json;

use super::refused;
use crate::{
    gateway::{Answer, Call, Problem},
    records::StoredWarehouse,
    search::{Column, Kind, Table, no_names},
    state::Account,
};

const WAREHOUSES: Table<StoredWarehouse> = Table {
    columns: &[
        Column::new("id", Kind::IdSet, |stored| json!(stored.warehouse.id)),
        Column::new("name", Kind::SearchText, |stored| json!(stored.warehouse.name)),
        Column::new("typeDescription", Kind::Text, |stored| json!(stored.warehouse.type_description)),
        Column::new("addressId", Kind::IdSet, |stored| {
            json!(stored.warehouse.address.as_ref().map(|address| address.address_id))
        }),
    ],
    sort: "id",
};

/// `GET /warehouse-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    WAREHOUSES.search(account.warehouses.iter(), call, &no_names)
}

/// `GET /warehouse[/{ids}]`.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let all = account.warehouses.iter().map(|stored| &stored.warehouse);
    let found: Vec<_> =
        all.filter(|warehouse| ids.as_ref().is_none_or(|ids| ids.contains(warehouse.id))).collect();
    Answer::non_empty(found, "No warehouses found")
}

/// `GET /warehouse/{id}/location/default`: a bare integer.
pub(crate) fn default_location(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    in_path(account, call).map(|stored| Answer::of(stored.default_location))
}

/// Returns the warehouse in the path of a GET.
pub(super) fn in_path<'a>(account: &'a Account, call: &Call<'_>) -> Result<&'a StoredWarehouse, Problem> {
    let id: WarehouseId = call.id(0)?;
    account.warehouse(id).ok_or_else(|| Problem::not_found(format!("Cannot find warehouse: {id}")))
}

/// Returns the warehouse of a goods movement.
pub(super) fn to_work_in(account: &Account, id: WarehouseId) -> Result<&StoredWarehouse, Problem> {
    account.warehouse(id).ok_or_else(|| refused(format!("There is no warehouse {id}")))
}
