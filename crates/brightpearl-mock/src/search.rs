//! The search engine: typed columns, filters, sorting, pages, meta data and reference maps
//! (docs/evidence/brightpearl-platform.md#search-requests).

use std::cmp::Ordering;

use brightpearl::{IdSet, OffsetDateTime};
use jiff::{Span, Timestamp};
use serde_json::{Map, Value, json};

use crate::{
    Switches,
    gateway::{Answer, Call, Problem, placeholder_codes},
};

/// A search over rows of one kind.
pub(crate) struct Table<R: 'static> {
    pub(crate) columns: &'static [Column<R>],
    /// The default sort column, ascending.
    pub(crate) sort: &'static str,
}

/// A column, or a filter without a column.
pub(crate) struct Column<R> {
    name: &'static str,
    kind: Kind,
    cell: fn(&R) -> Value,
    reference: Option<&'static str>,
    sortable: bool,
    filterable: bool,
    listed: bool,
}

/// The type of a filter (docs/evidence/brightpearl-platform.md#search-filter-types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "the names on the wire")]
pub(crate) enum Kind {
    Integer,
    IdSet,
    /// An exact text.
    Text,
    /// A substring, ignoring case.
    SearchText,
    Boolean,
    Period,
    /// One of several exact texts, separated by commas.
    TextSet,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::IdSet => "IDSET",
            Self::Text => "STRING",
            Self::SearchText => "SEARCH_STRING",
            Self::Boolean => "BOOLEAN",
            Self::Period => "PERIOD",
            Self::TextSet => "STRING_SET",
        }
    }
}

impl<R> Column<R> {
    pub(crate) const fn new(name: &'static str, kind: Kind, cell: fn(&R) -> Value) -> Self {
        Self { name, kind, cell, reference: None, sortable: true, filterable: true, listed: true }
    }

    /// Creates a filter that is neither a column nor a sort key.
    pub(crate) const fn filter_only(name: &'static str, kind: Kind, cell: fn(&R) -> Value) -> Self {
        Self { name, kind, cell, reference: None, sortable: false, filterable: true, listed: false }
    }

    /// Adds the names of this column's ids to this reference map.
    pub(crate) const fn named_by(mut self, map: &'static str) -> Self {
        self.reference = Some(map);
        self
    }

    pub(crate) const fn unsortable(mut self) -> Self {
        self.sortable = false;
        self
    }

    pub(crate) const fn unfilterable(mut self) -> Self {
        self.filterable = false;
        self
    }

    fn description(&self) -> Value {
        json!({
            "name": self.name,
            "sortable": self.sortable,
            "filterable": self.filterable,
            "reportDataType": self.kind.name(),
            "referenceData": self.reference.into_iter().collect::<Vec<_>>(),
            "isFreeTextSearchable": false,
            "required": false,
        })
    }
}

/// Returns the name of an id in a reference map.
pub(crate) type NameOf<'n> = &'n dyn Fn(&str, &Value) -> Option<String>;

/// The names for searches without reference maps.
pub(crate) fn no_names(_map: &str, _id: &Value) -> Option<String> {
    None
}

const PAGE_SIZE: usize = 500;

impl<R> Table<R> {
    /// Answers a search over these rows.
    pub(crate) fn search<'d>(
        &self,
        rows: impl Iterator<Item = &'d R>,
        call: &Call<'_>,
        name_of: NameOf<'_>,
    ) -> Result<Answer, Problem> {
        if call.asks_for_meta_data() {
            return Ok(self.meta_data());
        }
        let query = Query::read(self, call)?;
        let mut found: Vec<(Vec<Key>, &R)> = rows
            .filter(|row| query.filters.iter().all(|filter| filter.admits(row)))
            .map(|row| (query.keys(row), row))
            .collect();
        found.sort_by(|(left, _), (right, _)| query.compare(left, right));

        let available = found.len();
        let first = query.first_result;
        let page: Vec<&R> = if query.count_only {
            Vec::new()
        } else {
            found.into_iter().skip(first - 1).take(query.page_size).map(|(_, row)| row).collect()
        };
        let returned = page.len();
        let mut meta_data = json!({
            "morePagesAvailable": !query.count_only && first - 1 + returned < available && returned > 0,
            "resultsAvailable": available,
            "resultsReturned": returned,
            "columns": query.columns.iter().map(|column| column.description()).collect::<Vec<_>>(),
            "sorting": query.sorting.iter().map(|(column, direction)| {
                json!({ "filterable": column.description(), "direction": direction.name() })
            }).collect::<Vec<_>>(),
        });
        if returned > 0 {
            meta_data["firstResult"] = json!(first);
            meta_data["lastResult"] = json!(first - 1 + returned);
        }
        let results: Vec<Vec<Value>> =
            page.iter().map(|row| query.columns.iter().map(|column| (column.cell)(row)).collect()).collect();
        Ok(Answer::whole(json!({
            "response": { "results": results, "metaData": meta_data },
            "reference": query.references(&page, name_of),
        })))
    }

    /// `…-search/meta-data`: the columns and the additional filters. The body is an assumption.
    fn meta_data(&self) -> Answer {
        let described: Vec<Value> = self.columns.iter().map(Column::description).collect();
        Answer::of(json!({ "columns": described }))
    }

    fn column(&self, name: &str) -> Option<&Column<R>> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn listed(&self, name: &str) -> Result<&Column<R>, Problem> {
        self.column(name).filter(|column| column.listed).ok_or_else(|| no_such(name))
    }
}

