use std::{collections::BTreeMap, fmt, marker::PhantomData};

use api_client_core::{
    HttpResponse,
    decode::{DecodeError, json},
};
use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
    },
};
use serde_json::value::RawValue;

/// One page of a search.
#[derive(Debug, Clone)]
pub struct Page<T> {
    rows: Vec<Result<T, UndecodableRow>>,
    /// What Brightpearl says about the page.
    pub meta_data: MetaData,
    /// The reference maps by name: names for ids that occur on the page.
    pub reference: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// A row that does not have the expected shape. The other rows of its page are there all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {number} of the search does not read: {source}")]
pub struct UndecodableRow {
    /// The row's number on the page, counted from 1.
    pub number: usize,
    /// Where and why.
    pub source: DecodeError,
}

/// What a search says about its page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// Whether there is another page. Absent in old answers.
    #[serde(default)]
    pub more_pages_available: Option<bool>,
    /// The columns, in the order of the cells.
    #[serde(default)]
    pub columns: Vec<Column>,
}

impl MetaData {
    /// Where the next page starts, if there is one.
    pub fn next_first_result(&self) -> Option<u64> {
        let last = self.last_result?;
        let more = self.more_pages_available.unwrap_or(last < self.results_available);
        // A page without rows ends the search, whatever it claims.
        (more && self.results_returned > 0).then_some(last + 1)
    }
}

/// A column of a search.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
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
}

impl<T> Page<T> {
    /// The rows, those that do not read as errors.
    pub fn results(self) -> Vec<Result<T, UndecodableRow>> {
        self.rows
    }

    /// The rows.
    ///
    /// # Errors
    /// When one of them does not read.
    pub fn rows(self) -> Result<Vec<T>, UndecodableRow> {
        self.rows.into_iter().collect()
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    response: Results<'a>,
    #[serde(default)]
    reference: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Results<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    meta_data: MetaData,
}

/// The columns come after the rows, so rows are kept as text until the columns are known.
pub(crate) fn read<T: DeserializeOwned>(answer: &HttpResponse) -> Result<Page<T>, DecodeError> {
    let Envelope { response: Results { results, meta_data }, reference } = json(&answer.body)?;
    let columns: Vec<&str> = meta_data.columns.iter().map(|column| column.name.as_str()).collect();
    let rows = results
        .iter()
        .enumerate()
        .map(|(index, row)| {
            read_row(row, &columns).map_err(|source| UndecodableRow { number: index + 1, source })
        })
        .collect();
    Ok(Page { rows, meta_data, reference })
}

fn read_row<T: DeserializeOwned>(row: &RawValue, columns: &[&str]) -> Result<T, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(row.get());
    RowSeed { columns, row: PhantomData }
        .deserialize(&mut deserializer)
        .map_err(|error| DecodeError::new("row", error.to_string()))
}

/// Reads `[1, "x"]` with columns `["id", "name"]` as if it were `{"id": 1, "name": "x"}`.
struct RowSeed<'c, T> {
    columns: &'c [&'c str],
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
        T::deserialize(MapAccessDeserializer::new(NamedCells { columns: self.columns.iter(), cells }))
    }
}

struct NamedCells<'c, A> {
    columns: std::slice::Iter<'c, &'c str>,
    cells: A,
}

impl<'de, A: SeqAccess<'de>> MapAccess<'de> for NamedCells<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.columns.next() {
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
        assert!(
            results[0].as_ref().unwrap_err().to_string().starts_with("row 1 of the search does not read")
        );
        assert_eq!(results[1].as_ref().unwrap().order_id, 50214);
        assert!(results[2].is_err() && results[3].is_err());
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
