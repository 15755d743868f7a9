use jiff::Timestamp;

use crate::{Delivery, Faults, Refusal, Request, Response};

/// An API that a [`MockCore`](crate::MockCore) can mock. It holds state and answers requests from it.
///
/// The core calls all methods under its lock, for one request at a time. They do not block.
pub trait MockedApi: Send + 'static {
    /// The name under which this request is counted and faults match it. None for a request to an unknown route.
    fn operation(&self, request: &Request) -> Option<String>;

    /// Answers a request. The answer to an unknown route is the API's own 404.
    fn handle(&mut self, request: &Request, context: &mut Context) -> Response;

    /// Builds the error answer that a fault asks for. The request is not processed.
    fn refuse(&mut self, refusal: Refusal, request: &Request, context: &mut Context) -> Response;

    /// Answers a control route that only this API has, such as `throttle` for `/_mock/throttle`. None for an unknown
    /// route.
    fn control(&mut self, route: &str, request: &Request, context: &mut Context) -> Option<Response>;

    /// Restores the seed.
    fn reset(&mut self);

    /// The text that the server prints after `listening {url}`, such as the credentials to use.
    fn introduction(&self) -> String;
}

/// What a request handler may use besides the API's own state.
#[derive(Debug)]
pub struct Context {
    /// The current time of the mock's [`Clock`](crate::Clock).
    pub now: Timestamp,
    /// The pending faults. A batch takes the faults for its parts from them.
    pub faults: Faults,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) parts: Vec<Part>,
}

/// A received part of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name under which it is counted. None for an unknown route, which fails a strict test.
    pub operation: Option<String>,
    /// The request line, as `METHOD /path`.
    pub shown: String,
}

impl Context {
    /// Creates a context for a request at this time.
    pub const fn new(now: Timestamp, faults: Faults) -> Self {
        Self { now, faults, deliveries: Vec::new(), parts: Vec::new() }
    }

    /// Queues a webhook. It is sent when the request has been handled.
    pub fn deliver(&mut self, delivery: Delivery) {
        self.deliveries.push(delivery);
    }

    /// Adds a part of a batch to the request log.
    pub fn log_part(&mut self, part: Part) {
        self.parts.push(part);
    }
}
