//! The pipeline through which both clients send their requests.

mod clock;
mod error_text;
mod observer;
mod pipeline;
mod report;
mod reqwest_transport;
mod retry;
mod settings;
mod signature;
pub mod testing;
mod transport;
mod waits;

pub use clock::{Clock, SystemClock};
pub use error_text::ErrorText;
pub use observer::{FinishedAttempt, Observer};
pub use pipeline::{ApiPolicy, Disposition, Failure, Permit, Pipeline, PrepareError};
pub use report::CallReport;
pub use reqwest_transport::ReqwestTransport;
pub use retry::{FailureClass, NotRetried, RetryPolicy};
pub use settings::{UnusableSetting, check_base_url, check_credential};
pub use signature::{root_cause, signature};
pub use testing::SkippingClock;
pub use transport::{Transport, TransportError};
pub use waits::{WaitTooLong, Waits};
