//! Keeps the webhook endpoints equal to the stored connections, which are added and removed while webhooks are received.

use std::{collections::HashMap, sync::Arc, time::Duration};

use api_client_core::client::Clock;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::{
    WebhookEndpoints,
    refresh_handle::{QUEUE, RefreshHandle, RefreshRequest},
};
use crate::{
    configuration::ConnectionConfiguration,
    registry::{Registry, RegistryError},
    repeated_error::RepeatedError,
    store::{ConnectionId, StoreError},
};

/// How often the endpoints are refreshed without a request.
const REFRESH_EVERY: Duration = Duration::from_secs(15);

/// The minimum time between two refreshes: requests with guessed names must not cause more reads of the database.
const MIN_INTERVAL: Duration = Duration::from_millis(250);

/// Reloads the endpoints, on request and at intervals.
#[derive(Debug)]
pub struct EndpointRefresher {
    endpoints: Arc<WebhookEndpoints>,
    requests: mpsc::Receiver<RefreshRequest>,
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    /// When the connections were stored that the endpoints show.
    loaded: HashMap<ConnectionId, Timestamp>,
    /// Connections whose configuration cannot be decrypted.
    unavailable: HashMap<ConnectionId, RepeatedError>,
}

impl EndpointRefresher {
    /// A refresher of the endpoints of these connections. Call [`refresh`](Self::refresh) once before the endpoints are used,
    /// then [`run`](Self::run).
    pub fn new(registry: Arc<Registry>, clock: Arc<dyn Clock>) -> Self {
        let (handle, requests) = RefreshHandle::new();
        let endpoints = Arc::new(WebhookEndpoints::with_refresh(handle));
        Self { endpoints, requests, registry, clock, loaded: HashMap::new(), unavailable: HashMap::new() }
    }

    /// The endpoints.
    pub fn endpoints(&self) -> Arc<WebhookEndpoints> {
        Arc::clone(&self.endpoints)
    }

    /// Refreshes the endpoints until it is told to stop.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let refreshing = async {
            let failure = RepeatedError::new("cannot list connections");
            loop {
                let mut waiting = Vec::new();
                tokio::select! {
                    _ = self.requests.recv_many(&mut waiting, QUEUE) => {}
                    () = self.clock.sleep(REFRESH_EVERY) => {}
                }
                let result = self.refresh().await;
                match &result {
                    Ok(()) => failure.cleared(),
                    Err(error) => failure.occurred(error),
                }
                for request in waiting {
                    // The sender may have disconnected.
                    let _ = request.send(result.is_ok());
                }
                self.clock.sleep(MIN_INTERVAL).await;
            }
        };
        // A closed channel counts as a stop.
        tokio::select! { () = refreshing => {} _ = stop.wait_for(|stop| *stop) => {} }
    }

    /// Makes the endpoints those of the stored connections. Only connections that changed are read.
    ///
    /// # Errors
    /// When the store fails. The endpoints stay as they were.
    pub async fn refresh(&mut self) -> Result<(), StoreError> {
        let stored = self.registry.stored().await?;
        let is_loaded = |id: &ConnectionId, at: &Timestamp| self.loaded.get(id) == Some(at);
        let changed: Vec<ConnectionId> =
            stored.iter().filter(|(id, at)| !is_loaded(id, at)).map(|(id, _)| id.clone()).collect();
        let configurations = match changed.is_empty() {
            true => Vec::new(),
            false => self.registry.configurations(&changed).await?,
        };
        for (id, configuration) in configurations {
            let Some(stored_at) = stored.get(&id) else { continue };
            match configuration {
                Ok(configuration) => self.put(id, &configuration, *stored_at),
                Err(error) => self.mark_unavailable(id, &error),
            }
        }
        self.endpoints.keep_only(|id| stored.contains_key(id));
        self.loaded.retain(|id, _| stored.contains_key(id));
        self.unavailable.retain(|id, _| stored.contains_key(id));
        Ok(())
    }

    fn put(&mut self, id: ConnectionId, configuration: &ConnectionConfiguration, stored_at: Timestamp) {
        let account = configuration.settings.account_id.as_str();
        self.endpoints.put(id.clone(), account, configuration.webhook_secret.reveal());
        if let Some(failure) = self.unavailable.remove(&id) {
            failure.cleared();
        }
        self.loaded.insert(id, stored_at);
    }

    /// The connection is read again at every refresh, because `rekey` changes the encryption but not the time of storing.
    fn mark_unavailable(&mut self, id: ConnectionId, error: &RegistryError) {
        self.endpoints.mark_unavailable(id.clone());
        self.loaded.remove(&id);
        let of = id.clone();
        let new = || RepeatedError::new("the webhooks of a connection are answered with 503").of(of);
        self.unavailable.entry(id).or_insert_with(new).occurred(error);
    }
}
