use std::{borrow::Cow, str::FromStr, time::Duration};

use api_mock_core::{Faults, Request};
use brightpearl::{IdSet, MAX_IDS_PER_GET, NumericId, OffsetDateTime};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Answer, Problem, id_set};
use crate::Switches;

/// An authenticated request with its path parameters.
pub(crate) struct Call<'r> {
    pub(crate) request: &'r Request,
    pub(crate) parameters: Vec<Cow<'r, str>>,
    pub(crate) now: Timestamp,
    pub(crate) switches: Switches,
    /// The pending faults, from which a batch takes those for its parts.
    pub(crate) faults: &'r Faults,
}

impl Call<'_> {
    /// Returns the path parameter at this position. Empty if the path is shorter.
    fn parameter(&self, place: usize) -> &str {
        self.parameters.get(place).map_or("", AsRef::as_ref)
    }

    /// Returns a path parameter that is not an id.
    pub(crate) fn text(&self, place: usize) -> &str {
        self.parameter(place)
    }

    /// Returns the id in the path. An invalid id is a 404.
    pub(crate) fn id<I: FromStr>(&self, place: usize) -> Result<I, Problem> {
        self.parameter(place).parse().map_err(|_| self.nothing_there())
    }

    /// Returns the id set in the path, if the path has one.
    pub(crate) fn ids<Id: NumericId>(&self, place: usize) -> Result<Option<IdSet<Id>>, Problem> {
        match self.parameter(place) {
            "" => Ok(None),
            text => id_set::parse(text).map(Some),
        }
    }

    /// Returns the id set in the path, if the path has one, in any order and of any length.
    pub(crate) fn unordered_ids<Id: NumericId>(&self, place: usize) -> Result<Option<IdSet<Id>>, Problem> {
        match self.parameter(place) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| id_set::invalid(text)),
        }
    }

    /// Returns the id set in the path. None for `*`, which stands for any parent.
    pub(crate) fn ids_or_any<Id: NumericId>(&self, place: usize) -> Result<Option<IdSet<Id>>, Problem> {
        if self.parameter(place) == "*" { Ok(None) } else { self.ids(place) }
    }

    /// Decodes the JSON body. A body that is not JSON is `CMNC-010`; a value of a wrong type is an internal error, as
    /// in Brightpearl (docs/evidence/brightpearl-platform.md#error-codes).
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let value: Value =
            self.request.json().map_err(|_| Problem::client("CMNC-010", "You must supply a JSON body"))?;
        serde_json::from_value(value).map_err(|error| Problem::internal(Some(error.to_string())))
    }

    /// Returns the names in a comma-separated query parameter.
    pub(crate) fn names(&self, parameter: &str) -> Vec<&str> {
        self.request.query(parameter).unwrap_or_default().split(',').filter(|name| !name.is_empty()).collect()
    }

    /// Whether the request asks for the columns of a search only.
    pub(crate) fn asks_for_meta_data(&self) -> bool {
        self.request.path.trim_end_matches('/').ends_with("-search/meta-data")
    }

    /// Returns the ids of a search filter. None without the filter, or if it is not an id set.
    pub(crate) fn filtered_ids<Id: NumericId>(&self, filter: &str) -> Option<IdSet<Id>> {
        self.request.query(filter)?.parse().ok()
    }

    /// Whether a search shows an object that was created at this time. The index may lag behind writes.
    pub(crate) fn is_indexed(&self, created: Option<OffsetDateTime>) -> bool {
        let Some(created) = created.filter(|_| self.switches.search_lag_ms > 0) else { return true };
        let lag = Duration::from_millis(self.switches.search_lag_ms);
        created.timestamp().saturating_add(lag).is_ok_and(|indexed| indexed <= self.now)
    }

    /// Creates the answer to an unknown URI.
    pub(crate) fn nothing_there(&self) -> Problem {
        Problem::not_found(format!("Cannot find the resource {}", self.request.path))
    }
}

/// Answers `OPTIONS /{resource}[/{ids}]` with URIs that are short enough for one GET each
/// (docs/evidence/brightpearl-platform.md#options). As in the documentation's example, the ids need not ascend.
pub(crate) fn get_uris<I: Into<u64>>(
    call: &Call<'_>,
    resource: &str,
    existing: impl IntoIterator<Item = I>,
) -> Result<Answer, Problem> {
    let wanted = call.unordered_ids(0)?;
    let ids = existing.into_iter().map(Into::into);
    let found = IdSet::of(ids.filter(|id| wanted.as_ref().is_none_or(|wanted| wanted.contains(*id))));
    let uris: Vec<String> = found.chunks(MAX_IDS_PER_GET).map(|ids| format!("/{resource}/{ids}")).collect();
    Ok(Answer::of(json!({ "getUris": uris })))
}
