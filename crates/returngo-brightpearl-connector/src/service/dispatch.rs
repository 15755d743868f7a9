//! The loop that webhooks, sweeps and jobs share: take what is ready for a connection, process it in a task of its own, and wait
//! for a notification when nothing is ready.

use std::{pin::Pin, time::Duration};

use api_client_core::client::Clock;
use tokio::sync::watch;

use crate::{
    notifier::Notified,
    repeated_error::RepeatedError,
    store::{ConnectionId, StoreError},
    tasks::Tasks,
};

/// How often the store is queried without a notification: other processes add to it too.
const IDLE: Duration = Duration::from_secs(1);

/// Something to process for a connection.
pub(super) struct ConnectionTask {
    pub(super) connection: ConnectionId,
    pub(super) task: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl ConnectionTask {
    pub(super) fn new(connection: ConnectionId, task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { connection, task: Box::pin(task) }
    }
}

/// How connections are processed.
pub(super) struct Dispatch<'a> {
    /// At most this many tasks run concurrently.
    pub(super) tasks_at_once: usize,
    /// Reports that nothing can be taken, once for as long as the reason is the same.
    pub(super) cannot_take: RepeatedError,
    pub(super) clock: &'a dyn Clock,
    pub(super) notified: Notified,
    pub(super) stop: watch::Receiver<bool>,
}

impl Dispatch<'_> {
    /// Runs the tasks that `take` returns until the process is told to stop; returns those that are still running. `take`
    /// is passed the connections that have a running task.
    pub(super) async fn run<F, T>(mut self, take: F) -> Tasks<ConnectionId>
    where
        F: Fn(Vec<ConnectionId>) -> T,
        T: Future<Output = Result<Option<ConnectionTask>, StoreError>>,
    {
        let mut tasks = Tasks::default();
        while !*self.stop.borrow() {
            if tasks.len() < self.tasks_at_once {
                match take(tasks.names().cloned().collect()).await {
                    Ok(taken) => {
                        self.cannot_take.cleared();
                        if let Some(ConnectionTask { connection, task }) = taken {
                            tasks.spawn(connection, task);
                            continue;
                        }
                    }
                    Err(error) => self.cannot_take.occurred(&error),
                }
            }
            tokio::select! {
                ended = tasks.join_next() => {
                    if let Err(error) = ended.result {
                        tracing::error!(connection = ended.name.map(tracing::field::display), "task failed: {error}");
                    }
                }
                () = self.notified.notified() => {}
                () = self.clock.sleep(IDLE) => {}
                Ok(()) = self.stop.changed() => {}
            }
        }
        tasks
    }
}
