use std::{fmt, sync::Arc};

use api_client_core::client::Clock;
use jiff::Timestamp;

use super::OperationError;
use crate::{
    connection::Connection,
    registry::Registry,
    store::{Actor, ConnectionId, Store},
};

/// The context of an operation: the store, the open connections, the user, and where progress is shown.
#[derive(Debug, Clone)]
pub struct Context {
    /// The store.
    pub store: Arc<Store>,
    /// The connections.
    pub registry: Arc<Registry>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The address at which webhooks arrive; `None` if the connector works by sweeps alone.
    pub public_url: Option<String>,
    /// The user.
    pub actor: Actor,
    /// Where progress is shown.
    pub progress: Arc<dyn Progress>,
}

impl Context {
    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// It is unknown, or cannot be opened.
    pub async fn connection(&self, id: &ConnectionId) -> Result<Arc<Connection>, OperationError> {
        Ok(self.registry.get(id).await?)
    }

    /// Runs work that calls ReturnGO, then returns the reserved calls that it did not make.
    ///
    /// # Errors
    /// Those of the work, or the database fails.
    pub async fn calling<T, E: From<OperationError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let done = work.await;
        self.registry.give_back_calls().await.map_err(OperationError::from)?;
        done
    }

    /// Starts a task of unknown length; it ends when the returned value is dropped.
    pub fn task(&self, text: &str) -> Task<'_> {
        self.progress.start(text, None);
        Task(&*self.progress)
    }

    /// Starts a task of this many steps; it ends when the returned value is dropped.
    pub fn steps(&self, text: &str, steps: usize) -> Task<'_> {
        self.progress.start(text, Some(steps));
        Task(&*self.progress)
    }
}

/// Shows the progress of long tasks, one at a time.
pub trait Progress: fmt::Debug + Send + Sync {
    /// A task starts: its text, and its number of steps if that is known.
    fn start(&self, text: &str, steps: Option<usize>);

    /// The text of the task changes.
    fn describe(&self, text: &str);

    /// The number of steps done.
    fn advance(&self, done: usize);

    /// The task ends.
    fn end(&self);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn start(&self, _text: &str, _steps: Option<usize>) {}

    fn describe(&self, _text: &str) {}

    fn advance(&self, _done: usize) {}

    fn end(&self) {}
}

/// A task whose progress is shown until this is dropped.
#[derive(Debug)]
pub struct Task<'p>(&'p dyn Progress);

impl Task<'_> {
    /// Changes the text of the task.
    pub fn describe(&self, text: &str) {
        self.0.describe(text);
    }

    /// Shows the number of steps done.
    pub fn advance(&self, done: usize) {
        self.0.advance(done);
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
