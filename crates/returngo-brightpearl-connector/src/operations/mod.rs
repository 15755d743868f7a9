//! Operations: what a user can do with the connector.
//!
//! The command line, the console and the JSON API call these functions and show their answers. An operation knows no
//! terminal and no page. Every answer is serialisable; as JSON it is what `--json` prints. A change is recorded as
//! [activity](crate::store::Activity) in the transaction that makes it.

pub mod audit;
pub mod backfill;
pub mod calls;
pub mod check;
pub mod connect;
mod context;
pub mod decisions;
pub mod disconnect;
mod error;
mod job;
pub mod plan;
pub mod reconcile;
pub mod replay;
pub mod reviews;
pub mod settings;
pub mod status;
pub mod sync;
mod unreadable;

pub use context::{Context, NoProgress, Progress, Task};
pub use error::OperationError;
pub use job::{JobReport, OpenReview};
pub use unreadable::{UnreadableObject, UnreadableReport};
