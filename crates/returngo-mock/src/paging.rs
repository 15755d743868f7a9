//! Pages, cursors and filters of the two lists (docs/evidence/returngo.md#paging-and-filters).

use api_mock_core::Request;
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use returngo::OffsetDateTime;

use crate::Rejection;

/// Rejects unknown query parameters, because a filter that is silently ignored hides a mistake.
pub(crate) fn check_parameters(request: &Request, known: &[&str]) -> Result<(), Rejection> {
    match request.query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(Rejection::bad_request(format!("unknown query parameter {name}"))),
        None => Ok(()),
    }
}

/// Returns the requested page and the cursor of the next one.
///
/// A full page always has a cursor. The next page may be empty.
pub(crate) fn page<T>(
    request: &Request,
    rows: Vec<T>,
    position: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Option<String>), Rejection> {
    let size = page_size(request)?;
    let start = match request.query("cursor") {
        None => 0,
        Some(cursor) => {
            let last_seen = decode(cursor)?;
            let index = rows.iter().position(|row| position(row) == last_seen);
            index.ok_or_else(|| Rejection::bad_request("invalid cursor"))? + 1
        }
    };
    let page: Vec<T> = rows.into_iter().skip(start).take(size).collect();
    let next = page.last().filter(|_| page.len() == size).map(|row| BASE64_STANDARD.encode(position(row)));
    Ok((page, next))
}

fn page_size(request: &Request) -> Result<usize, Rejection> {
    let size = request.query("pagesize").and_then(|size| size.parse().ok());
    size.filter(|size| (1..=500).contains(size))
        .ok_or_else(|| Rejection::bad_request("pagesize is required: 1 to 500"))
}

fn decode(cursor: &str) -> Result<String, Rejection> {
    let bytes = BASE64_STANDARD.decode(cursor).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Rejection::bad_request("invalid cursor"))
}

/// A filter by a comma-separated list of values. Without the parameter it accepts all rows.
#[derive(Debug)]
pub(crate) struct OneOf<'r>(Option<Vec<&'r str>>);

impl<'r> OneOf<'r> {
    pub(crate) fn read(request: &'r Request, name: &str) -> Self {
        Self(request.query(name).map(|list| list.split(',').map(str::trim).collect()))
    }

    pub(crate) fn allows(&self, value: &str) -> bool {
        self.allows_any([value])
    }

    pub(crate) fn allows_any<'v>(&self, values: impl IntoIterator<Item = &'v str>) -> bool {
        self.0.as_ref().is_none_or(|list| values.into_iter().any(|value| list.contains(&value)))
    }
}

/// A filter by time bounds, each as `op:value`. All of them must hold.
#[derive(Debug)]
pub(crate) struct Between(Vec<(Operator, Timestamp)>);

#[derive(Debug, Clone, Copy)]
enum Operator {
    Lt,
    Lte,
    Gt,
    Gte,
    Eq,
    Neq,
}

impl Between {
    pub(crate) fn read(request: &Request, name: &str) -> Result<Self, Rejection> {
        let values = request.query.iter().filter(|(parameter, _)| parameter == name);
        let bounds = values.map(|(_, value)| {
            bound(value).ok_or_else(|| {
                Rejection::bad_request(format!("{name}: expected a form such as gte:2031-03-02T08:14:10"))
            })
        });
        bounds.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the time is within all bounds. A row without a time matches no bound.
    pub(crate) fn holds(&self, time: Option<OffsetDateTime>) -> bool {
        self.0.iter().all(|&(operator, bound)| {
            time.is_some_and(|time| {
                let time = time.timestamp();
                match operator {
                    Operator::Lt => time < bound,
                    Operator::Lte => time <= bound,
                    Operator::Gt => time > bound,
                    Operator::Gte => time >= bound,
                    Operator::Eq => time == bound,
                    Operator::Neq => time != bound,
                }
            })
        })
    }
}

/// Decodes a bound. A value without a zone is in UTC (unconfirmed).
fn bound(value: &str) -> Option<(Operator, Timestamp)> {
    let (operator, time) = value.split_once(':')?;
    let operator = match operator {
        "lt" => Operator::Lt,
        "lte" => Operator::Lte,
        "gt" => Operator::Gt,
        "gte" => Operator::Gte,
        "eq" => Operator::Eq,
        "neq" => Operator::Neq,
        _ => return None,
    };
    Some((operator, time.parse::<OffsetDateTime>().ok()?.timestamp()))
}
