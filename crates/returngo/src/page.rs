//! Pages of the two lists, and their filters' times (returngo.md §1).

use jiff::{Timestamp, tz::Offset};

use crate::request::Request;

api_client_core::text_id! {
    /// Where the next page begins. Opaque; keep it to go on later.
    pub struct Cursor;
}

/// The most rows that a page can have.
pub(crate) const PAGE_SIZE: &str = "500";

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page without rows is the last one, whatever its cursor.
    pub(crate) fn new(rows: Vec<T>, next: Option<Cursor>) -> Self {
        let next = next.filter(|_| !rows.is_empty());
        Self { rows, next }
    }
}

/// A list that is asked for page by page.
pub trait Listable {
    /// What a row is.
    type Row;

    /// The request for the page that begins here; the first page without a cursor.
    fn page(&self, cursor: Option<&Cursor>) -> Request<Page<Self::Row>>;
}

/// A bound of a time. Values have no zone; UTC is what the answers are in.
pub(crate) fn bound(operator: &str, time: Timestamp) -> String {
    format!("{operator}:{}", Offset::UTC.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S"))
}

/// A comma list.
pub(crate) fn comma_list<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    texts.join(",")
}
