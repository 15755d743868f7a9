//! The same data by hand: structs as one would write them for `serde_json` alone, with the same meaning of
//! every value (instants parsed, amounts exact, 0 and 1 told from others), but bare strings for ids and codes,
//! and one form of each value.
#![allow(dead_code, reason = "read, then measured; nobody looks at the fields")]

use api_client_core::HttpResponse;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

pub(crate) fn read(details: &[HttpResponse]) -> Vec<Rma> {
    details.iter().map(|answer| serde_json::from_slice(&answer.body).unwrap()).collect()
}

pub(crate) fn read_page(page: &HttpResponse) -> Page {
    serde_json::from_slice(&page.body).unwrap()
}

#[derive(Deserialize)]
pub(crate) struct Page {
    rmas: Vec<Summary>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rma {
    rma_summary: Summary,
    order_details: OrderDetails,
    shipments: Vec<Shipment>,
    items: Vec<Item>,
    comments: Vec<Comment>,
    exchange_orders: Vec<ExchangeOrder>,
    exchange_items: Vec<ExchangeItem>,
    #[serde(with = "api_client_core::wire::decimal_number")]
    cancellation_fee: Decimal,
    transactions: Vec<Transaction>,
    created_at: Timestamp,
    last_updated: Timestamp,
    is_out_of_policy: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    rma_id: String,
    status: String,
    #[serde(rename = "order_name")]
    order_name: String,
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_name: String,
    event_date: Timestamp,
    triggered_via: String,
    store_location_id: String,
    user_details: Option<UserDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserDetails {
    user_first_name: String,
    user_last_name: String,
    user_email_address: String,
    user_role: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderDetails {
    order_id: String,
    #[serde(rename = "order_name")]
    order_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shipment {
    shipment_id: String,
    status: String,
    carrier_name: Option<String>,
    requested_service_level: Option<String>,
    actual_service_level: Option<String>,
    tracking_number: Option<String>,
    #[serde(rename = "trackingURL")]
    tracking_url: Option<String>,
    #[serde(rename = "labelURL")]
    label_url: Option<String>,
    customer_address: Address,
    return_address: Address,
    is_outbound: bool,
}

#[derive(Deserialize)]
struct Address {
    name: String,
    street1: String,
    street2: String,
    city: String,
    state: String,
    zip: String,
    country: String,
    phone: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Money {
    #[serde(with = "api_client_core::wire::decimal_number")]
    amount: Decimal,
    currency: String,
    #[serde(with = "api_client_core::wire::decimal_number")]
    shop_amount: Decimal,
    shop_currency: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    returned_item_id: String,
    shop_line_item_id: String,
    shop_product_id: String,
    variant_id: String,
    sku: String,
    barcode: Option<String>,
    full_name: String,
    product_name: String,
    variant_name: Option<String>,
    image: String,
    paid_price: Money,
    paid_tax: Money,
    tax_included: bool,
    return_reason: String,
    extended_reason: String,
    resolution_name: String,
    resolution_type: String,
    policy_rule_name: String,
    is_auto_approve: u8,
    #[serde(with = "api_client_core::wire::decimal_number")]
    restocking_fee: Decimal,
    #[serde(with = "api_client_core::wire::decimal_number")]
    return_fee: Decimal,
    #[serde(with = "api_client_core::wire::decimal_number")]
    shipment_fee: Decimal,
    shipment_id: String,
    return_method: ReturnMethod,
    item_validation_status_response: ValidationResponse,
    exchange_items: Vec<ExchangeItem>,
    follow_up_questions: Vec<FollowUpQuestion>,
}

#[derive(Deserialize)]
struct ReturnMethod {
    #[serde(rename = "type")]
    kind: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValidationResponse {
    is_returned: bool,
    is_restockable: bool,
    non_returned_reason: Option<String>,
    non_restockable_reason: Option<String>,
    store_location_id: Option<String>,
    last_validation_date: Option<String>,
    last_validated_by: Option<String>,
    third_party_name: Option<String>,
    user_details: Option<UserDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExchangeItem {
    product_id: String,
    variant_id: String,
    quantity: u64,
    sku: String,
    catalog_price: Money,
    effective_price: Money,
}

#[derive(Deserialize)]
struct FollowUpQuestion {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    answer: Answer,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    text_answer: Option<String>,
    text_array_answer: Vec<String>,
    numeric_answer: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    comment_type: String,
    triggered_by: String,
    html_text: String,
    datetime: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExchangeOrder {
    draft_order_id: String,
    order_id: String,
    order_name: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    id: u64,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    amount: Money,
    processor: String,
    external_reference_id: String,
    external_reference_type: String,
    return_item_ids: Vec<String>,
    created_at: Timestamp,
    last_updated: Timestamp,
}
