//! The gateway in front of all resources: credentials, throttle, envelope, headers
//! (docs/evidence/brightpearl-platform.md#envelope, docs/evidence/brightpearl-platform.md#authentication-schemes,
//! docs/evidence/brightpearl-platform.md#request-budget).

mod answer;
mod auth;
mod call;
mod id_set;
pub(crate) mod oauth;
mod patch;
pub(crate) mod placeholder_codes;
mod throttle;

pub(crate) use answer::{
    Answer, Problem, THROTTLED, TOKEN_EXPIRED, error_body, headers, refusal_body, sentence,
};
pub(crate) use auth::Credentials;
pub(crate) use call::{Call, get_uris};
pub(crate) use patch::{Operation, apply_all};
pub(crate) use throttle::{Throttle, Window};
