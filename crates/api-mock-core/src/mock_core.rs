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

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is answered.
    Answer {
        /// With this.
        response: Response,
        /// After this time.
        delay: Duration,
    },
    /// The connection is cut without an answer.
    Cut,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Answer { response, delay: Duration::ZERO }
    }
}

/// A mocked API with everything that all mocks share. Clones share one state.
#[derive(Debug)]
pub struct MockCore<A>(Arc<Shared<A>>);

impl<A> Clone for MockCore<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: MockedApi> MockCore<A> {
    /// Puts the machinery around an API.
    pub fn new(api: A) -> Self {
        Self::with(api, WebhookSender::start())
    }

    /// The same without a thread and without sockets: webhooks are not sent, but wait for
    /// [`take_deliveries`](Self::take_deliveries). For simulations that pass requests to [`handle`](Self::handle)
    /// themselves. Faults lose and double webhooks as ever; in which order they arrive is the caller's choice.
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
        // Still under the lock: webhooks leave in the order of what they tell.
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

    /// The faults that are waiting to strike.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// The mock's clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// How many requests came so far.
    pub fn requests(&self) -> RequestCounts {
        self.state().log.counts.clone()
    }

    /// From now on only these operations are expected: others are answered as ever, and are listed among the
    /// [unexpected requests](Self::unexpected_requests). A reset forgets it.
    pub fn expect_only<O: Into<String>>(&self, operations: impl IntoIterator<Item = O>) {
        self.state().log.expected = Some(operations.into_iter().map(Into::into).collect());
    }

    /// Requests, and parts of batches, that no route knows or that are not [expected](Self::expect_only), as
    /// `METHOD /path`.
    pub fn unexpected_requests(&self) -> Vec<String> {
        self.state().log.unexpected.clone()
    }

    /// Looks at the API's state.
    pub fn read<T>(&self, look: impl FnOnce(&A) -> T) -> T {
        look(&self.state().api)
    }

    /// Changes the API's state, as something that happens inside the system would; webhooks may follow.
    pub fn act<T>(&self, action: impl FnOnce(&mut A, &mut Context) -> T) -> T {
        let mut context = Context::new(self.clock().now(), self.faults().clone());
        let mut state = self.state();
        let result = action(&mut state.api, &mut context);
        self.0.sender.send(context.deliveries, self.faults());
        result
    }

    /// Goes back to the seed: data, faults, clock, counters; webhooks that were not sent yet are forgotten.
    pub fn reset(&self) {
        self.0.reset(&mut self.state());
    }

    /// Every attempt to deliver a webhook so far, in order.
    pub fn delivery_attempts(&self) -> Vec<Attempt> {
        self.0.sender.attempts()
    }

    /// Returns when every webhook that was raised so far is delivered, lost on purpose, or given up.
    pub async fn deliveries_settled(&self) {
        // The sender lives as long as this core, so waiting cannot fail.
        let _ = self.0.sender.unsettled().wait_for(|&unsettled| unsettled == 0).await;
    }

    /// The webhooks that were raised since the last call, in order; always empty unless this core is
    /// [collecting](Self::collecting).
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        self.0.sender.take()
    }

    fn state(&self) -> MutexGuard<'_, State<A>> {
        self.0.lock()
    }
}

/// What a gateway in front of either API answers: not JSON, and nothing of the API's own headers.
fn bad_gateway() -> Response {
    const PAGE: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n\
        <body><center><h1>502 Bad Gateway</h1></center></body>\n</html>\n";
    Response::new(502, "text/html; charset=UTF-8", PAGE)
}
