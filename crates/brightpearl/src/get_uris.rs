//! Decoding of OPTIONS responses: the id sets that exist, each small enough for one GET
//! (docs/evidence/brightpearl-platform.md#options).

use api_client_core::{HttpResponse, decode::DecodeError};
use serde::Deserialize;

use crate::{IdSet, answer};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    get_uris: Vec<String>,
}

/// Returns the id sets at the ends of `getUris`, such as `1-2,5` of `/order/1-2,5`.
pub(crate) fn id_sets<Id>(answer: &HttpResponse) -> Result<Vec<IdSet<Id>>, DecodeError> {
    let Payload { get_uris } = answer::payload(answer)?;
    get_uris.iter().map(|uri| id_set(uri)).collect()
}

fn id_set<Id>(uri: &str) -> Result<IdSet<Id>, DecodeError> {
    let last = uri.rsplit('/').next().unwrap_or_default();
    last.parse().map_err(|error| DecodeError::new("response.getUris", format!("{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<IdSet<u64>>, DecodeError> {
        id_sets(&HttpResponse { status: 200, headers: Default::default(), body: body.into() })
    }

    #[test]
    fn only_what_exists_is_named() {
        let sets = read(r#"{"response":{"getUris":["/order/1-2,5,8","/order/410"]}}"#).unwrap();
        assert_eq!(sets.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1,2,5,8", "410"]);
        assert_eq!(read(r#"{"response":{"getUris":[]}}"#).unwrap(), []);
    }

    #[test]
    fn a_uri_without_ids_is_an_error_that_shows_it() {
        let error = read(r#"{"response":{"getUris":["/order/all"]}}"#).unwrap_err();
        assert!(error.to_string().contains("`all` is not an id set"), "{error}");
    }
}
