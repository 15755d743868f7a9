//! The lists of codes that all accounts share (docs/evidence/brightpearl-orders.md#order-codes).

use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

const TYPES: [(&str, &str); 4] =
    [("SO", "Sales order"), ("PO", "Purchase order"), ("SC", "Sales credit"), ("PC", "Purchase credit")];

/// Code and description. The position is the id.
pub(super) const STOCK_STATUSES: [(&str, &str); 13] = [
    ("SON", "Sale not fulfilled"),
    ("SOP", "Sale part fulfilled"),
    ("SOA", "Sale all fulfilled"),
    ("PON", "Purchase not received"),
    ("POP", "Purchase part received"),
    ("POA", "Purchase all received"),
    ("SCN", "Credit not received"),
    ("SCP", "Credit part received"),
    ("SCA", "Credit all received"),
    ("PCN", "Purchase credit not returned"),
    ("PCP", "Purchase credit part returned"),
    ("PCA", "Purchase credit all returned"),
    ("NON", "Unset"),
];

/// Code and description. The position is the id.
pub(super) const SHIPPING_STATUSES: [(&str, &str); 4] = [
    ("NST", "No stock tracked products on order"),
    ("SNS", "Not shipped"),
    ("SPS", "Part shipped"),
    ("ASS", "All shipped"),
];

/// `GET /order-type`.
pub(crate) fn order_types(_account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(listed(&TYPES))
}

/// `GET /order-stock-status`.
pub(crate) fn stock_statuses(_account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(listed(&STOCK_STATUSES))
}

/// `GET /order-shipping-status`.
pub(crate) fn shipping_statuses(_account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(listed(&SHIPPING_STATUSES))
}

fn listed(codes: &[(&str, &str)]) -> Answer {
    let entry = |(id, (code, description)): (u64, &(&str, &str))| json!({ "id": id, "code": code, "description": description });
    Answer::of((1..).zip(codes).map(entry).collect::<Vec<Value>>())
}
