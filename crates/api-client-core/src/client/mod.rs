//! The pipeline through which both clients send their requests.

mod clock;
mod error_text;
mod http_settings;
mod http_types;
mod observer;
#[cfg(feature = "reqwest")]
mod own_reqwest_client;
mod pipeline;
mod report;
mod reqwest_transport;
mod retry;
mod settings;
mod signature;
pub mod testing;
#[cfg(feature = "tower")]
mod tower_transport;
mod transport;
#[cfg(feature = "tower")]
mod transport_service;
mod variables;
mod waits;

pub use clock::{Clock, SystemClock};
pub use error_text::ErrorText;
pub use http_settings::HttpSettings;
pub use observer::{FinishedAttempt, Observer};
pub use pipeline::{ApiPolicy, Disposition, Failure, Permit, Pipeline, PrepareError};
pub use report::CallReport;
#[cfg(feature = "reqwest")]
pub use reqwest;
pub use reqwest_transport::ReqwestTransport;
pub use retry::{FailureClass, NotRetried, RetryPolicy};
pub use settings::{InsecureHttp, UnusableSetting, check_base_url, check_credential};
pub use signature::{root_cause, signature};
pub use testing::SkippingClock;
#[cfg(feature = "tower")]
pub use tower_transport::TowerTransport;
pub use transport::{Transport, TransportError};
#[cfg(feature = "tower")]
pub use transport_service::TransportService;
pub use variables::Variables;
pub use waits::{WaitTooLong, Waits};
