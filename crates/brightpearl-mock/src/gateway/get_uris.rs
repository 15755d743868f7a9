//! OPTIONS: the URIs that fetch what exists, each short enough for one GET
//! (docs/evidence/brightpearl-platform.md#options).

use brightpearl::{IdSet, MAX_IDS_PER_GET};
use serde_json::json;

use super::{Answer, Call, Problem};

/// Answers `OPTIONS /{resource}[/{ids}]`. As in the documentation's own example, the ids need not ascend.
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
