//! What a process runs side by side until it is told to stop.
//!
//! None of it ends before: a process that looks alive while a part of it is missing falls behind and nobody knows.
//! When one does, all are stopped, and who started the process starts it again.

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
};

/// How long a stop waits for what is under way: those who stop services kill them after ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// The parts of a process.
#[derive(Debug)]
pub struct Supervisor {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

/// A part ended although nobody had told it to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} ended ({how}), so everything was stopped: start it again, and report this with the log")]
pub struct UnexpectedExit {
    part: &'static str,
    how: String,
}

impl Supervisor {
    /// No parts yet; they stop once this is true.
    pub fn new(stop: watch::Sender<bool>) -> Self {
        Self { stop, running: JoinSet::new(), names: HashMap::new() }
    }

    /// True once they are to stop.
    pub fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Starts a part, such as "the work".
    pub fn start(&mut self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let started = self.running.spawn(part);
        self.names.insert(started.id(), name);
    }

    /// Waits until they are told to stop, and then until they have come to their end, if that is soon.
    ///
    /// # Errors
    /// When one ended before. The others are told to stop then.
    pub async fn run(mut self) -> Result<(), UnexpectedExit> {
        let mut stop = self.stop();
        let ended = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => Ok(()),
            // One that was told to stop may have ended by the time it is looked at.
            ended = self.join_next() => if *self.stop.borrow() { Ok(()) } else { Err(ended) },
        };
        if let Err(ended) = &ended {
            tracing::error!("{ended}");
        }
        self.stop.send_replace(true);
        let join_all = async {
            while !self.running.is_empty() {
                self.join_next().await;
            }
        };
        if tokio::time::timeout(STOP_WITHIN, join_all).await.is_err() {
            let late: Vec<_> = self.names.into_values().collect();
            tracing::warn!(
                "stopped in the middle of {}: what is claimed is taken over later",
                late.join(", ")
            );
        }
        ended
    }

    /// Waits until one of them has ended; for ever when there is none.
    async fn join_next(&mut self) -> UnexpectedExit {
        let Some(ended) = self.running.join_next_with_id().await else { return std::future::pending().await };
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        let part = self.names.remove(&id).unwrap_or_default();
        UnexpectedExit {
            part,
            how: ended.map_or_else(|error| error.to_string(), |_| "for no reason".to_owned()),
        }
    }
}
