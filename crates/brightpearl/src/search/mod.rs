//! Searches: typed filters in, rows decoded by column name out (brightpearl-platform.md §2).

mod page;
mod query;

pub use page::{Column, MetaData, Page, Reference, UndecodableRow};
pub use query::{Period, SearchQuery};
pub(crate) use query::{searchable, string_set};
