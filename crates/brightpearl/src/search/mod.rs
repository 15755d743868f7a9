//! Searches: typed filters in, rows decoded by column name out (brightpearl-platform.md §2).

mod page;
mod query;

pub use page::{Column, Direction, MetaData, Page, Reference, Sorting, UndecodableRow};
#[cfg(feature = "client")]
pub(crate) use query::MAX_PAGE_SIZE;
pub use query::{Period, SearchQuery};
pub(crate) use query::{searchable, string_set};
