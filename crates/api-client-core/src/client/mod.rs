//! The one pipeline that both clients send through.

mod clock;
mod observer;
mod pipeline;
mod report;
mod reqwest_transport;
mod retry;
mod settings;
mod transport;

pub use clock::{Clock, SkippingClock, SystemClock};
pub use observer::{FinishedAttempt, Observer};
pub use pipeline::{Failure, Pipeline, Place, Rules, Unprepared, Verdict};
pub use report::CallReport;
pub use reqwest_transport::ReqwestTransport;
pub use retry::{NotRetried, RetryPolicy, Trouble};
pub use settings::{UnusableSetting, check_base_url, check_credential};
pub use transport::{Transport, TransportError};
