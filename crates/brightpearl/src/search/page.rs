use std::{cell::Cell, collections::BTreeMap, fmt, marker::PhantomData};

use api_client_core::{
    HttpResponse,
    decode::{self, DecodeError, readable_json},
    json_text::readable,
    open_enum,
};
use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
    },
};
use serde_json::value::RawValue;

use super::MAX_PAGE_SIZE;

/// One page of a search.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page<T> {
    pub(crate) rows: Vec<Result<T, UndecodableRow>>,
    /// The page's metadata.
    pub meta_data: MetaData,
    /// Names for ids that occur on the page.
    pub reference: Reference,
}

/// The reference maps of a page, each by its name, such as `orderStatusNames`; which ones there are says each
/// column's [`Column::reference_data`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Reference(BTreeMap<String, BTreeMap<String, serde_json::Value>>);

impl Reference {
    /// Returns the name of this id in a map.
    pub fn name(&self, map: &str, id: impl fmt::Display) -> Option<&str> {
        self.value(map, id)?.as_str()
    }

    /// Returns the entry of this id in a map, for entries that are more than a name:
    /// `productCategoryMembership` lists ids. None without an entry of this form.
    pub fn read<T: DeserializeOwned>(&self, map: &str, id: impl fmt::Display) -> Option<T> {
        T::deserialize(self.value(map, id)?).ok()
    }

    fn value(&self, map: &str, id: impl fmt::Display) -> Option<&serde_json::Value> {
        self.0.get(map)?.get(&id.to_string())
    }
}

/// An invalid row of a search or entry of a list, with its id if that can be told: searches begin their rows
/// with it.
pub type UndecodableRow = decode::UndecodableRow<u64>;

/// The metadata of a page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MetaData {
    /// Rows that match in all.
    #[serde(default)]
    pub results_available: u64,
    /// Rows on this page.
    #[serde(default)]
    pub results_returned: u64,
    /// The first row's number, counted from 1; none when there are no rows.
    #[serde(default)]
    pub first_result: Option<u64>,
    /// The last row's number; none when there are no rows.
    #[serde(default)]
    pub last_result: Option<u64>,
    /// Whether there is another page. Absent in old responses.
    #[serde(default)]
    pub more_pages_available: Option<bool>,
    /// The columns, in the order of the cells.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// The sort keys of the rows, the first key first.
    #[serde(default)]
    pub sorting: Vec<Sorting>,
}

impl MetaData {
    /// Returns the first row of the next page, if there is one.
    pub fn next_first_result(&self) -> Option<u64> {
        let last = self.last_result?;
        let more = self.more_pages_available.unwrap_or(last < self.results_available);
        // A page without rows ends the search, whatever it claims.
        (more && self.results_returned > 0).then_some(last + 1)
    }

    /// Whether the rows are sorted by this column, the lowest first, according to Brightpearl.
    #[cfg(feature = "client")]
    pub(crate) fn is_sorted_by(&self, column: &str) -> bool {
        self.sorting
            .first()
            .is_some_and(|key| key.column.name == column && key.direction == Direction::Ascending)
    }

    /// Returns the capacity for the rows: a growing list needs half as much memory again.
    fn capacity(&self) -> usize {
        self.results_returned.min(MAX_PAGE_SIZE.into()) as usize
    }

    fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }
}

/// A column of a search.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, such as `IDSET`.
    #[serde(default)]
    pub report_data_type: Option<String>,
    /// Whether it can be filtered by.
    #[serde(default)]
    pub filterable: bool,
    /// Whether it can be sorted by.
    #[serde(default)]
    pub sortable: bool,
    /// Whether free texts are looked for in it.
    #[serde(default)]
    pub is_free_text_searchable: bool,
    /// Whether the search rejects to go without a filter on it.
    #[serde(default)]
    pub required: bool,
    /// The reference maps that name what is in it.
    #[serde(default)]
    pub reference_data: Vec<String>,
}

/// A key that a search is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Sorting {
    /// The column; its name on the wire is `filterable`.
    #[serde(rename = "filterable")]
    pub column: Column,
    /// Which way.
    pub direction: Direction,
}

