//! `product-service`: channels and their brands, products and bundles.
#![allow(clippy::module_inception, reason = "the folder is Brightpearl's service, the file its resource")]

pub mod bundle;
pub mod channel;
pub mod channel_brand;
pub mod product;
pub mod product_search;
mod product_status;

pub use bundle::BundleUse;
pub use channel::{Channel, IntegrationDetail};
pub use channel_brand::ChannelBrand;
pub use product::{BundleComponent, Product, ProductComposition, ProductWarehouse};
pub use product_search::{ProductColumn, ProductSearch, ProductSummary};
pub use product_status::ProductStatus;
