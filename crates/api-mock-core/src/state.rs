//! The state behind a mock: what every clone of a [`MockCore`](crate::MockCore) shares.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Clock, Faults, MockedApi, request_log::RequestLog, webhooks::WebhookSender};

/// Everything that the clones of one core share.
#[derive(Debug)]
pub(crate) struct Shared<A> {
    state: Mutex<State<A>>,
    pub(crate) faults: Faults,
    pub(crate) clock: Clock,
    pub(crate) sender: WebhookSender,
}

/// The part that is locked while a request is handled.
#[derive(Debug)]
pub(crate) struct State<A> {
    pub(crate) api: A,
    pub(crate) log: RequestLog,
}

impl<A: MockedApi> Shared<A> {
    pub(crate) fn new(api: A, sender: WebhookSender) -> Self {
        Self {
            state: Mutex::new(State { api, log: RequestLog::default() }),
            faults: Faults::default(),
            clock: Clock::default(),
            sender,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State<A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Restores the seed, and removes faults, a fixed time, counts and webhooks that are not sent yet. Takes the
    /// locked state, because the control route calls this while it holds the lock.
    pub(crate) fn reset(&self, state: &mut State<A>) {
        state.api.reset();
        state.log = RequestLog::default();
        self.faults.clear();
        self.clock.set(None);
        self.sender.forget();
    }
}
