//! `product-service`: channels and products.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

pub mod channel;
pub mod product;

pub use channel::Channel;
pub use product::Product;
