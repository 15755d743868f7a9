//! Custom fields of orders: their values and their definitions
//! (docs/evidence/brightpearl-orders.md#order-custom-fields).
//!
//! Sales orders and sales credits share one set of fields, purchases another. Values cannot be given when an
//! order is created: patch them afterwards.

use std::{collections::BTreeMap, fmt};

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime, open_enum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    IdSet, Patch, answer,
    ids::{CustomFieldId, CustomFieldOptionId, OrderId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/order-service/order/{orderId}/custom-field", Idempotency::Read);
const PATCH: Endpoint =
    Endpoint::new(Method::Patch, "/order-service/order/{orderId}/custom-field", Idempotency::RepeatableWrite);
const META_DATA: Endpoint = Endpoint::new(
    Method::Get,
    "/order-service/{saleOrPurchase}/custom-field-meta-data/{fieldIds}",
    Idempotency::Read,
);

/// The values of custom fields by the fields' codes, unchanged: only those that are set.
///
/// Texts, numbers and dates are plain, yes and no a boolean, a choice is `{"id":912,"value":"Wrong size"}`.
/// Values are never printed: they may contain any text.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomFields(pub BTreeMap<String, Value>);

impl CustomFields {
    /// Returns the value unchanged.
    pub fn value(&self, code: &str) -> Option<&Value> {
        self.0.get(code)
    }

    /// Returns the text of a text field, or the name of what was chosen in a `SELECT`.
    pub fn text(&self, code: &str) -> Option<&str> {
        let value = self.value(code)?;
        value.as_str().or_else(|| value.get("value")?.as_str())
    }

    /// Returns the value of a `YES_NO` field.
    pub fn yes_no(&self, code: &str) -> Option<bool> {
        self.value(code)?.as_bool()
    }

    /// Returns the time in a date field.
    pub fn date_time(&self, code: &str) -> Option<OffsetDateTime> {
        self.value(code)?.as_str()?.parse().ok()
    }

    /// Returns the option that was chosen in a `SELECT`.
    pub fn option_id(&self, code: &str) -> Option<CustomFieldOptionId> {
        self.value(code)?.get("id")?.as_u64().map(CustomFieldOptionId::new)
    }
}

impl fmt::Debug for CustomFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomFields")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A custom field, as the account defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// The field.
    pub id: CustomFieldId,
    /// The code that values are kept under, such as `PCF_REASON`.
    pub code: String,
    /// The display name.
    #[serde(default)]
    pub name: String,
    /// The type.
    pub custom_field_type: CustomFieldType,
    /// Whether the UI insists on a value.
    #[serde(default)]
    pub required: bool,
    /// What can be chosen; of a `SELECT` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<BTreeMap<CustomFieldOptionId, CustomFieldOption>>,
}

/// An option of a `SELECT` field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomFieldOption {
    /// The option.
    pub id: CustomFieldOptionId,
    /// Its name.
    pub value: String,
}

open_enum! {
    /// The type of a custom field. The literals of text areas, numbers and dates are not documented.
    pub enum CustomFieldType {
        /// A text.
        Text = "TEXT",
        /// Yes or no.
        YesNo = "YES_NO",
        /// One of several options.
        Select = "SELECT",
    }
}

/// A `SELECT` field has no option of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchOption {
    code: String,
    asked: String,
    known: String,
}

impl fmt::Display for NoSuchOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, asked, known } = self;
        write!(f, "custom field {code} has no option `{asked}`: it has {known}")
    }
}

impl std::error::Error for NoSuchOption {}

impl CustomField {
    /// Returns the path of the value in a [`Patch`].
    pub fn path(&self) -> String {
        format!("/{}", self.code)
    }

    /// Returns the value that chooses the option with this name, ignoring case where no option has it exactly.
    ///
    /// ```
    /// use brightpearl::{OrderId, Patch, order::{CustomField, custom_field}};
    ///
    /// let reason: CustomField = serde_json::from_str(
    ///     r#"{"id":131,"code":"PCF_REASON","name":"Return reason","customFieldType":"SELECT","required":false,
    ///         "options":{"912":{"id":912,"value":"Wrong size"},"913":{"id":913,"value":"Damaged"}}}"#,
    /// )?;
    /// let changes = Patch::new().add(reason.path(), reason.choice("wrong size")?);
    /// let request = custom_field::patch(OrderId::new(300955), &changes);
    /// assert_eq!(request.json(), Some(r#"[{"op":"add","path":"/PCF_REASON","value":{"id":912}}]"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such option; the message names those there are.
    pub fn choice(&self, name: &str) -> Result<Value, NoSuchOption> {
        let options = || self.options.iter().flat_map(BTreeMap::values);
        let chosen = options()
            .find(|option| option.value == name)
            .or_else(|| options().find(|option| option.value.eq_ignore_ascii_case(name.trim())));
        match chosen {
            Some(option) => Ok(serde_json::json!({ "id": option.id })),
            None => Err(NoSuchOption {
                code: self.code.clone(),
                asked: name.to_owned(),
                known: names(options().map(|option| option.value.as_str())),
            }),
        }
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Which orders a custom field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CustomFieldsOf {
    /// Sales orders and sales credits.
    Sale,
    /// Purchase orders and purchase credits.
    Purchase,
}

impl fmt::Display for CustomFieldsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sale => "sale",
            Self::Purchase => "purchase",
        })
    }
}

