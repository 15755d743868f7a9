//! The program's commands, as people and scripts run them.

mod backfill;
mod connect;
mod demo;
mod disconnect;
mod first_steps;
mod reading;
mod reconcile;
mod reviews;
mod shop;
mod spending;
mod sync;
