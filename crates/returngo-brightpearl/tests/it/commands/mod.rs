//! The program's commands, as people and scripts run them.

mod activity;
mod backfill;
mod configuration;
mod connect;
mod connect_oauth;
mod demo;
mod disconnect;
mod first_steps;
mod golden;
mod guarded;
mod reading;
mod reconcile;
mod reviews;
mod settings;
mod shop;
mod spending;
mod sync;
mod terminal;
mod unreadable;
