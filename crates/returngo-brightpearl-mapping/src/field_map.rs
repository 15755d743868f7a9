//! The field map: values for further fields of the credit, taken from the return.
//!
//! A field is set by a constant, by an expression over `rma`, `order` and `settings` (on rows also `item`, the unit, and
//! `row`, the order row), or by a lookup. Names are those of the APIs. The lists of `rma` contain each entry once, in the
//! order of their ids. Expressions are compiled and checked when the settings are loaded. A problem that only shows on a
//! return adds a review, and the credit waits for it.
//!
//! ```
//! use returngo_brightpearl_mapping::ConnectionSettings;
//!
//! let settings = ConnectionSettings::from_json(r#"{
//!     "account_id": "acmeoutdoors",
//!     "refund_method_code": "1210",
//!     "field_map": {
//!         "projectId": 12,
//!         "ref": "rma.orderDetails.order_name ~ '/' ~ rma.rmaSummary.rmaId",
//!         "rows[].nominalCode": {"from": "item.returnReason", "map": {"Faulty": "4905"}, "default": "4000"},
//!         "customFields.PCF_REASONS": "rma.items|map(attribute='returnReason')|unique|join(', ')"
//!     }
//! }"#)?;
//!
//! let misspelt = r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210", "field_map": {"rows[].name": "item.fullname"}}"#;
//! let error = ConnectionSettings::from_json(misspelt).unwrap_err().to_string();
//! assert!(error.contains("at `field_map.rows[].name`: `item.fullname`, column 6: there is no `fullname` in `item`"), "{error}");
//! assert!(error.contains("did you mean `fullName`?"), "{error}");
//! # Ok::<(), returngo_brightpearl_mapping::SettingsError>(())
//! ```

mod expression;
mod names;
mod row_fields;
mod source;
mod target;

use std::{cell::OnceCell, collections::BTreeMap, fmt};

use brightpearl::{
    Patch,
    order::{NewSalesCredit, Order, OrderRow},
};
use minijinja::value::{Serde, Value as EngineValue};
use returngo::{Item, Rma};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeSeed, MapAccess},
};

pub(crate) use self::row_fields::RowFields;
use self::{
    source::{Source, SourceValue},
    target::Target,
};
use crate::{
    findings::Findings,
    plan::{ReviewCode, WarningCode},
    rma_facts::{self, Calendar, ids},
    settings::ConnectionSettings,
};

/// The largest number of fields in a map.
const MAX_FIELDS: usize = 100;

/// Values for further fields of the credit.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMap {
    fields: BTreeMap<Target, Source>,
}

impl Eq for FieldMap {}

impl FieldMap {
    /// Lists the fields that a map can set, as Brightpearl names them. Custom fields (`customFields.PCF_…`) are not listed.
    pub fn fields() -> impl Iterator<Item = &'static str> {
        Target::names()
    }

    /// Whether the map sets this field.
    pub fn sets(&self, field: &str) -> bool {
        self.source(field).is_some()
    }

    /// Lists the fixed values of the map for this field: constants and the values of lookups. Used to check that the account
    /// has them.
    pub fn constants(&self, field: &str) -> impl Iterator<Item = &serde_json::Value> {
        self.source(field).into_iter().flat_map(Source::constants)
    }

    fn source(&self, field: &str) -> Option<&Source> {
        self.fields.get(&field.parse().ok()?)
    }
}

/// The values that expressions of a field map can use. Documents are converted once, when the first expression runs.
pub(crate) struct FieldValues<'a> {
    map: &'a FieldMap,
    rma: &'a Rma,
    order: &'a Order,
    settings: &'a ConnectionSettings,
    documents: OnceCell<Vec<(&'static str, EngineValue)>>,
}

impl<'a> FieldValues<'a> {
    /// Returns the values for a return. `None` without a field map.
    pub(crate) fn of(rma: &'a Rma, order: &'a Order, settings: &'a ConnectionSettings) -> Option<Self> {
        let map = settings.field_map.as_ref()?;
        Some(Self { map, rma, order, settings, documents: OnceCell::new() })
    }

    /// Sets the header fields of the credit. Returns `false` if one of them needs a review.
    pub(crate) fn set_header(
        &self,
        credit: &mut NewSalesCredit,
        calendar: &Calendar,
        credited: &[&Item],
        findings: &mut Findings,
    ) -> bool {
        let mut is_clear = true;
        for (target, source) in &self.map.fields {
            let Target::Header(field) = target else { continue };
            let set = |value: &_| field.set(value, credit, calendar);
            is_clear &=
                Assignment { target, source, units: credited }.apply(|| self.context(), set, findings);
        }
        is_clear
    }

