//! The control routes under `/_mock/`. They need no credentials, and are neither counted nor throttled.

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    Context, Fault, MockedApi, Request, Response,
    state::{Shared, State},
};

/// Returns the path of a control request without `/_mock/`. None for any other request.
pub(crate) fn route(request: &Request) -> Option<&str> {
    request.path.strip_prefix("/_mock/").map(|route| route.trim_end_matches('/'))
}

pub(crate) fn handle<A: MockedApi>(
    shared: &Shared<A>,
    state: &mut State<A>,
    route: &str,
    request: &Request,
    context: &mut Context,
) -> Response {
    match (request.method.as_str(), route) {
        ("GET", "requests") => Response::json(200, &state.log),
        ("POST", "reset") => {
            shared.reset(state);
            done()
        }
        ("PUT", "clock") => match read::<NewTime>(request) {
            Ok(NewTime { now }) => {
                shared.clock.set(now);
                done()
            }
            Err(refused) => refused,
        },
        ("POST", "faults") => match read::<Fault>(request) {
            Ok(fault) => {
                shared.faults.add(fault);
                done()
            }
            Err(refused) => refused,
        },
        ("DELETE", "faults") => {
            shared.faults.clear();
            done()
        }
        _ => state.api.control(route, request, context).unwrap_or_else(|| no_such_route(request)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTime {
    /// Required, so that an accidental `{}` is rejected. Null returns to real time.
    #[serde(deserialize_with = "Option::deserialize")]
    now: Option<Timestamp>,
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Response> {
    request.json().map_err(|error| Response::json(400, &json!({ "error": error.to_string() })))
}

fn done() -> Response {
    Response::json(200, &json!({}))
}

fn no_such_route(request: &Request) -> Response {
    let error = format!("unknown control route {} {}", request.method, request.path);
    Response::json(404, &json!({ "error": error }))
}