/// Requests the custom fields of an order that are set.
/// [`order::get_with_custom_fields`](super::order::get_with_custom_fields) reads those of many orders at once.
#[inline]
pub fn get(order: OrderId) -> Request<CustomFields> {
    Request::new(GET, &[&order], answer::payload)
}

/// Sets and clears custom fields of an order, and returns all that are set afterwards.
///
/// Use `add` to set, whether the field was set before or not, and `remove` to clear; `replace` and `remove`
/// on a field that is not set are rejected with `CMNC-038`. Set a `SELECT` to [`CustomField::choice`].
#[inline]
pub fn patch(order: OrderId, changes: &Patch) -> Request<CustomFields> {
    Request::new(PATCH, &[&order], answer::payload)
        .body(changes)
        .with_verification_hint("read the order's custom fields")
}

/// Requests all custom fields that sales or purchases have.
#[inline]
pub fn list(of: CustomFieldsOf) -> Request<Vec<CustomField>> {
    Request::new(META_DATA, &[&of], answer::payload).empty_when_absent()
}

/// Requests these custom fields.
#[inline]
pub fn get_fields(of: CustomFieldsOf, ids: &IdSet<CustomFieldId>) -> Request<Vec<CustomField>> {
    Request::new(META_DATA, &[&of, ids], answer::payload).empty_when_absent()
}

/// The custom fields of orders: [`Client::order_custom_fields`](crate::Client::order_custom_fields).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct OrderCustomFields<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl OrderCustomFields<'_> {
    /// Gets the custom fields of an order that are set.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, order: OrderId) -> Result<CustomFields, crate::Error> {
        self.0.send(&get(order)).await
    }

    /// Sets and clears custom fields of an order; see [`patch`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn patch(&self, order: OrderId, changes: &Patch) -> Result<CustomFields, crate::Error> {
        self.0.send(&patch(order, changes)).await
    }

    /// Lists all custom fields that sales or purchases have.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self, of: CustomFieldsOf) -> Result<Vec<CustomField>, crate::Error> {
        self.0.send(&list(of)).await
    }

    /// Gets these custom fields; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get_fields(
        &self,
        of: CustomFieldsOf,
        ids: &IdSet<CustomFieldId>,
    ) -> Result<Vec<CustomField>, crate::Error> {
        self.0.send(&get_fields(of, ids)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason() -> CustomField {
        serde_json::from_str(
            r#"{"id":131,"code":"PCF_REASON","name":"Return reason","customFieldType":"SELECT","required":false,
                "options":{"912":{"id":912,"value":"Damaged"},"914":{"id":914,"value":"damaged"}}}"#,
        )
        .unwrap()
    }

    #[test]
    fn an_option_is_chosen_by_its_exact_name_first() {
        assert_eq!(reason().choice("damaged").unwrap(), serde_json::json!({ "id": 914 }));
        assert_eq!(reason().choice(" DAMAGED ").unwrap(), serde_json::json!({ "id": 912 }));
    }

    #[test]
    fn an_unknown_option_names_the_known_ones() {
        assert_eq!(
            reason().choice("Lost").unwrap_err().to_string(),
            "custom field PCF_REASON has no option `Lost`: it has `Damaged`, `damaged`"
        );
        let text = CustomField { options: None, ..reason() };
        assert!(text.choice("Lost").unwrap_err().to_string().ends_with("it has none"));
    }

    #[test]
    fn values_read_by_kind_and_do_not_print() {
        let fields: CustomFields = serde_json::from_str(
            r#"{"PCF_REASON":{"id":912,"value":"Damaged"},"PCF_GIFT":true,"PCF_NOTE":"for Ada Example",
                "PCF_DUE":"2026-05-04T00:00:00.000+01:00"}"#,
        )
        .unwrap();
        assert_eq!(fields.text("PCF_REASON"), Some("Damaged"));
        assert_eq!(fields.option_id("PCF_REASON"), Some(CustomFieldOptionId::new(912)));
        assert_eq!(fields.yes_no("PCF_GIFT"), Some(true));
        assert_eq!(fields.date_time("PCF_DUE").unwrap().date().to_string(), "2026-05-04");
        assert_eq!(fields.text("PCF_UNSET"), None);
        let shown = format!("{fields:?}");
        assert!(shown.contains("PCF_NOTE") && !shown.contains("Ada"), "{shown}");
    }

    #[test]
    fn sales_and_purchases_have_fields_of_their_own() {
        assert_eq!(list(CustomFieldsOf::Sale).to_string(), "GET /order-service/sale/custom-field-meta-data/");
        let ids: IdSet<CustomFieldId> = "131".parse().unwrap();
        assert_eq!(
            get_fields(CustomFieldsOf::Purchase, &ids).to_string(),
            "GET /order-service/purchase/custom-field-meta-data/131"
        );
    }
}
