//! Pages of the two lists, and their filters' values (docs/evidence/returngo.md#paging-and-filters).

use std::fmt;

use api_client_core::{
    HttpResponse,
    decode::{self, DecodeError},
    json_text::readable,
    wire,
};
use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};

use crate::request::{Endpoint, Request};

api_client_core::opaque_text! {
    /// The position of the next page: opaque, and of any length. Store it to resume a list.
    pub struct Cursor;
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wire::name::deserialize(deserializer).map(Self)
    }
}

/// The maximum number of rows of a page.
const PAGE_SIZE: &str = "500";

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    rows: Vec<Result<T, UndecodableRow>>,
    next: Option<Cursor>,
}

/// An invalid row, with the number of its RMA or transaction if that can be told.
pub type UndecodableRow = decode::UndecodableRow<String>;

impl<T> Page<T> {
    /// A page without rows is the last one, whatever its cursor.
    fn new(rows: Vec<Result<T, UndecodableRow>>, next: Option<Cursor>) -> Self {
        let next = next.filter(|_| !rows.is_empty());
        Self { rows, next }
    }

    /// Returns the invalid rows.
    #[cfg(feature = "client")]
    pub(crate) fn undecodable(&self) -> impl Iterator<Item = &UndecodableRow> {
        self.rows.iter().filter_map(|row| row.as_ref().err())
    }

    /// Returns the rows; an invalid one is an error in its place.
    pub fn results(self) -> Vec<Result<T, UndecodableRow>> {
        self.rows
    }

    /// Returns the rows.
    ///
    /// # Errors
    /// When one of them is invalid.
    pub fn rows(self) -> Result<Vec<T>, UndecodableRow> {
        self.rows.into_iter().collect()
    }

    /// Returns the valid rows.
    #[cfg(feature = "client")]
    pub(crate) fn decoded(&self) -> impl Iterator<Item = &T> {
        self.rows.iter().flatten()
    }

    /// Returns the cursor of the next page, if there may be one.
    pub const fn next(&self) -> Option<&Cursor> {
        self.next.as_ref()
    }
}

/// A list that is fetched page by page.
pub trait Listable {
    /// What a row is.
    type Row;

    /// Returns the request for the page at this cursor; for the first page without one.
    fn page(&self, cursor: Option<&Cursor>) -> Request<Page<Self::Row>>;
}

/// The filters of a list. All of them must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    pub(crate) fn add(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    pub(crate) fn add_list<T: fmt::Display>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        let texts: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.add(name, texts.join(","));
    }

    /// Adds a bound of a time. Values have no zone; responses are in UTC.
    pub(crate) fn add_bound(&mut self, name: &'static str, operator: &str, time: Timestamp) {
        let time = Offset::UTC.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S");
        self.add(name, format!("{operator}:{time}"));
    }

    /// Returns the request for the page at this cursor of the list at this endpoint.
    pub(crate) fn page<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        sort_by: Option<&str>,
        cursor: Option<&Cursor>,
    ) -> Request<Page<T>> {
        let request = Request::new(endpoint, &[], read).query("pagesize", PAGE_SIZE);
        let sorted = sort_by.into_iter().map(|order| ("sort_by", order));
        let narrowed = self.0.iter().map(|(name, value)| (*name, value.as_str()));
        let begun = cursor.into_iter().map(|cursor| ("cursor", cursor.as_str()));
        sorted.chain(narrowed).chain(begun).fold(request, |request, (name, value)| request.query(name, value))
    }
}

/// Either of the two lists, with rows that are decoded or still text.
#[derive(Deserialize)]
struct List<R> {
    #[serde(
        alias = "rmas",
        alias = "transactions",
        default = "none",
        bound(deserialize = "R: Deserialize<'de>"),
        deserialize_with = "rows"
    )]
    rows: Option<Vec<R>>,
    #[serde(default, deserialize_with = "wire::empty_is_none::deserialize")]
    next_cursor: Option<Cursor>,
}

const fn none<T>() -> Option<T> {
    None
}

/// Null is an empty list; a missing list is an error.
fn rows<'de, D: Deserializer<'de>, R: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<R>>, D::Error> {
    wire::null_is_default::deserialize(deserializer).map(Some)
}

fn read<T: DeserializeOwned>(answer: &HttpResponse) -> Result<Page<T>, DecodeError> {
    let body = readable(&answer.body);
    match serde_json::from_slice::<List<T>>(&body) {
        Ok(List { rows: Some(rows), next_cursor }) => {
            Ok(Page::new(rows.into_iter().map(Ok).collect(), next_cursor))
        }
        _ => read_row_by_row(&body),
    }
}

/// Keeps the rows as text first, so that an invalid one does not affect the others.
fn read_row_by_row<T: DeserializeOwned>(body: &[u8]) -> Result<Page<T>, DecodeError> {
    let List { rows, next_cursor } = decode::readable_json::<List<Box<RawValue>>>(body)?;
    let rows = rows.ok_or_else(|| DecodeError::new(".", "expected a list of rows"))?;
    let read = rows.iter().zip(1..).map(|(row, number)| {
        decode::readable_json(row.get().as_bytes())
            .map_err(|source| UndecodableRow::new(number, number_of(row), row.get(), source))
    });
    Ok(Page::new(read.collect(), next_cursor))
}

/// Returns the number that an invalid row states: digits under one of the names that either list uses.
fn number_of(row: &RawValue) -> Option<String> {
    let row: Map<String, Value> = serde_json::from_str(row.get()).ok()?;
    let number = match row.get("rmaId").or_else(|| row.get("id"))? {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let is_number =
        (1..=LONGEST_NUMBER).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(number)
}

/// The number of digits of the greatest 64-bit number.
const LONGEST_NUMBER: usize = 20;
