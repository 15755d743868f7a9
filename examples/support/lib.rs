//! What the examples share, so that each of them shows only its own job.

pub mod apply;
pub mod environment;
pub mod output;
pub mod receiver;
pub mod settings;
pub mod story;
pub mod systems;
pub mod warehouse;

/// The README's code is compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