fn no_such(name: &str) -> Problem {
    Problem::client(placeholder_codes::SEARCH_PARAMETER, format!("There is no column or filter {name}"))
}

#[derive(Clone, Copy)]
enum Direction {
    Ascending,
    Descending,
}

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }
}

/// A search request.
struct Query<'t, R> {
    filters: Vec<Filter<'t, R>>,
    columns: Vec<&'t Column<R>>,
    sorting: Vec<(&'t Column<R>, Direction)>,
    page_size: usize,
    first_result: usize,
    count_only: bool,
}

impl<'t, R> Query<'t, R> {
    fn read(table: &'t Table<R>, call: &Call<'_>) -> Result<Self, Problem> {
        let mut query = Self {
            filters: Vec::new(),
            columns: table.columns.iter().filter(|column| column.listed).collect(),
            sorting: vec![(table.listed(table.sort)?, Direction::Ascending)],
            page_size: PAGE_SIZE,
            first_result: 1,
            count_only: false,
        };
        for (index, (name, value)) in call.request.query.iter().enumerate() {
            if call.request.query.iter().take(index).any(|(earlier, _)| earlier == name) {
                let message = format!("The parameter {name} may be given once only");
                return Err(Problem::client(placeholder_codes::SEARCH_PARAMETER, message));
            }
            match name.as_str() {
                "columns" => {
                    query.columns = listed(value).map(|name| table.listed(name)).collect::<Result<_, _>>()?
                }
                "sort" => {
                    query.sorting = listed(value).map(|key| sort_key(table, key)).collect::<Result<_, _>>()?
                }
                "pageSize" => query.page_size = number(name, value)?.clamp(1, PAGE_SIZE),
                "firstResult" => query.first_result = number(name, value)?.max(1),
                "countOnly" => query.count_only = value == "true",
                _ => {
                    let column = table.column(name).filter(|column| column.filterable);
                    let column = column.ok_or_else(|| no_such(name))?;
                    query.filters.push(Filter::read(column, value, call.switches)?);
                }
            }
        }
        Ok(query)
    }

    /// Returns the sort keys of a row, so that its cells are read once.
    fn keys(&self, row: &R) -> Vec<Key> {
        self.sorting.iter().map(|(column, _)| Key::of(column.kind, &(column.cell)(row))).collect()
    }

