//! The sales credit fields that a field map can set, and the values they accept.

use std::{fmt, str::FromStr};

use brightpearl::{
    NominalCode, OffsetDateTime, TaxCode,
    order::{NewSalesCredit, SaleDelivery},
};
use jiff::civil::Date;
use serde_json::Value;

use super::{expression::Scope, row_fields::RowFields};
use crate::{rma_facts::Calendar, settings::nearest};

/// The number of characters that Brightpearl stores of a reference
/// (docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit).
const LONGEST_REFERENCE: usize = 64;

/// A field that a field map can set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Header(HeaderField),
    Row(RowField),
    /// A custom field, by its code.
    Custom(String),
}

/// A field of the credit as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HeaderField {
    Reference,
    Warehouse,
    Channel,
    Status,
    Project,
    LeadSource,
    Team,
    StaffOwner,
    TaxDate,
    ShippingMethod,
}

/// A field of a row that stands for units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowField {
    Name,
    NominalCode,
    TaxCode,
}

/// All targets except custom fields, as Brightpearl names them.
const NAMES: [(&str, Target); 13] = [
    ("ref", Target::Header(HeaderField::Reference)),
    ("warehouseId", Target::Header(HeaderField::Warehouse)),
    ("channelId", Target::Header(HeaderField::Channel)),
    ("statusId", Target::Header(HeaderField::Status)),
    ("projectId", Target::Header(HeaderField::Project)),
    ("leadSourceId", Target::Header(HeaderField::LeadSource)),
    ("teamId", Target::Header(HeaderField::Team)),
    ("staffOwnerId", Target::Header(HeaderField::StaffOwner)),
    ("taxDate", Target::Header(HeaderField::TaxDate)),
    ("delivery.shippingMethodId", Target::Header(HeaderField::ShippingMethod)),
    ("rows[].name", Target::Row(RowField::Name)),
    ("rows[].nominalCode", Target::Row(RowField::NominalCode)),
    ("rows[].taxCode", Target::Row(RowField::TaxCode)),
];

const CUSTOM: &str = "customFields.";

/// The prefix of every custom field code (docs/evidence/brightpearl-orders.md#order-custom-fields).
const CUSTOM_CODE: &str = "PCF_";

impl Target {
    /// Lists the names of all targets except custom fields.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Returns the documents that the target's expressions can use.
    pub(super) fn scope(&self) -> Scope {
        if matches!(self, Self::Row(_)) { Scope::Row } else { Scope::Credit }
    }

    /// Checks that the target accepts a value.
    ///
    /// # Errors
    /// The values that it accepts.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        match self {
            Self::Header(field) => {
                let mut unused = NewSalesCredit::for_customer(brightpearl::ContactId::new(1));
                field.set(value, &mut unused, &Calendar::utc())
            }
            Self::Row(field) => field.set(value, &mut RowFields::default()),
            Self::Custom(_) => Ok(()),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, target)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(target.clone());
        }
        match text.strip_prefix(CUSTOM) {
            Some(code) if is_custom_code(code) => Ok(Self::Custom(code.to_owned())),
            Some(code) => Err(format!(
                "invalid custom field code `{code}`: expected a code such as {CUSTOM_CODE}REASON"
            )),
            None => {
                let known: Vec<&str> = Self::names().collect();
                let advice = match nearest(text, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known fields: {}, {CUSTOM}{CUSTOM_CODE}…", known.join(", ")),
                };
                Err(format!("a field map cannot set `{text}`; {advice}"))
            }
        }
    }
}

fn is_custom_code(code: &str) -> bool {
    let name = code.strip_prefix(CUSTOM_CODE);
    name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(code) => write!(f, "{CUSTOM}{code}"),
            named => f.pad(NAMES.iter().find(|(_, target)| target == named).map_or("", |(name, _)| name)),
        }
    }
}

impl HeaderField {
    /// Sets the field.
    ///
    /// # Errors
    /// The expected and the actual kind of value.
    pub(super) fn set(
        self,
        value: &Value,
        credit: &mut NewSalesCredit,
        calendar: &Calendar,
    ) -> Result<(), String> {
        match self {
            Self::Reference => credit.reference = Some(reference(value)?),
            Self::Warehouse => credit.warehouse_id = Some(id(value)?),
            Self::Channel => credit.channel_id = Some(id(value)?),
            Self::Status => credit.status_id = Some(id(value)?),
            Self::Project => credit.project_id = Some(id(value)?),
            Self::LeadSource => credit.lead_source_id = Some(id(value)?),
            Self::Team => credit.team_id = Some(id(value)?),
            Self::StaffOwner => credit.staff_owner_id = Some(id(value)?),
            Self::TaxDate => credit.tax_date = Some(day(value, calendar)?),
            Self::ShippingMethod => {
                let delivery = credit.delivery.get_or_insert_with(SaleDelivery::default);
                delivery.shipping_method_id = Some(id(value)?);
            }
        }
        Ok(())
    }
}

impl RowField {
    /// Sets the field.
    ///
    /// # Errors
    /// The expected and the actual kind of value.
    pub(super) fn set(self, value: &Value, row: &mut RowFields) -> Result<(), String> {
        match self {
            Self::Name => row.name = Some(text(value)?),
            Self::NominalCode => row.nominal_code = Some(NominalCode::new(text(value)?)),
            Self::TaxCode => row.tax_code = Some(TaxCode::new(text(value)?)),
        }
        Ok(())
    }
}

/// Reads a text. Codes may be written as numbers.
fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) if number.is_u64() => Ok(number.to_string()),
        other => Err(format!("expected a text, not {}", kind(other))),
    }
}

fn reference(value: &Value) -> Result<String, String> {
    let reference = text(value)?;
    match reference.chars().count() {
        length if length > LONGEST_REFERENCE => {
            Err(format!("a reference has at most {LONGEST_REFERENCE} characters, but this one has {length}"))
        }
        _ => Ok(reference),
    }
}

fn id<T: FromStr>(value: &Value) -> Result<T, String> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let id = number.filter(|number| *number > 0).and_then(|number| number.to_string().parse().ok());
    id.ok_or_else(|| format!("expected an id (a positive integer), not {}", kind(value)))
}

/// Reads a day, or a time, as the start of that day in the account's time zone.
fn day(value: &Value, calendar: &Calendar) -> Result<OffsetDateTime, String> {
    let text = value.as_str().map(str::trim).unwrap_or_default();
    let day = match text.parse::<OffsetDateTime>() {
        Ok(moment) if text.contains('T') => calendar.midnight(moment),
        _ => text.parse::<Date>().ok().and_then(|date| calendar.start_of(date)),
    };
    day.ok_or_else(|| format!("expected a date such as 2031-03-31, not {}", kind(value)))
}

/// Names the kind of a value. The value itself may be personal data of a shopper.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a Boolean",
        Value::Number(_) => "this number",
        Value::String(_) => "this text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
