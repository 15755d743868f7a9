//! `integration-service`: webhooks, and the account's configuration.

pub(crate) mod account_configuration;
mod event;
pub(crate) mod webhook;

pub(crate) use event::{Event, deliveries};
