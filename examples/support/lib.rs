//! What the examples share, so that each of them shows only its own job.

pub mod environment;
pub mod output;
pub mod receiver;
pub mod systems;
