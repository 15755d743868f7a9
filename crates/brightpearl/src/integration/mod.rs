//! `integration-service`: webhooks and the account's configuration.

pub mod account_configuration;
pub mod webhook;

pub use account_configuration::AccountConfiguration;
pub use api_client_core::secrets_match;
pub use webhook::{NewWebhook, Notification, QualityOfService, Webhook};
