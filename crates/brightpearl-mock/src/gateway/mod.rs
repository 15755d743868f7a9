//! What stands in front of every resource: credentials, throttle, envelope, headers
//! (brightpearl-platform.md §§3-5).

mod answer;
mod auth;
mod call;
mod id_set;
pub(crate) mod invented;
mod throttle;

pub(crate) use answer::{Answer, Problem, error_body, headers, sentence};
pub(crate) use auth::Credentials;
pub(crate) use call::Call;
pub(crate) use throttle::{Throttle, Window};
