use std::sync::Arc;

use tokio::sync::watch;

use super::{Service, tasks::Tasks};
use crate::{
    engine::Worked,
    error::with_causes,
    metrics,
    store::{Claim, ConnectionId},
    trouble::Trouble,
};

/// Connections that are worked on at the same time. Each waits for its own systems most of the time.
const CONNECTIONS_AT_ONCE: usize = 256;

impl Service {
    /// When it is told to stop, the engine releases what it has claimed as soon as that is safe.
    pub(super) async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut calls = self.wake.listen();
        let mut tasks = Tasks::default();
        let trouble = Trouble::new("nothing is claimed");
        while !*stop.borrow() {
            if tasks.len() < CONNECTIONS_AT_ONCE {
                match self.engine.claim(tasks.connections().cloned().collect()).await {
                    Ok(claims) => {
                        trouble.over();
                        if let Some(id) = claims.first().map(|claim| claim.connection.clone()) {
                            tasks.start(id.clone(), Arc::clone(&self).work_on(id, claims));
                            continue;
                        }
                    }
                    Err(error) => trouble.met(&error),
                }
            }
            tokio::select! { () = tasks.one_ends() => {} () = self.wait(&mut calls, &mut stop) => {} }
        }
        tasks.all_end().await;
    }

    async fn work_on(self: Arc<Self>, id: ConnectionId, claims: Vec<Claim>) {
        let worked = match self.registry.get(&id).await {
            Ok(connection) => self.engine.work_on(&connection, claims).await,
            Err(error) => self.engine.put_off(claims, &with_causes(&error)).await,
        };
        match worked {
            Ok(worked) => {
                metrics::worked(worked);
                let Worked { in_step, needs_review, failed, written } = worked;
                tracing::info!(connection = %id, in_step, needs_review, failed, written, "worked");
            }
            Err(error) => {
                tracing::error!(connection = %id, "work failed, will be released and retried: {error}")
            }
        }
    }
}
