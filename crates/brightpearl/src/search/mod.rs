//! Searches: typed filters in, rows decoded by column name out (docs/evidence/brightpearl-platform.md#search-requests).

mod page;
mod query;

pub use page::{Column, Direction, MetaData, Page, Reference, Sorting, UndecodableRow};
pub use query::{Period, SearchQuery};
pub(crate) use query::{searchable, string_set};

/// The maximum number of rows of one page, and Brightpearl's default.
pub(crate) const MAX_PAGE_SIZE: u32 = 500;
