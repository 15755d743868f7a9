//! The field map: values for further fields of the credit, worked out from the return.
//!
//! Each field is given by a constant, by an expression over `rma`, `order`, `settings` (on rows `item`, the unit, and
//! `row`, the order's, as well), or by a lookup. They have the names that the wire has; the lists of `rma` have
//! each thing once, in the order of their ids. Everything is compiled and checked when the settings are loaded; what can only show
//! on a return, and does, makes the credit wait and asks a person.
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

/// The most fields that a map sets.
const MOST_FIELDS: usize = 100;

/// Values for further fields of the credit.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldMap {
    fields: BTreeMap<Target, Source>,
}

impl Eq for FieldMap {}

impl FieldMap {
    /// The fields that a map can set, as Brightpearl names them. Custom fields, `customFields.PCF_…`, come on top.
    pub fn fields() -> impl Iterator<Item = &'static str> {
        Target::names()
    }

    /// Whether the map says anything about this field.
    pub fn sets(&self, field: &str) -> bool {
        self.source(field).is_some()
    }

    /// The values that stand in the map as they are for this field: constants, and what lookups can give. For
    /// checking that the account has them.
    pub fn constants(&self, field: &str) -> impl Iterator<Item = &serde_json::Value> {
        self.source(field).into_iter().flat_map(Source::constants)
    }

    fn source(&self, field: &str) -> Option<&Source> {
        self.fields.get(&field.parse().ok()?)
    }
}

/// A return, as the expressions of a field map see it. Documents are turned into values once, and only when an
/// expression is run.
pub(crate) struct FieldValues<'a> {
    map: &'a FieldMap,
    rma: &'a Rma,
    order: &'a Order,
    settings: &'a ConnectionSettings,
    documents: OnceCell<Vec<(&'static str, EngineValue)>>,
}

impl<'a> FieldValues<'a> {
    /// The values for a return; none without a field map.
    pub(crate) fn of(rma: &'a Rma, order: &'a Order, settings: &'a ConnectionSettings) -> Option<Self> {
        let map = settings.field_map.as_ref()?;
        Some(Self { map, rma, order, settings, documents: OnceCell::new() })
    }

    /// Sets the fields of the credit as a whole. False when one of them has to be asked about.
    pub(crate) fn set_header(
        &self,
        credit: &mut NewSalesCredit,
        calendar: &Calendar,
        credited: &[&Item],
        findings: &mut Findings,
    ) -> bool {
        let mut clear = true;
        for (target, source) in &self.map.fields {
            let Target::Header(field) = target else { continue };
            let set = |value: &_| field.set(value, credit, calendar);
            clear &= self.apply(target, source, || self.context(), set, credited, findings);
        }
        clear
    }

    /// The fields of the row that a unit is on; none when one of them has to be asked about.
    pub(crate) fn of_unit(&self, unit: &Item, row: &OrderRow, findings: &mut Findings) -> Option<RowFields> {
        let mut fields = RowFields::default();
        let mut clear = true;
        for (target, source) in &self.map.fields {
            let Target::Row(field) = target else { continue };
            let context = || self.context_of(unit, row);
            let set = |value: &_| field.set(value, &mut fields);
            clear &= self.apply(target, source, context, set, &[unit], findings);
        }
        clear.then_some(fields)
    }

    /// The custom fields that the credit lacks. A value that is there stays: a person may have put it right.
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
            self.apply(target, source, || self.context(), set, units, findings);
        }
        (!patch.operations().is_empty()).then_some(patch)
    }

    /// Sets one field. False when it has to be asked about.
    fn apply(
        &self,
        target: &Target,
        source: &Source,
        context: impl FnOnce() -> EngineValue,
        set: impl FnOnce(&serde_json::Value) -> Result<(), String>,
        units: &[&Item],
        findings: &mut Findings,
    ) -> bool {
        let outcome = source.evaluate(context).and_then(|given| match given {
            SourceValue::Value(value) => set(&value).map(|()| None),
            SourceValue::Nothing => Ok(None),
            SourceValue::Missing(why) => Ok(Some(why)),
        });
        match outcome {
            Ok(None) => true,
            Ok(Some(why)) => {
                let message = format!("The field map leaves `{target}` as it is without the map: {why}.");
                findings.add_warning_for_units(WarningCode::FieldMapEmpty, message, ids(units));
                true
            }
            Err(problem) => {
                let message =
                    format!("The field map has no value for `{target}`: {problem}. Put the map right.");
                findings.add_review_for_units(ReviewCode::FieldMapFailed, message, ids(units));
                false
            }
        }
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
                f.write_str("an object: a field of the sales credit, and where its value comes from")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<FieldMap, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some(name) = entries.next_key::<String>()? {
                    let target: Target = name.parse().map_err(de::Error::custom)?;
                    let source = entries.next_value_seed(SourceSeed(&target))?;
                    fields.insert(target, source);
                    if fields.len() > MOST_FIELDS {
                        return Err(de::Error::custom(format_args!(
                            "a field map sets at most {MOST_FIELDS} fields"
                        )));
                    }
                }
                Ok(FieldMap { fields })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// Reads the source of a field, so that an error has the field's path.
struct SourceSeed<'t>(&'t Target);

impl<'de> DeserializeSeed<'de> for SourceSeed<'_> {
    type Value = Source;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Source, D::Error> {
        let written = serde_json::Value::deserialize(deserializer)?;
        Source::read(written, self.0).map_err(de::Error::custom)
    }
}
