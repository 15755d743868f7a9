//! Searches: typed filters in, rows decoded by column name out (docs/evidence/brightpearl-platform.md#search-requests).

mod page;
mod query;

pub use page::{Column, Direction, MetaData, Page, Reference, Sorting, UndecodableRow};
#[cfg(feature = "client")]
pub(crate) use query::MAX_PAGE_SIZE;
pub use query::{Period, SearchQuery};
pub(crate) use query::{searchable, string_set};