    /// Returns the fields of the row that a unit is on. `None` if one of them needs a review.
    pub(crate) fn of_unit(&self, unit: &Item, row: &OrderRow, findings: &mut Findings) -> Option<RowFields> {
        let mut fields = RowFields::default();
        let mut is_clear = true;
        for (target, source) in &self.map.fields {
            let Target::Row(field) = target else { continue };
            let context = || self.context_of(unit, row);
            let set = |value: &_| field.set(value, &mut fields);
            is_clear &= Assignment { target, source, units: &[unit] }.apply(context, set, findings);
        }
        is_clear.then_some(fields)
    }

    /// Returns the custom fields that the credit does not have yet. Existing values are kept: staff may have corrected them.
    pub(crate) fn custom_fields(
        &self,
        credit: &Order,
        units: &[&Item],
        findings: &mut Findings,
    ) -> Option<Patch> {
        let mut patch = Patch::new();
        for (target, source) in &self.map.fields {
            let Target::Custom(code) = target else { continue };
            if credit.custom_fields.as_ref().is_some_and(|fields| fields.value(code).is_some()) {
                continue;
            }
            let set = |value: &serde_json::Value| {
                patch = std::mem::take(&mut patch).add(format!("/{code}"), value.clone());
                Ok(())
            };
            Assignment { target, source, units }.apply(|| self.context(), set, findings);
        }
        (!patch.operations().is_empty()).then_some(patch)
    }

    fn context(&self) -> EngineValue {
        EngineValue::from_pairs(self.documents().iter().cloned())
    }

    fn context_of(&self, unit: &Item, row: &OrderRow) -> EngineValue {
        let own = [("item", Serde(unit).into()), ("row", Serde(row).into())];
        EngineValue::from_pairs(self.documents().iter().cloned().chain(own))
    }

    fn documents(&self) -> &[(&'static str, EngineValue)] {
        self.documents.get_or_init(|| {
            vec![
                ("rma", Serde(rma_facts::in_order(self.rma)).into()),
                ("order", Serde(self.order).into()),
                ("settings", Serde(self.settings).into()),
            ]
        })
    }
}

/// A field of the map, and the units that a review of it names.
struct Assignment<'f> {
    target: &'f Target,
    source: &'f Source,
    units: &'f [&'f Item],
}

impl Assignment<'_> {
    /// Sets the field. Returns `false` if it needs a review.
    fn apply(
        &self,
        context: impl FnOnce() -> EngineValue,
        set: impl FnOnce(&serde_json::Value) -> Result<(), String>,
        findings: &mut Findings,
    ) -> bool {
        let Self { target, source, units } = self;
        let outcome = source.evaluate(context).and_then(|value| match value {
            SourceValue::Value(value) => set(&value).map(|()| None),
            SourceValue::Nothing => Ok(None),
            SourceValue::Missing(reason) => Ok(Some(reason)),
        });
        match outcome {
            Ok(None) => true,
            Ok(Some(reason)) => {
                let message =
                    format!("The field map did not set `{target}`: {reason}. The field keeps its default.");
                findings.add_warning_for_units(WarningCode::FieldMapEmpty, message, ids(units));
                true
            }
            Err(problem) => {
                let message = format!(
                    "The field map has no valid value for `{target}`: {problem}. Correct the setting `field_map`."
                );
                findings.add_review_for_units(ReviewCode::FieldMapFailed, message, ids(units));
                false
            }
        }
    }
}

impl Serialize for FieldMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(self.fields.iter().map(|(target, source)| (target.to_string(), &source.written)))
    }
}

impl<'de> Deserialize<'de> for FieldMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> de::Visitor<'de> for Fields {
            type Value = FieldMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of sales credit fields, each with the source of its value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<FieldMap, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some(name) = entries.next_key::<String>()? {
                    let target: Target = name.parse().map_err(de::Error::custom)?;
                    let source = entries.next_value_seed(SourceSeed(&target))?;
                    fields.insert(target, source);
                    if fields.len() > MAX_FIELDS {
                        return Err(de::Error::custom(format_args!(
                            "too many fields: a field map sets at most {MAX_FIELDS}"
                        )));
                    }
                }
                Ok(FieldMap { fields })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// Reads the source of a field, so that errors contain the field's path.
struct SourceSeed<'t>(&'t Target);

impl<'de> DeserializeSeed<'de> for SourceSeed<'_> {
    type Value = Source;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Source, D::Error> {
        let written = serde_json::Value::deserialize(deserializer)?;
        Source::read(written, self.0).map_err(de::Error::custom)
    }
}
