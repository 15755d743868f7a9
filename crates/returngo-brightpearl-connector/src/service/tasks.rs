use std::collections::HashMap;

use tokio::task::{Id, JoinError, JoinSet};

use crate::store::ConnectionId;

/// What is under way, each for one connection, so that none waits for another's systems.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    in_progress: JoinSet<()>,
    connections: HashMap<Id, ConnectionId>,
}

impl Tasks {
    pub(super) fn len(&self) -> usize {
        self.in_progress.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_progress.is_empty()
    }

    /// The connections that something is under way for.
    pub(super) fn connections(&self) -> impl Iterator<Item = &ConnectionId> {
        self.connections.values()
    }

    pub(super) fn start(&mut self, of: ConnectionId, task: impl Future<Output = ()> + Send + 'static) {
        let started = self.in_progress.spawn(task);
        self.connections.insert(started.id(), of);
    }

    /// Waits until one of them has ended; for ever when there is none.
    pub(super) async fn join_next(&mut self) {
        match self.in_progress.join_next_with_id().await {
            Some(ended) => {
                let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
                self.connections.remove(&id);
                if let Err(error) = ended {
                    tracing::error!("a task came to a bad end: {error}");
                }
            }
            None => std::future::pending().await,
        }
    }

    /// Waits until all of them have ended.
    pub(super) async fn join_all(&mut self) {
        while !self.is_empty() {
            self.join_next().await;
        }
    }
}
