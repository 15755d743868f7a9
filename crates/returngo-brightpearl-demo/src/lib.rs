//! A Brightpearl and a ReturnGO of its own, and returns to play through.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod clock;
mod faults;
mod figures;
mod run;
mod scene;

pub use figures::Figures;
pub use run::{Demo, DemoError};
pub use scene::{Scene, SceneError, Shown};
