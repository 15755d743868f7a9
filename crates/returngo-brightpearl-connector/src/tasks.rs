//! Named tasks that run concurrently, and the supervisor that runs the process's own.

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
};

/// How long a stop waits for tasks in progress: service managers kill a process after ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// Tasks that run concurrently, each with a name.
#[derive(Debug)]
pub(crate) struct Tasks<N> {
    running: JoinSet<()>,
    names: HashMap<Id, N>,
}

/// A task that ended.
pub(crate) struct Ended<N> {
    pub(crate) name: Option<N>,
    pub(crate) result: Result<(), JoinError>,
}

impl<N> Default for Tasks<N> {
    fn default() -> Self {
        Self { running: JoinSet::new(), names: HashMap::new() }
    }
}

impl<N> Tasks<N> {
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &N> {
        self.names.values()
    }

    pub(crate) fn spawn(&mut self, name: N, task: impl Future<Output = ()> + Send + 'static) {
        let handle = self.running.spawn(task);
        self.names.insert(handle.id(), name);
    }

    /// Waits until one task has ended, or for ever when there is none.
    pub(crate) async fn join_next(&mut self) -> Ended<N> {
        let Some(joined) = self.running.join_next_with_id().await else {
            return std::future::pending().await;
        };
        let id = joined.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        Ended { name: self.names.remove(&id), result: joined.map(drop) }
    }

    /// Waits until all tasks have ended. Logs those that panicked.
    pub(crate) async fn join_all(&mut self) {
        while self.len() > 0 {
            if let Err(error) = self.join_next().await.result {
                tracing::error!("task failed: {error}");
            }
        }
    }
}

/// Runs the tasks of a process until it is told to stop. If a task exits earlier, all of them are stopped: a process without
/// one of its tasks would fall behind unnoticed, so its service manager has to restart it.
#[derive(Debug)]
pub struct Supervisor {
    stop: watch::Sender<bool>,
    tasks: Tasks<&'static str>,
}

/// A task exited before it was told to stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "task `{task}` exited unexpectedly ({how}); shutting down. Restart the process, and report this with the log"
)]
pub struct UnexpectedExit {
    task: &'static str,
    how: String,
}

impl Supervisor {
    /// A supervisor without tasks. They are told to stop by a `true` in this channel.
    pub fn new(stop: watch::Sender<bool>) -> Self {
        Self { stop, tasks: Tasks::default() }
    }

    /// A receiver that shows `true` once the tasks have to stop.
    pub fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts a task under a name such as `http-server`.
    pub fn start(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(name, task);
    }

    /// Waits until the tasks are told to stop, and then up to eight seconds for them to end.
    ///
    /// # Errors
    /// [`UnexpectedExit`] when a task ended before. The others are then told to stop.
    pub async fn run(mut self) -> Result<(), UnexpectedExit> {
        let mut stop = self.stop();
        let result = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => Ok(()),
            // A task that was told to stop may have ended before the stop is observed here.
            exit = self.unexpected_exit() => if *self.stop.borrow() { Ok(()) } else { Err(exit) },
        };
        if let Err(exit) = &result {
            tracing::error!("{exit}");
        }
        self.stop.send_replace(true);
        if tokio::time::timeout(STOP_WITHIN, self.tasks.join_all()).await.is_err() {
            let running: Vec<_> = self.tasks.names().copied().collect();
            tracing::warn!(
                tasks = running.join(", "),
                "stopped with tasks in progress; their jobs are retried later"
            );
        }
        result
    }

    async fn unexpected_exit(&mut self) -> UnexpectedExit {
        let Ended { name, result } = self.tasks.join_next().await;
        let how = result.map_or_else(|error| error.to_string(), |()| "it returned".to_owned());
        UnexpectedExit { task: name.unwrap_or_default(), how }
    }
}
