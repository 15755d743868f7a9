//! The program as it is operated: a process that serves, is watched, is stopped, and refuses to start.

mod documented;
mod receiving;
mod refusals;
mod rekey;
mod secrets;
mod serving;
pub(crate) mod site;
mod written;
