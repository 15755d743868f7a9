//! Helpers that the examples share.

pub mod environment;
pub mod narration;
pub mod output;
pub mod receiver;
pub mod settings;
pub mod sync;
pub mod systems;
pub mod warehouse;

/// The README's code is compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
