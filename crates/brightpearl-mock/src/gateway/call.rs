use std::{borrow::Cow, str::FromStr, time::Duration};

use api_mock_core::{Faults, Request};
use brightpearl::{IdSet, MAX_IDS_PER_GET, OffsetDateTime};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Answer, Problem, id_set};
use crate::Switches;

/// A request that was let in, as a resource sees it.
pub(crate) struct Call<'r> {
    pub(crate) request: &'r Request,
    pub(crate) parameters: Vec<Cow<'r, str>>,
    pub(crate) now: Timestamp,
    pub(crate) switches: Switches,
    /// What waits to strike: a batch asks about its parts.
    pub(crate) faults: &'r Faults,
}

impl Call<'_> {
    /// The path parameter at this place; empty when the path is shorter.
    fn parameter(&self, place: usize) -> &str {
        self.parameters.get(place).map_or("", AsRef::as_ref)
    }

    /// A path parameter that is no id.
    pub(crate) fn text(&self, place: usize) -> &str {
        self.parameter(place)
    }

    /// The id in the path; nothing can be there when it is none.
    pub(crate) fn id<I: FromStr>(&self, place: usize) -> Result<I, Problem> {
        self.parameter(place).parse().map_err(|_| self.nothing_there())
    }

    /// The id set in the path, if the path has one.
    pub(crate) fn ids(&self, place: usize) -> Result<Option<IdSet>, Problem> {
        match self.parameter(place) {
            "" => Ok(None),
            text => id_set::parse(text).map(Some),
        }
    }

    /// The id set in the path, if the path has one, where any order and any length will do.
    pub(crate) fn unordered_ids(&self, place: usize) -> Result<Option<IdSet>, Problem> {
        match self.parameter(place) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| id_set::invalid(text)),
        }
    }

    /// The id set in the path; none when it is `*`, which stands for any parent.
    pub(crate) fn ids_or_any(&self, place: usize) -> Result<Option<IdSet>, Problem> {
        if self.parameter(place) == "*" { Ok(None) } else { self.ids(place) }
    }

    /// The JSON body. Text that is no JSON is `CMNC-010`; a value of a wrong type is an internal error of
    /// Brightpearl's (docs/evidence/brightpearl-platform.md#error-codes).
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let value: Value =
            self.request.json().map_err(|_| Problem::client("CMNC-010", "You must supply a JSON body"))?;
        serde_json::from_value(value).map_err(|error| Problem::internal(Some(error.to_string())))
    }

    /// The names in a comma list of the query.
    pub(crate) fn names(&self, parameter: &str) -> Vec<&str> {
        self.request.query(parameter).unwrap_or_default().split(',').filter(|name| !name.is_empty()).collect()
    }

    /// Whether a search is asked for the description of its columns only.
    pub(crate) fn asks_for_meta_data(&self) -> bool {
        self.request.path.trim_end_matches('/').ends_with("-search/meta-data")
    }

    /// The ids that a filter of a search names; none when there is no such filter, or it is no id set.
    pub(crate) fn filtered_ids(&self, filter: &str) -> Option<IdSet> {
        self.request.query(filter)?.parse().ok()
    }

    /// Whether a search shows what was created at this time: its index may lag behind the write.
    pub(crate) fn is_indexed(&self, created: Option<OffsetDateTime>) -> bool {
        let Some(created) = created.filter(|_| self.switches.search_lag_ms > 0) else { return true };
        let lag = Duration::from_millis(self.switches.search_lag_ms);
        created.timestamp().saturating_add(lag).is_ok_and(|indexed| indexed <= self.now)
    }

    /// What an unknown URI gets.
    pub(crate) fn nothing_there(&self) -> Problem {
        Problem::not_found(format!("Cannot find the resource {}", self.request.path))
    }
}

/// Answers `OPTIONS /{resource}[/{ids}]` with URIs that are short enough for one GET each
/// (docs/evidence/brightpearl-platform.md#options). As in the documentation's own example, the ids need not ascend.
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
