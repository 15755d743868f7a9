//! A Brightpearl and a ReturnGO of its own, and returns to play through.

mod scene;

pub use scene::{Scene, SceneError};
