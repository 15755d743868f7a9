use std::{collections::HashMap, sync::Arc, time::Duration};

use api_client_core::client::Clock;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::WebhookEndpoints;
use crate::{
    configuration::ConnectionConfiguration,
    registry::{Registry, RegistryError},
    repeated_error::RepeatedError,
    store::{ConnectionId, StoreError},
};

/// How often it is looked up which connections are stored although nobody rings.
const EVERY: Duration = Duration::from_secs(15);

/// The time between two looks, however many ring: whoever guesses names does not make us read the database more
/// often.
const APART: Duration = Duration::from_millis(250);

/// Those who wait for a look at the same time; others are asked to come again.
const WAITING: usize = 1024;

/// Keeps the doors as the connections are stored, which come and go while webhooks are taken.
#[derive(Debug)]
pub struct EndpointRefresher {
    endpoints: Arc<WebhookEndpoints>,
    requests: mpsc::Receiver<RefreshRequest>,
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    /// Whose doors are as they were stored then.
    kept: HashMap<ConnectionId, Timestamp>,
    /// Whose doors are out of order.
    broken: HashMap<ConnectionId, RepeatedError>,
}

/// Rings for the keeper.
#[derive(Debug)]
pub(super) struct RefreshHandle(mpsc::Sender<RefreshRequest>);

/// Is told whether a look came to its end.
type RefreshRequest = oneshot::Sender<bool>;

/// The keeper cannot say what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RefreshFailed;

impl RefreshHandle {
    /// Comes back after a look that began after this.
    pub(super) async fn refresh(&self) -> Result<(), RefreshFailed> {
        let (refresh, looked) = oneshot::channel();
        self.0.try_send(refresh).map_err(|_| RefreshFailed)?;
        match looked.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(RefreshFailed),
        }
    }
}

impl EndpointRefresher {
    /// Keeps doors for these connections: [look](Self::look) once before they are used, then [run](Self::run).
    pub fn new(registry: Arc<Registry>, clock: Arc<dyn Clock>) -> Self {
        let (refresh_handle, requests) = mpsc::channel(WAITING);
        let endpoints = Arc::new(WebhookEndpoints::with_refresh(RefreshHandle(refresh_handle)));
        Self { endpoints, requests, registry, clock, kept: HashMap::new(), broken: HashMap::new() }
    }

    /// The doors that it keeps.
    pub fn endpoints(&self) -> Arc<WebhookEndpoints> {
        Arc::clone(&self.endpoints)
    }

    /// Looks after the doors until it is told to stop.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let keep = async {
            let trouble = RepeatedError::new("connections cannot be listed");
            loop {
                let mut waiting = Vec::new();
                tokio::select! {
                    _ = self.requests.recv_many(&mut waiting, WAITING) => {}
                    () = self.clock.sleep(EVERY) => {}
                }
                let looked = self.look().await;
                match &looked {
                    Ok(()) => trouble.over(),
                    Err(error) => trouble.met(error),
                }
                for refresh in waiting {
                    // Whoever rang may have gone away.
                    let _ = refresh.send(looked.is_ok());
                }
                self.clock.sleep(APART).await;
            }
        };
        // A sender that is gone is as good as a stop.
        tokio::select! { () = keep => {} _ = stop.wait_for(|stop| *stop) => {} }
    }

    /// Makes the doors those of the connections that are stored now. Only what was stored since is read.
    ///
    /// # Errors
    /// When the store fails; the doors stay as they were.
    pub async fn look(&mut self) -> Result<(), StoreError> {
        let stored = self.registry.stored().await?;
        let as_stored = |id: &ConnectionId, at: &Timestamp| self.kept.get(id) == Some(at);
        let changed: Vec<ConnectionId> =
            stored.iter().filter(|(id, at)| !as_stored(id, at)).map(|(id, _)| id.clone()).collect();
        let configurations = match changed.is_empty() {
            true => Vec::new(),
            false => self.registry.configurations(&changed).await?,
        };
        for (id, configuration) in configurations {
            let Some(stored_at) = stored.get(&id) else { continue };
            match configuration {
                Ok(configuration) => self.hang(id, &configuration, *stored_at),
                Err(error) => self.mark_unavailable(id, &error),
            }
        }
        self.endpoints.keep_only(|id| stored.contains_key(id));
        self.kept.retain(|id, _| stored.contains_key(id));
        self.broken.retain(|id, _| stored.contains_key(id));
        Ok(())
    }

    fn hang(&mut self, id: ConnectionId, configuration: &ConnectionConfiguration, stored_at: Timestamp) {
        let account = configuration.settings.account_id.as_str();
        self.endpoints.put(id.clone(), account, configuration.webhook_secret.reveal());
        if let Some(trouble) = self.broken.remove(&id) {
            trouble.over();
        }
        self.kept.insert(id, stored_at);
    }

    /// It is read again at every look, for seals are replaced without a connection being stored anew.
    fn mark_unavailable(&mut self, id: ConnectionId, error: &RegistryError) {
        self.endpoints.mark_unavailable(id.clone());
        self.kept.remove(&id);
        let of = id.clone();
        let trouble = || RepeatedError::new("the webhooks of a connection are answered with 503").of(of);
        self.broken.entry(id).or_insert_with(trouble).met(error);
    }
}
