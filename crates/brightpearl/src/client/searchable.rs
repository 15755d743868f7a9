use crate::{request::Request, search::Page};

/// A search that can be sent page by page.
pub trait Searchable {
    /// The type of a row.
    type Row;

    /// The column that is unique for each row; none if there is no such column.
    const KEY: Option<&'static str> = None;

    /// Returns the row's value of that column.
    fn key(_row: &Self::Row) -> Option<u64> {
        None
    }

    /// Returns the request for the page that starts at this row, counted from 1.
    fn page_from(&self, first_result: u64) -> Request<Page<Self::Row>>;
}
