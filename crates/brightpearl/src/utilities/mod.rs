//! Utilities beside the services: finding an account.

pub mod account_location;

pub use account_location::AccountLocation;
