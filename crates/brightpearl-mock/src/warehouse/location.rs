//! Locations in warehouses, and the default locations of products
//! (docs/evidence/brightpearl-warehouse.md#warehouses-and-locations).

use brightpearl::{LocationId, ProductId, WarehouseId};
use serde_json::{Value, json};

use super::warehouse::in_path;
use crate::{
    gateway::{Answer, Call, Problem},
    records::StoredWarehouse,
    search::{Column, Kind, Table, no_names},
    state::Account,
};

impl StoredWarehouse {
    fn locations(&self) -> Vec<LocationId> {
        let mut locations = self.other_locations.clone();
        locations.extend([self.default_location, self.quarantine_location]);
        locations.sort_unstable();
        locations
    }

    /// Returns aisle, bay, shelf and bin. Those of the default location and the quarantine are Brightpearl's, those
    /// of others invented.
    pub(super) fn groupings(&self, location: LocationId) -> [Option<String>; 4] {
        if location == self.quarantine_location {
            [Some("QUARANTINE".to_owned()), None, None, None]
        } else if location == self.default_location {
            ["0", "0", "0", "0"].map(|part| Some(part.to_owned()))
        } else {
            [Some("A".to_owned()), Some(location.to_string()), None, None]
        }
    }
}

/// `GET /warehouse/{id}/location[/{ids}]`.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(1)?;
    let stored = in_path(account, call)?;
    let wanted = |id: &LocationId| ids.as_ref().is_none_or(|ids| ids.contains(*id));
    let found: Vec<Value> =
        stored.locations().into_iter().filter(wanted).map(|id| view(stored, id)).collect();
    Answer::non_empty(found, "No locations found")
}

/// Without `warehouseId`, as in the documentation's examples.
fn view(stored: &StoredWarehouse, id: LocationId) -> Value {
    let [a, b, c, d] = stored.groupings(id);
    json!({ "id": id, "groupingA": a, "groupingB": b, "groupingC": c, "groupingD": d })
}

struct Row {
    id: LocationId,
    warehouse: WarehouseId,
    groupings: [Option<String>; 4],
}

const LOCATIONS: Table<Row> = Table {
    columns: &[
        Column::new("id", Kind::IdSet, |row| json!(row.id)),
        Column::new("warehouseId", Kind::IdSet, |row| json!(row.warehouse)),
        Column::new("zoneId", Kind::IdSet, |_| Value::Null),
        Column::new("groupingA", Kind::Text, |row| json!(row.groupings.first())),
        Column::new("groupingB", Kind::Text, |row| json!(row.groupings.get(1))),
        Column::new("groupingC", Kind::Text, |row| json!(row.groupings.get(2))),
        Column::new("groupingD", Kind::Text, |row| json!(row.groupings.get(3))),
        Column::new("barcode", Kind::Text, |_| Value::Null),
    ],
    sort: "id",
};

/// `GET /location-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let rows = account.warehouses.iter().flat_map(|stored| {
        let row = |id| Row { id, warehouse: stored.warehouse.id, groupings: stored.groupings(id) };
        stored.locations().into_iter().map(row)
    });
    LOCATIONS.search(rows.collect::<Vec<_>>().iter(), call, &no_names)
}

/// `GET /warehouse/{id}/product/{ids}`: the default locations of products. 0 is none.
pub(crate) fn warehouse_defaults(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let warehouse = in_path(account, call)?.warehouse.id;
    let ids = call.ids(1)?.unwrap_or_default();
    let products = ids.iter().filter_map(|id| account.products.get(&ProductId::new(id)));
    let found: Vec<Value> = products
        .map(|product| {
            let location = product.default_locations.get(&warehouse).map_or(0, |location| location.get());
            json!({
                "productId": product.id, "defaultLocationId": location, "overflowLocationId": 0,
                "reorderLevel": 0, "reorderQuantity": 0,
            })
        })
        .collect();
    Answer::non_empty(found, "No products found")
}
