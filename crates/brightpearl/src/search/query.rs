use std::{
    borrow::Cow,
    fmt::{self, Display},
};

use api_client_core::{Endpoint, OffsetDateTime};
use serde::de::DeserializeOwned;

use super::{
    MAX_PAGE_SIZE,
    page::{self, Page},
};
use crate::request::Request;

/// The parameters of every search: filters, columns, sort, page.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SearchQuery {
    filters: Vec<(Cow<'static, str>, String)>,
    columns: Vec<String>,
    sort: Vec<String>,
    page_size: Option<u32>,
    first_result: Option<u64>,
}

/// Values are not printed: they may be a shopper's e-mail address.
impl fmt::Debug for SearchQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SearchQuery by ")?;
        f.debug_set().entries(self.filters.iter().map(|(name, _)| name)).finish()
    }
}

/// Joins several texts for a filter that accepts any of them
/// (docs/evidence/brightpearl-platform.md#search-filter-types; the comma is inferred).
pub(crate) fn string_set<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> String {
    texts.into_iter().map(|text| text.as_ref().to_owned()).collect::<Vec<_>>().join(",")
}

impl SearchQuery {
    /// Filters a column by a value. All filters must hold; a second value of a column replaces the first.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Display) {
        let name = name.into();
        self.filters.retain(|(existing, _)| *existing != name);
        self.filters.push((name, value.to_string()));
    }

    /// Selects the columns, each once; all by default.
    pub fn columns(&mut self, columns: impl IntoIterator<Item = impl Into<String>>) {
        self.columns.clear();
        for column in columns.into_iter().map(Into::into) {
            if !self.columns.contains(&column) {
                self.columns.push(column);
            }
        }
    }

    /// Sorts by `column.ASC` or `column.DESC`; another call adds the next sort key.
    pub fn sort(&mut self, key: impl Into<String>) {
        self.sort.push(key.into());
    }

    /// Sets the number of rows of a page, at most 500.
    pub fn page_size(&mut self, rows: u32) {
        self.page_size = Some(rows.clamp(1, MAX_PAGE_SIZE));
    }

    /// Returns the number of the first row, counted from 1.
    pub fn first_result(&mut self, number: u64) {
        self.first_result = Some(number);
    }

    pub(crate) fn request<T: DeserializeOwned>(&self, endpoint: Endpoint) -> Request<Page<T>> {
        let mut request = Request::new(endpoint, &[], page::read);
        for (name, value) in &self.filters {
            request = request.query(name.clone(), value.clone());
        }
        for (name, list) in [("columns", &self.columns), ("sort", &self.sort)] {
            if !list.is_empty() {
                request = request.query(name, list.join(","));
            }
        }
        if let Some(rows) = self.page_size {
            request = request.query("pageSize", rows.to_string());
        }
        if let Some(number) = self.first_result {
            request = request.query("firstResult", number.to_string());
        }
        request
    }
}

/// A period for a filter; either end may be open. Whether the ends are included is not documented
/// (docs/evidence/brightpearl-platform.md#periods-in-filters), so let periods overlap and drop duplicates.
///
/// ```
/// use brightpearl::search::Period;
///
/// let begin: jiff::Timestamp = "2026-05-01T00:00:00Z".parse()?;
/// assert_eq!(Period::from(begin).to_string(), "2026-05-01T00:00:00.000Z/");
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: Option<OffsetDateTime>,
    until: Option<OffsetDateTime>,
}

impl Period {
    /// From this time on.
    pub fn from(time: impl Into<OffsetDateTime>) -> Self {
        Self { from: Some(time.into()), until: None }
    }

    /// Up to this time.
    pub fn until(time: impl Into<OffsetDateTime>) -> Self {
        Self { from: None, until: Some(time.into()) }
    }

    /// From one time to another.
    pub fn between(from: impl Into<OffsetDateTime>, until: impl Into<OffsetDateTime>) -> Self {
        Self { from: Some(from.into()), until: Some(until.into()) }
    }
}

