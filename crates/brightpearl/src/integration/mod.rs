//! `integration-service`: webhooks, the account's configuration, the caller's own installation.

pub mod account_configuration;
pub mod instance;
pub mod webhook;

pub use account_configuration::AccountConfiguration;
#[cfg(feature = "webhooks")]
pub use api_client_core::secrets_match;
pub use instance::IntegrationInstance;
#[cfg(feature = "client")]
pub use webhook::Ensured;
pub use webhook::{NewWebhook, Notification, QualityOfService, TestData, Webhook};
