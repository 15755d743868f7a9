//! Checks of the fixed values in a field map against the account: constants and the values of lookups. Values of
//! expressions depend on the return.

use serde_json::Value;

use super::Finding;
use crate::{settings::ConnectionSettings, world::AccountFacts};

/// A field, the kind of its values, and whether the account has a value.
type Field = (&'static str, &'static str, fn(&AccountFacts, &str) -> bool);

const FIELDS: [Field; 5] = [
    ("statusId", "active sales credit status", |account, id| {
        let status = account.order_statuses.iter().find(|status| status.status_id.to_string() == id);
        status.is_some_and(|status| {
            status.order_type_code == brightpearl::order::OrderTypeCode::SalesCredit && !status.disabled
        })
    }),
    ("channelId", "channel", |account, id| {
        account.channels.iter().any(|channel| channel.id.to_string() == id)
    }),
    ("warehouseId", "warehouse", |account, id| {
        account.warehouses.iter().any(|warehouse| warehouse.id.to_string() == id)
    }),
    ("rows[].nominalCode", "active nominal code", |account, code| {
        account.nominal_codes.iter().any(|nominal| nominal.code.as_str() == code && nominal.active)
    }),
    ("rows[].taxCode", "tax code", |account, code| {
        account.tax_codes.iter().any(|rate| rate.code.as_str() == code)
    }),
];

pub(super) fn check(account: &AccountFacts, settings: &ConnectionSettings) -> Vec<Finding> {
    let Some(map) = &settings.field_map else { return Vec::new() };
    let fields = FIELDS.into_iter().filter(|(field, ..)| map.sets(field));
    fields
        .map(|(field, what, has)| {
            let subject = format!("field_map.{field}");
            let values: Vec<String> = map.constants(field).map(text).collect();
            let lacking: Vec<&str> =
                values.iter().map(String::as_str).filter(|value| !has(account, value)).collect();
            match (values.is_empty(), lacking.as_slice()) {
                (true, _) => Finding::pass(subject, "calculated for each return; not checked in advance"),
                (false, []) => Finding::pass(subject, format!("the account has {}", values.join(", "))),
                (false, lacking) => Finding::failure(
                    subject,
                    format!("the account does not have the {what} {}", lacking.join(", ")),
                    "correct the map, or add it in Brightpearl",
                ),
            }
        })
        .collect()
}

/// Returns a code, which may be a text or a number in the map.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
