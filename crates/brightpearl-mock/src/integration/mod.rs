//! `integration-service`: webhooks, the account's configuration, the caller's instance.

pub(crate) mod account_configuration;
pub(crate) mod webhook;
mod webhook_delivery;

pub(crate) use webhook_delivery::deliveries;
