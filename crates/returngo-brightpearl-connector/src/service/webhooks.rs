use std::sync::Arc;

use tokio::sync::watch;

use super::{Service, dispatch::ConnectionTask};
use crate::{
    inbox,
    store::{ConnectionId, StoreError, StoredDelivery},
    with_causes,
};

/// Connections whose webhooks are processed concurrently.
const CONNECTIONS_AT_ONCE: usize = 64;

/// Webhooks of a connection that are processed together.
const DELIVERIES_AT_ONCE: u32 = 500;

impl Service {
    /// Processes stored webhooks. Those that are being processed when it is told to stop stay in the inbox.
    pub(super) async fn process_webhooks(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let dispatch = self.dispatch(CONNECTIONS_AT_ONCE, "cannot process webhooks", stop);
        let take = |busy| {
            let service = Arc::clone(&self);
            async move {
                let deliveries = service.waiting_deliveries(busy).await?;
                Ok(connection_of(&deliveries).map(|id| {
                    ConnectionTask::new(id.clone(), async move { service.process(&id, &deliveries).await })
                }))
            }
        };
        dispatch.run(take).await;
    }

    /// Processes waiting webhooks of one connection. Returns false when none can be processed now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn process_next_webhooks(&self) -> Result<bool, StoreError> {
        let deliveries = self.waiting_deliveries(Vec::new()).await?;
        let Some(id) = connection_of(&deliveries) else { return Ok(false) };
        self.process(&id, &deliveries).await;
        Ok(true)
    }

    /// The waiting webhooks of the next connection, except for these and for connections in backoff.
    async fn waiting_deliveries(&self, busy: Vec<ConnectionId>) -> Result<Vec<StoredDelivery>, StoreError> {
        let now = self.clock.now();
        self.store.resume_deliveries(now).await?;
        let mut except = busy;
        except.extend(self.backoff.suspended(now));
        self.store.waiting_deliveries(DELIVERIES_AT_ONCE, &except).await
    }

    async fn process(&self, id: &ConnectionId, deliveries: &[StoredDelivery]) {
        let handled = match self.registry.get(id).await {
            Ok(connection) => {
                let handled = inbox::handle(&self.context(&connection), deliveries).await;
                handled.map_err(|error| with_causes(&error))
            }
            Err(error) => Err(with_causes(&error)),
        };
        match handled {
            Ok(handled) => {
                tracing::debug!(connection = %id, webhooks = handled.deliveries, due = handled.due, "webhooks processed");
                self.backoff.reset(id);
                self.notifier.notify();
            }
            Err(error) => {
                tracing::warn!(connection = %id, "webhook processing failed, will retry: {error}");
                self.backoff.record_failure(id, self.clock.now());
            }
        }
    }
}

fn connection_of(deliveries: &[StoredDelivery]) -> Option<ConnectionId> {
    deliveries.first().map(|first| first.delivery.connection.clone())
}
