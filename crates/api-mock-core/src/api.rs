use jiff::Timestamp;

use crate::{Delivery, Faults, Request, Response};

/// An API that a [`MockCore`](crate::MockCore) can mock: state, and answers out of it.
///
/// All methods run under the core's lock, one request at a time, and never wait.
pub trait MockedApi: Send + 'static {
    /// The name under which this request is counted and under which faults match it; none when no route knows
    /// the request.
    fn operation(&self, request: &Request) -> Option<String>;

    /// Answers a request. An unknown route gets the API's own 404.
    fn handle(&mut self, request: &Request, context: &mut Context) -> Response;

    /// What the API answers when a fault makes it refuse. Nothing is applied.
    fn refuse(&mut self, refusal: Refusal, request: &Request, context: &mut Context) -> Response;

    /// Answers a `/_mock/` route of this API's own; the path comes without that prefix, `throttle` for
    /// `/_mock/throttle`. None when it has no such route.
    fn control(&mut self, route: &str, request: &Request, context: &mut Context) -> Option<Response>;

    /// Goes back to the seed.
    fn reset(&mut self);

    /// What the server says about itself after `listening {url}`, such as the credentials to use.
    fn introduction(&self) -> String;
}

/// The refusals that look different on each API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An internal error.
    Status500,
    /// The service is not available.
    Status503,
    /// Too many requests.
    Throttle,
    /// The credentials are no longer valid.
    TokenExpired,
}

/// What a request may use besides the API's own state.
#[derive(Debug)]
pub struct Context {
    /// The time now, by the mock's [`Clock`](crate::Clock).
    pub now: Timestamp,
    /// The faults that are waiting to strike: a batch asks them about its parts.
    pub faults: Faults,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) parts: Vec<Part>,
}

/// A part of a batch that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name under which it is counted; none when no route knows it, which fails a strict test.
    pub operation: Option<String>,
    /// What it asked for, as `METHOD /path`.
    pub shown: String,
}

impl Context {
    /// A context at this time, with these faults.
    pub const fn new(now: Timestamp, faults: Faults) -> Self {
        Self { now, faults, deliveries: Vec::new(), parts: Vec::new() }
    }

    /// Sends a webhook once the request is handled.
    pub fn deliver(&mut self, delivery: Delivery) {
        self.deliveries.push(delivery);
    }

    /// Puts a part of a batch down in the request log.
    pub fn log_part(&mut self, part: Part) {
        self.parts.push(part);
    }
}