open_enum! {
    /// Which way a search is sorted.
    pub enum Direction {
        /// The lowest first.
        Ascending = "ASC",
        /// The highest first.
        Descending = "DESC",
    }
}

impl<T> Page<T> {
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
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    response: Results<'a>,
    #[serde(default)]
    reference: Reference,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Results<'a> {
    #[serde(borrow, default)]
    results: Vec<&'a RawValue>,
    meta_data: MetaData,
}

pub(crate) fn read<T: DeserializeOwned>(answer: &HttpResponse) -> Result<Page<T>, DecodeError> {
    let body = readable(&answer.body);
    match read_at_once(&body) {
        Some(page) => Ok(page),
        None => read_row_by_row(&body),
    }
}

/// Reads the columns first, although they come last, and then the rows straight from the response. Returns
/// nothing when the response does not have Brightpearl's usual layout, or a row is invalid.
fn read_at_once<T: DeserializeOwned>(body: &[u8]) -> Option<Page<T>> {
    let (rows, rest) = std::str::from_utf8(body).ok()?.rsplit_once(r#","metaData":"#)?;
    let rows = rows.strip_prefix(r#"{"response":{"results":"#)?;
    let rest = format!(r#"{{"response":{{"metaData":{rest}"#);
    let Envelope { response: Results { meta_data, .. }, reference } = readable_json(rest.as_bytes()).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(rows);
    let rows =
        RowsSeed { columns: &meta_data.column_names(), capacity: meta_data.capacity(), row: PhantomData }
            .deserialize(&mut deserializer)
            .ok()?;
    deserializer.end().ok()?;
    Some(Page { rows, meta_data, reference })
}

/// Keeps the rows as text until the columns are known, so that an invalid one does not affect the others.
fn read_row_by_row<T: DeserializeOwned>(body: &[u8]) -> Result<Page<T>, DecodeError> {
    let Envelope { response: Results { results, meta_data }, reference } = readable_json(body)?;
    let columns = meta_data.column_names();
    let rows = results
        .iter()
        .enumerate()
        .map(|(index, row)| {
            read_row(row, &columns)
                .map_err(|source| UndecodableRow::new(index + 1, first_id(row), row.get(), source))
        })
        .collect();
    Ok(Page { rows, meta_data, reference })
}

fn first_id(row: &RawValue) -> Option<u64> {
    let cells: Vec<serde_json::Value> = serde_json::from_str(row.get()).ok()?;
    cells.first()?.as_u64()
}

fn read_row<T: DeserializeOwned>(row: &RawValue, columns: &[&str]) -> Result<T, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(row.get());
    let column = Cell::new(None);
    RowSeed { columns, column: &column, row: PhantomData }
        .deserialize(&mut deserializer)
        .map_err(|error| DecodeError::new(column.get().unwrap_or("row"), error.to_string()))
}

/// Reads every row.
struct RowsSeed<'c, T> {
    columns: &'c [&'c str],
    capacity: usize,
    row: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for RowsSeed<'_, T> {
    type Value = Vec<Result<T, UndecodableRow>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for RowsSeed<'_, T> {
    type Value = Vec<Result<T, UndecodableRow>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::with_capacity(self.capacity);
        let column = Cell::new(None);
        let seed = || RowSeed { columns: self.columns, column: &column, row: PhantomData };
        while let Some(row) = rows.next_element_seed(seed())? {
            read.push(Ok(row));
        }
        Ok(read)
    }
}

/// Reads `[1, "x"]` with columns `["id", "name"]` as if it were `{"id": 1, "name": "x"}`.
struct RowSeed<'c, T> {
    columns: &'c [&'c str],
    /// The column that is read: the one that is wrong, if one is.
    column: &'c Cell<Option<&'c str>>,
    row: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for RowSeed<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for RowSeed<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {} cells", self.columns.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, cells: A) -> Result<T, A::Error> {
        let Self { columns, column, .. } = self;
        T::deserialize(MapAccessDeserializer::new(NamedCells { columns: columns.iter(), column, cells }))
    }
}

struct NamedCells<'c, A> {
    columns: std::slice::Iter<'c, &'c str>,
    column: &'c Cell<Option<&'c str>>,
    cells: A,
}

