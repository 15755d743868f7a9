//! Replaces the field map if the crate is built without the feature `field-map`: maps are rejected.

mod row_fields;

use brightpearl::{
    Patch,
    order::{NewSalesCredit, Order, OrderRow},
};
use returngo::{Item, Rma};
use serde::{Deserialize, Deserializer, Serialize, de};

pub(crate) use self::row_fields::RowFields;
use crate::{findings::Findings, rma_facts::Calendar, settings::ConnectionSettings};

/// Values for further fields of the credit. Settings with a map are rejected rather than ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum FieldMap {}

impl<'de> Deserialize<'de> for FieldMap {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom(
            "field maps are not supported: the program was built without the feature `field-map`; remove the setting",
        ))
    }
}

impl FieldMap {
    /// Lists the fields that a map can set: none.
    pub fn fields() -> impl Iterator<Item = &'static str> {
        std::iter::empty()
    }

    /// Whether the map sets this field.
    pub fn sets(&self, _field: &str) -> bool {
        match *self {}
    }

    /// Lists the fixed values of the map for this field.
    pub fn constants(&self, _field: &str) -> impl Iterator<Item = &serde_json::Value> {
        std::iter::empty()
    }
}

/// The values that expressions of a field map can use.
pub(crate) struct FieldValues<'a>(&'a FieldMap);

impl<'a> FieldValues<'a> {
    pub(crate) fn of(_rma: &'a Rma, _order: &'a Order, settings: &'a ConnectionSettings) -> Option<Self> {
        settings.field_map.as_ref().map(Self)
    }

    pub(crate) fn set_header(
        &self,
        _credit: &mut NewSalesCredit,
        _calendar: &Calendar,
        _credited: &[&Item],
        _findings: &mut Findings,
    ) -> bool {
        match *self.0 {}
    }

    pub(crate) fn of_unit(
        &self,
        _unit: &Item,
        _row: &OrderRow,
        _findings: &mut Findings,
    ) -> Option<RowFields> {
        match *self.0 {}
    }

    pub(crate) fn custom_fields(
        &self,
        _credit: &Order,
        _units: &[&Item],
        _findings: &mut Findings,
    ) -> Option<Patch> {
        match *self.0 {}
    }
}