    fn compare(&self, left: &[Key], right: &[Key]) -> Ordering {
        self.sorting
            .iter()
            .zip(left.iter().zip(right))
            .map(|((_, direction), (left, right))| match direction {
                Direction::Ascending => left.cmp(right),
                Direction::Descending => right.cmp(left),
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// Returns the names of the ids on a page, by reference map.
    fn references(&self, page: &[&R], name_of: NameOf<'_>) -> Value {
        let mut maps = Map::new();
        for column in &self.columns {
            let Some(map) = column.reference else { continue };
            for row in page {
                let id = (column.cell)(row);
                if let Some(name) = name_of(map, &id) {
                    let names = maps.entry(map).or_insert_with(|| json!({}));
                    names[id.to_string()] = json!(name);
                }
            }
        }
        Value::Object(maps)
    }
}

fn listed(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').filter(|name| !name.is_empty())
}

/// Parses a sort key: `column.DESC`, or `column|DESC` of older clients.
fn sort_key<'t, R>(table: &'t Table<R>, key: &str) -> Result<(&'t Column<R>, Direction), Problem> {
    let (name, direction) = key.split_once(['.', '|']).unwrap_or((key, "ASC"));
    let column = table.listed(name)?;
    let direction = match direction {
        "ASC" => Direction::Ascending,
        "DESC" => Direction::Descending,
        other => return Err(no_such(other)),
    };
    if column.sortable { Ok((column, direction)) } else { Err(no_such(key)) }
}

fn number(name: &str, value: &str) -> Result<usize, Problem> {
    value.parse().map_err(|_| unparsable(name, value, Kind::Integer))
}

/// An invalid filter value. Brightpearl answers 500 although it is the caller's error
/// (docs/evidence/brightpearl-platform.md#status-codes).
fn unparsable(name: &str, value: &str, kind: Kind) -> Problem {
    Problem::new(500, "CMNC-018", format!("The filter {name}={value} cannot be parsed as: {}", kind.name()))
}

/// A sort key. All keys of one column have the same variant.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Time(Option<Timestamp>),
    Number(Option<i64>),
    Flag(Option<bool>),
    Text(Option<String>),
}

impl Key {
    fn of(kind: Kind, cell: &Value) -> Self {
        match kind {
            Kind::Period => Self::Time(time(cell)),
            Kind::Integer | Kind::IdSet => Self::Number(cell.as_i64()),
            Kind::Boolean => Self::Flag(cell.as_bool()),
            Kind::Text | Kind::SearchText | Kind::TextSet => Self::Text(cell.as_str().map(str::to_owned)),
        }
    }
}

fn time(cell: &Value) -> Option<Timestamp> {
    cell.as_str()?.parse::<OffsetDateTime>().ok().map(OffsetDateTime::timestamp)
}

struct Filter<'t, R> {
    column: &'t Column<R>,
    wanted: Criterion,
}

enum Criterion {
    Number(i64),
    Ids(IdSet<u64>),
    Text(String),
    Containing(String),
    Flag(bool),
    Between(Period),
    OneOf(Vec<String>),
}

impl<'t, R> Filter<'t, R> {
    fn read(column: &'t Column<R>, value: &str, switches: Switches) -> Result<Self, Problem> {
        let wanted = match column.kind {
            Kind::Integer => value.parse().ok().map(Criterion::Number),
            Kind::IdSet => value.parse().ok().map(Criterion::Ids),
            Kind::Text => Some(Criterion::Text(value.to_owned())),
            Kind::SearchText => Some(Criterion::Containing(value.to_lowercase())),
            Kind::Boolean => value.parse().ok().map(Criterion::Flag),
            Kind::Period => Period::read(value, switches).map(Criterion::Between),
            Kind::TextSet => Some(Criterion::OneOf(value.split(',').map(str::to_owned).collect())),
        };
        let wanted = wanted.ok_or_else(|| unparsable(column.name, value, column.kind))?;
        Ok(Self { column, wanted })
    }

    fn admits(&self, row: &R) -> bool {
        let cell = (self.column.cell)(row);
        match &self.wanted {
            Criterion::Number(number) => cell.as_i64() == Some(*number),
            Criterion::Ids(ids) => match cell.as_array() {
                Some(several) => several.iter().filter_map(Value::as_u64).any(|id| ids.contains(id)),
                None => cell.as_u64().is_some_and(|id| ids.contains(id)),
            },
            Criterion::Text(text) => cell.as_str() == Some(text),
            Criterion::Containing(part) => {
                cell.as_str().is_some_and(|text| text.to_lowercase().contains(part))
            }
            Criterion::Flag(flag) => cell.as_bool() == Some(*flag),
            Criterion::Between(period) => time(&cell).is_some_and(|time| period.contains(time)),
            Criterion::OneOf(texts) => {
                cell.as_str().is_some_and(|text| texts.iter().any(|wanted| wanted == text))
            }
        }
    }
}

/// A period: `from/until` with either side open, one day, or one second. That its end is exclusive is an assumption.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Period {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    includes_its_end: bool,
}

impl Period {
    pub(crate) fn read(value: &str, switches: Switches) -> Option<Self> {
        let read = |text: &str| text.parse::<OffsetDateTime>().ok().map(OffsetDateTime::timestamp);
        match value.split_once('/') {
            Some((from, until)) => {
                let side = |text: &str| if text.is_empty() { Some(None) } else { read(text).map(Some) };
                let includes_its_end = switches.periods_include_their_end;
                Some(Self { from: side(from)?, until: side(until)?, includes_its_end })
            }
            None => {
                let from = read(value)?;
                let length = if value.contains('T') { Span::new().seconds(1) } else { Span::new().hours(24) };
                Some(Self { from: Some(from), until: from.checked_add(length).ok(), includes_its_end: false })
            }
        }
    }

    fn contains(self, time: Timestamp) -> bool {
        let before = |until: Timestamp| time < until || (self.includes_its_end && time == until);
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(before)
    }
}
