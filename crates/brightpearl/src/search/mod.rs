//! Searches: typed filters in, rows decoded by column name out (brightpearl-platform.md §2).

mod page;
mod query;

pub use page::{Column, MetaData, Page, UndecodableRow};
pub(crate) use query::searchable;
pub use query::{Period, SearchQuery};
