use brightpearl::{LocationId, warehouse::Warehouse};

/// A warehouse with its locations.
pub(crate) struct StoredWarehouse {
    pub(crate) warehouse: Warehouse,
    pub(crate) default_location: LocationId,
    pub(crate) quarantine_location: LocationId,
    pub(crate) other_locations: Vec<LocationId>,
}

impl StoredWarehouse {
    pub(crate) fn has(&self, location: LocationId) -> bool {
        location == self.default_location
            || location == self.quarantine_location
            || self.other_locations.contains(&location)
    }
}
