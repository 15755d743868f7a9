use std::sync::Arc;

use tokio::sync::watch;

use super::{Service, tasks::Tasks};
use crate::{
    error::with_causes,
    inbox,
    repeated_error::RepeatedError,
    store::{ConnectionId, StoreError, StoredDelivery},
};

/// Connections whose webhooks are handled at the same time.
const CONNECTIONS_AT_ONCE: usize = 64;

/// Webhooks of a connection that are handled together.
const DELIVERIES_AT_ONCE: u32 = 500;

impl Service {
    pub(super) async fn handle_webhooks(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut calls = self.wake.listen();
        let mut tasks = Tasks::default();
        let trouble = RepeatedError::new("webhooks are not handled");
        // Those that are being handled when it is told to stop go on waiting.
        while !*stop.borrow() {
            if tasks.len() < CONNECTIONS_AT_ONCE {
                match self.waiting_deliveries(tasks.connections().cloned().collect()).await {
                    Ok(deliveries) => {
                        trouble.over();
                        if let Some(id) = connection_of(&deliveries) {
                            let service = Arc::clone(&self);
                            tasks.start(id.clone(), async move { service.handle(&id, &deliveries).await });
                            continue;
                        }
                    }
                    Err(error) => trouble.met(&error),
                }
            }
            tokio::select! { () = tasks.join_next() => {} () = self.wait(&mut calls, &mut stop) => {} }
        }
    }

    /// Handles waiting webhooks of one connection. False when none wait that can be handled now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn handle_some_webhooks(&self) -> Result<bool, StoreError> {
        let deliveries = self.waiting_deliveries(Vec::new()).await?;
        let Some(id) = connection_of(&deliveries) else { return Ok(false) };
        self.handle(&id, &deliveries).await;
        Ok(true)
    }

    /// Waiting webhooks of the connection whose turn it is, but none of these, nor one that failed lately.
    async fn waiting_deliveries(&self, busy: Vec<ConnectionId>) -> Result<Vec<StoredDelivery>, StoreError> {
        let now = self.clock.now();
        self.store.resume_deliveries(now).await?;
        let mut except = busy;
        except.extend(self.patience.suspended(now));
        self.store.waiting_deliveries(DELIVERIES_AT_ONCE, &except).await
    }

    async fn handle(&self, id: &ConnectionId, deliveries: &[StoredDelivery]) {
        let handled = match self.registry.get(id).await {
            Ok(connection) => {
                let handled = inbox::handle(&self.context(&connection), deliveries).await;
                handled.map_err(|error| with_causes(&error))
            }
            Err(error) => Err(with_causes(&error)),
        };
        match handled {
            Ok(handled) => {
                tracing::debug!(connection = %id, webhooks = handled.deliveries, due = handled.due, "webhooks");
                self.patience.worked(id);
                self.wake.call();
            }
            Err(error) => {
                tracing::warn!(connection = %id, "webhooks wait: {error}");
                self.patience.failed(id, self.clock.now());
            }
        }
    }
}

fn connection_of(deliveries: &[StoredDelivery]) -> Option<ConnectionId> {
    deliveries.first().map(|first| first.delivery.connection.clone())
}
