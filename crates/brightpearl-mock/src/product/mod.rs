//! `product-service`: products and channels.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

pub(crate) mod channel;
pub(crate) mod product;
pub(crate) mod product_search;
