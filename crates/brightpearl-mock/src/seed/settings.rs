//! The settings of a seed: statuses, channels, warehouses, custom fields.

use std::collections::BTreeMap;

use brightpearl::{ChannelId, LocationId, OrderStatusId, WarehouseId, order::OrderTypeCode};
use serde::Deserialize;

/// An order status.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedOrderStatus {
    pub id: OrderStatusId,
    pub name: String,
    pub order_type_code: OrderTypeCode,
    #[serde(default)]
    pub disabled: bool,
}

impl SeedOrderStatus {
    /// Creates a status for orders of this type.
    pub fn new(id: u64, order_type_code: OrderTypeCode, name: &str) -> Self {
        Self { id: OrderStatusId::new(id), name: name.to_owned(), order_type_code, disabled: false }
    }

    /// Disables the status.
    #[must_use]
    pub fn disabled(self) -> Self {
        Self { disabled: true, ..self }
    }
}

/// A sales channel.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedChannel {
    pub id: ChannelId,
    pub name: String,
}

impl SeedChannel {
    /// A sales channel.
    pub fn new(id: u64, name: &str) -> Self {
        Self { id: ChannelId::new(id), name: name.to_owned() }
    }
}

/// A warehouse with its locations.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedWarehouse {
    pub id: WarehouseId,
    pub name: String,
    pub default_location_id: LocationId,
    pub quarantine_location_id: LocationId,
    #[serde(default)]
    pub other_location_ids: Vec<LocationId>,
}

impl SeedWarehouse {
    /// Creates a warehouse with its default location and its quarantine.
    pub fn new(id: u64, name: &str, default_location: u64, quarantine_location: u64) -> Self {
        Self {
            id: WarehouseId::new(id),
            name: name.to_owned(),
            default_location_id: LocationId::new(default_location),
            quarantine_location_id: LocationId::new(quarantine_location),
            other_location_ids: Vec::new(),
        }
    }

    pub(super) fn locations(&self) -> Vec<LocationId> {
        let own = [self.default_location_id, self.quarantine_location_id];
        own.into_iter().chain(self.other_location_ids.iter().copied()).collect()
    }

    /// Adds a location.
    #[must_use]
    pub fn location(mut self, id: u64) -> Self {
        self.other_location_ids.push(LocationId::new(id));
        self
    }
}

/// A custom field. `options` are those of a `SELECT`, by id.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as Brightpearl names them")]
pub struct SeedCustomField {
    pub id: u64,
    pub code: String,
    pub name: String,
    pub custom_field_type: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub options: BTreeMap<u64, String>,
}

impl SeedCustomField {
    /// Creates a text field. The code begins with `PCF_`.
    pub fn text(id: u64, code: &str, name: &str) -> Self {
        Self {
            id,
            code: code.to_owned(),
            name: name.to_owned(),
            custom_field_type: "TEXT".to_owned(),
            required: false,
            options: BTreeMap::new(),
        }
    }

    /// Creates a field with options.
    pub fn select<'o>(
        id: u64,
        code: &str,
        name: &str,
        options: impl IntoIterator<Item = (u64, &'o str)>,
    ) -> Self {
        Self {
            custom_field_type: "SELECT".to_owned(),
            options: options.into_iter().map(|(id, text)| (id, text.to_owned())).collect(),
            ..Self::text(id, code, name)
        }
    }
}
