//! The same data by hand: structs as one would write them for `serde_json` alone, with the same meaning of
//! every value (instants parsed, amounts exact), but bare integers for ids, strings for codes, one form of
//! each value, and no address or code that has to be read leniently.
#![allow(dead_code, reason = "read, then measured; nobody looks at the fields")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

/// The envelope of everything but a search.
#[derive(Deserialize)]
pub(crate) struct Envelope<T> {
    pub(crate) response: T,
}

/// A search as it is on the wire.
#[derive(Deserialize)]
pub(crate) struct Search {
    pub(crate) response: SearchResults,
    pub(crate) reference: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchResults {
    pub(crate) results: Vec<OrderRow>,
    pub(crate) meta_data: MetaData,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MetaData {
    pub(crate) results_available: u64,
    pub(crate) results_returned: u64,
    pub(crate) first_result: u64,
    pub(crate) last_result: u64,
    pub(crate) more_pages_available: bool,
    pub(crate) columns: Vec<Column>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) report_data_type: String,
    pub(crate) filterable: bool,
    pub(crate) sortable: bool,
    pub(crate) reference_data: Vec<String>,
}

/// A row of an order search, read by position: a derived struct reads an array as well as an object.
#[derive(Deserialize)]
pub(crate) struct OrderRow {
    pub(crate) order_id: u64,
    pub(crate) order_type_id: u64,
    pub(crate) contact_id: u64,
    pub(crate) order_status_id: u64,
    pub(crate) order_stock_status_id: u64,
    pub(crate) created_on: Option<Timestamp>,
    pub(crate) created_by_id: u64,
    pub(crate) customer_ref: Option<String>,
    pub(crate) order_payment_status_id: u64,
    pub(crate) updated_on: Option<Timestamp>,
    pub(crate) parent_order_id: Option<u64>,
    pub(crate) order_shipping_status_id: u64,
    pub(crate) external_ref: Option<String>,
    pub(crate) installed_integration_instance_id: Option<u64>,
    pub(crate) warehouse_id: Option<u64>,
    pub(crate) staff_owner_contact_id: Option<u64>,
    pub(crate) tax_date: Option<Timestamp>,
    pub(crate) department_id: Option<u64>,
    pub(crate) delivery_date: Option<Timestamp>,
}

/// An order of the order GET.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    id: u64,
    parent_order_id: u64,
    order_type_code: String,
    reference: String,
    external_ref: Option<String>,
    installed_integration_instance_id: Option<u64>,
    version: u64,
    state: State,
    order_status: Status,
    order_payment_status: String,
    stock_status_code: String,
    allocation_status_code: String,
    shipping_status_code: String,
    placed_on: Timestamp,
    created_on: Timestamp,
    updated_on: Option<Timestamp>,
    closed_on: Option<Timestamp>,
    created_by_id: u64,
    price_list_id: u64,
    cost_price_list_id: u64,
    price_mode_code: String,
    delivery: Delivery,
    invoices: Vec<Invoice>,
    currency: Currency,
    total_value: TotalValue,
    assignment: Assignment,
    parties: Parties,
    order_rows: BTreeMap<String, Row>,
    warehouse_id: u64,
    acknowledged: u64,
    historical_order: bool,
    order_weighting: i64,
}

#[derive(Deserialize)]
struct State {
    tax: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    order_status_id: u64,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    delivery_date: Option<Timestamp>,
    shipping_method_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invoice {
    invoice_reference: String,
    tax_date: Timestamp,
    due_date: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Currency {
    accounting_currency_code: String,
    order_currency_code: String,
    #[serde(with = "api_client_core::wire::decimal")]
    exchange_rate: Decimal,
    fixed_exchange_rate: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TotalValue {
    #[serde(with = "api_client_core::wire::decimal")]
    net: Decimal,
    #[serde(with = "api_client_core::wire::decimal")]
    tax_amount: Decimal,
    #[serde(with = "api_client_core::wire::decimal")]
    total: Decimal,
    #[serde(with = "api_client_core::wire::decimal")]
    base_net: Decimal,
    #[serde(with = "api_client_core::wire::decimal")]
    base_tax_amount: Decimal,
    #[serde(with = "api_client_core::wire::decimal")]
    base_total: Decimal,
}

#[derive(Deserialize)]
struct Assignment {
    current: CurrentAssignment,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CurrentAssignment {
    staff_owner_contact_id: u64,
    project_id: u64,
    channel_id: u64,
    lead_source_id: u64,
    team_id: u64,
}

#[derive(Deserialize)]
struct Parties {
    customer: Party,
    delivery: Party,
    billing: Party,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Party {
    contact_id: Option<u64>,
    address_full_name: String,
    company_name: Option<String>,
    address_line1: Option<String>,
    address_line2: Option<String>,
    address_line3: Option<String>,
    address_line4: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    country_id: Option<u64>,
    country_iso_code: Option<String>,
    telephone: Option<String>,
    mobile_telephone: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    order_row_sequence: String,
    product_id: u64,
    product_name: String,
    product_sku: Option<String>,
    quantity: Quantity,
    item_cost: Amount,
    product_price: Amount,
    #[serde(with = "api_client_core::wire::decimal")]
    discount_percentage: Decimal,
    row_value: RowValue,
    nominal_code: String,
    composition: Composition,
    cloned_from_id: u64,
}

#[derive(Deserialize)]
struct Quantity {
    #[serde(with = "api_client_core::wire::decimal")]
    magnitude: Decimal,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Amount {
    currency_code: String,
    #[serde(with = "api_client_core::wire::decimal")]
    value: Decimal,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RowValue {
    #[serde(with = "api_client_core::wire::decimal")]
    tax_rate: Decimal,
    tax_code: String,
    tax_calculator: String,
    row_net: Amount,
    row_tax: Amount,
    tax_class_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composition {
    bundle_parent: bool,
    bundle_child: bool,
    parent_order_row_id: u64,
}
