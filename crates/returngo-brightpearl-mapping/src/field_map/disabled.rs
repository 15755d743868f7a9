//! What stands in for the field map where the crate is built without the feature `field-map`: a map cannot be
//! read, and so there is none.

mod row_fields;

use brightpearl::{
    Patch,
    order::{NewSalesCredit, Order, OrderRow},
};
use returngo::{Item, Rma};
use serde::{Deserialize, Deserializer, Serialize, de};

pub(crate) use self::row_fields::RowFields;
use crate::{findings::Findings, rma_facts::Calendar, settings::ConnectionSettings};

/// Values for further fields of the credit. Reading one fails and says so, rather than leaving out what somebody
/// relies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum FieldMap {}

impl<'de> Deserialize<'de> for FieldMap {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom(
            "this program was built without field maps (feature `field-map`); leave it out",
        ))
    }
}

impl FieldMap {
    /// The fields that a map can set: none.
    pub fn fields() -> impl Iterator<Item = &'static str> {
        std::iter::empty()
    }

    /// Whether the map says anything about this field.
    pub fn sets(&self, _field: &str) -> bool {
        match *self {}
    }

    /// The values that stand in the map as they are for this field.
    pub fn constants(&self, _field: &str) -> impl Iterator<Item = &serde_json::Value> {
        std::iter::empty()
    }
}

/// A return, as a field map sees it.
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
