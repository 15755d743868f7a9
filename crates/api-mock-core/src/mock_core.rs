use std::{
    sync::{Arc, MutexGuard},
    time::Duration,
};

use crate::{
    Attempt, Clock, Context, Delivery, FaultKind, Faults, MockedApi, Request, RequestCounts, Response,
    control,
    request_log::UNKNOWN,
    state::{Shared, State},
    webhooks::WebhookSender,
};

/// The reply to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Answer {
        /// The answer.
        response: Response,
        /// How long to wait before it is sent.
        delay: Duration,
    },
    /// The connection is closed without an answer.
    Cut,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Answer { response, delay: Duration::ZERO }
    }
}

/// A mocked API with faults, request log, clock, webhooks and control routes. Clones share one state.
#[derive(Debug)]
pub struct MockCore<A>(Arc<Shared<A>>);

impl<A> Clone for MockCore<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: MockedApi> MockCore<A> {
    /// Creates a core that sends webhooks over HTTP from a thread of its own.
    pub fn new(api: A) -> Self {
        Self::with(api, WebhookSender::start())
    }

    /// Creates a core without a thread and sockets, for simulations that call [`handle`](Self::handle) themselves.
    /// Webhooks are collected for [`take_deliveries`](Self::take_deliveries). Faults lose and duplicate webhooks as
    /// usual; the caller decides in which order they arrive.
    pub fn collecting(api: A) -> Self {
        Self::with(api, WebhookSender::collecting())
    }

    fn with(api: A, sender: WebhookSender) -> Self {
        Self(Arc::new(Shared::new(api, sender)))
    }

    /// Handles one request.
    pub fn handle(&self, request: &Request) -> Reply {
        let mut context = Context::new(self.clock().now(), self.faults().clone());
        let mut state = self.state();
        let reply = match control::route(request) {
            Some(route) => control::handle(&self.0, &mut state, route, request, &mut context).into(),
            None => self.handle_counted(&mut state, request, &mut context),
        };
        // Under the lock, so that webhooks are sent in the order of the changes that they report.
        self.0.sender.send(context.deliveries, self.faults());
        reply
    }

    fn handle_counted(&self, state: &mut State<A>, request: &Request, context: &mut Context) -> Reply {
        let State { api, log } = state;
        let operation = api.operation(request);
        log.record(operation.as_deref(), || format!("{} {}", request.method, request.path));
        let reply = match self.faults().take_for_request(operation.as_deref().unwrap_or(UNKNOWN)) {
            None => api.handle(request, context).into(),
            Some(FaultKind::DropBefore) => Reply::Cut,
            Some(FaultKind::DropAfterCommit) => {
                api.handle(request, context);
                Reply::Cut
            }
            Some(FaultKind::Delay(delay)) => Reply::Answer { response: api.handle(request, context), delay },
            Some(kind) => match kind.refusal() {
                Some(refusal) => api.refuse(refusal, request, context).into(),
                None => bad_gateway().into(),
            },
        };
        for part in std::mem::take(&mut context.parts) {
            log.record_part(part.operation.as_deref(), &part.shown);
        }
        reply
    }

    /// Returns the pending faults.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Returns the mock's clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Returns the number of requests so far.
    pub fn requests(&self) -> RequestCounts {
        self.state().log.counts.clone()
    }

    /// Expects only these operations from now on, until a reset. Others are answered as usual and listed as
    /// [unexpected requests](Self::unexpected_requests).
    pub fn expect_only<O: Into<String>>(&self, operations: impl IntoIterator<Item = O>) {
        self.state().log.expected = Some(operations.into_iter().map(Into::into).collect());
    }

    /// Returns the requests, and parts of batches, to unknown routes or that were not [expected](Self::expect_only),
    /// as `METHOD /path`.
    pub fn unexpected_requests(&self) -> Vec<String> {
        self.state().log.unexpected.clone()
    }

    /// Reads the API's state.
    pub fn read<T>(&self, look: impl FnOnce(&A) -> T) -> T {
        look(&self.state().api)
    }

    /// Changes the API's state, as an event inside the real system would. Webhooks may follow.
    pub fn act<T>(&self, action: impl FnOnce(&mut A, &mut Context) -> T) -> T {
        let mut context = Context::new(self.clock().now(), self.faults().clone());
        let mut state = self.state();
        let result = action(&mut state.api, &mut context);
        self.0.sender.send(context.deliveries, self.faults());
        result
    }

    /// Restores the seed: data, faults, clock, counts. Webhooks that are not sent yet are dropped.
    pub fn reset(&self) {
        self.0.reset(&mut self.state());
    }

    /// Returns every attempt to deliver a webhook so far, in order.
    pub fn delivery_attempts(&self) -> Vec<Attempt> {
        self.0.sender.attempts()
    }

    /// Returns when every webhook so far is delivered, lost by a fault, or given up.
    pub async fn deliveries_settled(&self) {
        // The sender lives as long as this core, so waiting cannot fail.
        let _ = self.0.sender.unsettled().wait_for(|&unsettled| unsettled == 0).await;
    }

    /// Returns the webhooks since the last call, in order. Always empty unless this core is
    /// [collecting](Self::collecting).
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        self.0.sender.take()
    }

    fn state(&self) -> MutexGuard<'_, State<A>> {
        self.0.lock()
    }
}

/// The answer of a gateway in front of an API: not JSON, and without the API's own headers.
fn bad_gateway() -> Response {
    const PAGE: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n\
        <body><center><h1>502 Bad Gateway</h1></center></body>\n</html>\n";
    Response::new(502, "text/html; charset=UTF-8", PAGE)
}