impl<'de, A: SeqAccess<'de>> MapAccess<'de> for NamedCells<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let column = self.columns.next();
        self.column.set(column.copied());
        match column {
            Some(name) => seed.deserialize(de::value::StrDeserializer::new(name)).map(Some),
            None => match self.cells.next_element::<de::IgnoredAny>()? {
                None => Ok(None),
                Some(_) => Err(de::Error::custom("more cells than columns")),
            },
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.cells.next_element_seed(seed)?.ok_or_else(|| de::Error::custom("fewer cells than columns"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        order_id: u64,
        #[serde(default)]
        customer_ref: Option<String>,
    }

    fn page(results: &str) -> Page<Row> {
        let body = format!(
            r#"{{"response":{{"results":{results},"metaData":{{"morePagesAvailable":false,"resultsAvailable":2,
            "resultsReturned":2,"firstResult":1,"lastResult":2,"columns":[{{"name":"customerRef"}},{{"name":"newColumn"}},{{"name":"orderId"}}]}}}},
            "reference":{{"orderTypeNames":{{"1":"SALES_ORDER"}}}}}}"#
        );
        read(&HttpResponse { status: 200, headers: Default::default(), body: body.into_bytes() }).unwrap()
    }

    #[test]
    fn rows_read_by_column_name_whatever_the_order() {
        let rows = page(r##"[["#1", 7, 50211], [null, null, 50214]]"##).rows().unwrap();
        assert_eq!(
            rows,
            [
                Row { order_id: 50211, customer_ref: Some("#1".into()) },
                Row { order_id: 50214, customer_ref: None }
            ]
        );
    }

    #[test]
    fn one_bad_row_leaves_the_others() {
        let results = page(r#"[[null, 7, "x"], [null, 7, 50214], [null], [null, 7, 1, 2]]"#).results();
        assert!(results[0].as_ref().unwrap_err().to_string().starts_with("row 1 cannot be read"));
        assert_eq!(results[1].as_ref().unwrap().order_id, 50214);
        assert!(results[2].is_err() && results[3].is_err());
    }

    #[test]
    fn a_page_reads_alike_however_it_is_written() {
        let columns = r#""metaData":{"resultsAvailable":2,"resultsReturned":2,"columns":[{"name":"orderId"},{"name":"customerRef"}]}"#;
        let rows = r#""results":[[50211,"\",\"metaData\":{ä"],[50214,null]]"#;
        let reference = r#""reference":{"names":{"1":"x"}}"#;
        let written = [
            format!(r#"{{"response":{{{rows},{columns}}},{reference}}}"#),
            format!(r#"{{"response":{{{columns},{rows}}},{reference}}}"#),
            format!(r#"{{ {reference}, "response": {{{rows}, {columns}}} }}"#),
        ];
        let read_all = written.each_ref().map(|body| {
            let page: Page<Row> = read(&HttpResponse {
                status: 200,
                headers: Default::default(),
                body: body.clone().into_bytes(),
            })
            .unwrap();
            assert_eq!(page.reference.name("names", 1), Some("x"));
            page.rows().unwrap()
        });
        assert!(read_at_once::<Row>(written[0].as_bytes()).is_some());
        assert!(read_at_once::<Row>(written[1].as_bytes()).is_none());
        assert_eq!(read_all[0][0].customer_ref.as_deref(), Some("\",\"metaData\":{ä"));
        assert!(read_all.iter().all(|rows| *rows == read_all[0]));
    }

    #[test]
    fn an_empty_page_ends_the_search_whatever_it_claims() {
        let meta = |json: &str| serde_json::from_str::<MetaData>(json).unwrap().next_first_result();
        assert_eq!(meta(r#"{"resultsAvailable":0,"resultsReturned":0,"morePagesAvailable":true}"#), None);
        assert_eq!(
            meta(r#"{"resultsAvailable":9,"resultsReturned":4,"firstResult":1,"lastResult":4}"#),
            Some(5)
        );
        assert_eq!(
            meta(r#"{"resultsAvailable":9,"resultsReturned":4,"lastResult":4,"morePagesAvailable":false}"#),
            None
        );
    }
}
