//! `integration-service`: webhooks, the account's configuration, the caller's instance.

pub(crate) mod account_configuration;
mod event;
pub(crate) mod webhook;

pub(crate) use event::{Event, deliveries};
