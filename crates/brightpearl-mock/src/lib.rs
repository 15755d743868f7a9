#![doc = include_str!("../README.md")]
//!
//! # Public dependencies
//!
//! Accounts consist of the types of [`brightpearl`], with amounts of [`rust_decimal`] and times of [`jiff`]; the mock is a
//! [`wiremock`] server. They are exported again so that tests use the same versions.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod accounting;
mod api;
mod contact;
mod control_routes;
mod custom_field;
mod custom_field_requests;
mod decimals;
mod duplicates;
pub mod fixtures;
mod gateway;
mod index;
mod integration;
mod mock;
mod multi_message;
mod next_ids;
mod order;
mod product;
mod records;
mod router;
mod search;
mod seed;
mod shop_connector;
mod state;
mod stock;
mod switches;
mod user_actions;
mod warehouse;

/// Converts a decimal to a JSON number, for the fields in which Brightpearl does not use text.
fn number(value: rust_decimal::Decimal) -> serde_json::Value {
    api_client_core::wire::decimal_number::serialize(&value, serde_json::value::Serializer)
        .unwrap_or_default()
}

/// Converts a decimal to a JSON string, or to null.
fn text(value: impl Into<Option<rust_decimal::Decimal>>) -> serde_json::Value {
    serde_json::json!(value.into().map(api_client_core::wire::Number))
}

pub use api::Brightpearl;
pub use api_mock_core::wiremock;
pub use api_mock_core::{
    Attempt, Fault, FaultKind, Faults, MockCore, RequestCounts, Server, odd_values, run_until_ctrl_c,
};
pub use duplicates::Duplicates;
pub use mock::{MockBrightpearl, MockBuilder};
pub use seed::{
    AccountBuilder, BUILT_IN_SEED, Seed, SeedAccountingPeriod, SeedAddress, SeedBankAccount, SeedChannel,
    SeedComponent, SeedContact, SeedCurrency, SeedCustomField, SeedError, SeedNominalCode, SeedOrder,
    SeedOrderStatus, SeedPayment, SeedPaymentMethod, SeedProduct, SeedRow, SeedStock, SeedTaxCode,
    SeedWarehouse,
};
pub use shop_connector::SaleReversal;
pub use state::Account;
pub use switches::{InvalidSwitch, Switches};

/// Compiles and runs the guide's code with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing-with-the-mocks.md")]
pub struct Guide;
pub use {brightpearl, jiff, rust_decimal};