/// In UTC with `Z`: a literal `+` of an offset would have to be encoded.
impl Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = |time: Option<OffsetDateTime>| {
            time.map(|time| OffsetDateTime::utc(time.timestamp()).to_string().replace("+00:00", "Z"))
                .unwrap_or_default()
        };
        write!(f, "{}/{}", utc(self.from), utc(self.until))
    }
}

/// Defines a search: one method for each filter, typed by its value, and the names of the columns.
///
/// `key` is the unique column, with the row's field and type of id: it lets a search resume where it stopped.
/// `always` are the columns without which a row is invalid.
macro_rules! searchable {
    (
        $(#[$meta:meta])*
        pub struct $name:ident for $row:ty, at $endpoint:ident {
            $( $(#[$filter_meta:meta])* $filter:ident ( $type:ty ) = $wire:literal ),* $(,)?
        }
        $(#[$column_meta:meta])*
        pub enum $column:ident {
            $( $variant:ident = $column_wire:literal ),+ $(,)?
        }
        $( key $key:literal in $field:ident: $id:ty; )?
        $( always $( $always:literal ),+; )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        #[must_use = "a search does nothing until it is sent"]
        pub struct $name(SearchQuery);

        impl $name {
            /// Creates a search without filters.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$filter_meta])*
                pub fn $filter(self, value: &$type) -> Self {
                    self.filter($wire, value)
                }
            )*

            /// Filters by a column without a method.
            pub fn filter(mut self, name: impl Into<::std::borrow::Cow<'static, str>>, value: impl ::std::fmt::Display) -> Self {
                self.0.set(name, value);
                self
            }

            /// Selects the columns; all by default. The fields of the others stay empty. Columns that identify
            /// a row or that it requires are always included.
            pub fn columns(mut self, columns: impl IntoIterator<Item = $column>) -> Self {
                let always: &[&str] = &[$( $key, )? $( $( $always ),+ )?];
                let chosen = columns.into_iter().map(|column| column.as_str().to_owned());
                self.0.columns(always.iter().copied().map(str::to_owned).chain(chosen));
                self
            }

            /// Sorts by `column.ASC` or `column.DESC`, which the columns' `ascending` and `descending` write;
            /// another call adds the next sort key.
            pub fn sort(mut self, key: impl Into<String>) -> Self {
                self.0.sort(key);
                self
            }

            /// Sets the number of rows of a page, at most 500.
            pub fn page_size(mut self, rows: u32) -> Self {
                self.0.page_size(rows);
                self
            }

            /// Sets the number of the first row, counted from 1.
            pub fn first_result(mut self, number: u64) -> Self {
                self.0.first_result(number);
                self
            }

            /// Requests the request for one page.
            #[inline]
            pub fn request(&self) -> Request<Page<$row>> {
                self.0.request($endpoint)
            }
        }

        #[cfg(feature = "client")]
        impl $crate::client::Searchable for $name {
            type Row = $row;

            fn page_from(&self, first_result: u64) -> Request<Page<$row>> {
                self.clone().first_result(first_result).request()
            }

            $(
                const KEY: Option<&'static str> = Some($key);

                fn key(row: &$row) -> Option<u64> {
                    Option::<$id>::from(row.$field).map(u64::from)
                }
            )?
        }

        ::api_client_core::open_enum! {
            $(#[$column_meta])*
            pub enum $column {
                $( #[doc = concat!("`", $column_wire, "`.")] $variant = $column_wire ),+
            }
        }

        impl $column {
            /// Returns the sort key for this column, the lowest first.
            pub fn ascending(&self) -> String {
                format!("{self}.ASC")
            }

            /// Returns the sort key for this column, the highest first.
            pub fn descending(&self) -> String {
                format!("{self}.DESC")
            }
        }
    };
}
pub(crate) use searchable;
