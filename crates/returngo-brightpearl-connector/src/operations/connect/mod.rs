//! Creating or changing a connection: a proposal with the findings of its check, then storing it.

pub mod choices;

use jiff::Timestamp;
use returngo_brightpearl_mapping::check::{self, Finding, Mark};
use returngo_brightpearl_sync::Receivers;
use serde::Serialize;

use super::{
    Context, OperationError,
    check::{findings, unencrypted},
    settings,
};
use crate::{
    configuration::ConnectionConfiguration,
    connection::Connection,
    store::{
        Cause, ConnectionChange, ConnectionId, Encrypted, FieldChange, Operation, QueueRequest, StoreError,
    },
    subscriptions,
};

/// A connection as it is stored, if it is.
#[derive(Debug, Clone)]
pub struct Existing {
    encrypted: Option<Encrypted>,
    /// Its configuration; `None` if there is none, or it cannot be decrypted: it is replaced then.
    pub configuration: Option<ConnectionConfiguration>,
}

/// A connection that can be stored.
#[derive(Debug)]
pub struct Proposal {
    id: ConnectionId,
    configuration: ConnectionConfiguration,
    connection: Connection,
    was: Existing,
    /// The findings of its check.
    pub findings: Vec<Finding>,
    /// The fields that change; all fields of a new connection.
    pub changes: Vec<FieldChange>,
}

/// The answer of `connect`, also if the connection was not stored.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// The connection.
    pub connection: ConnectionId,
    /// Whether it is stored.
    pub stored: bool,
    /// Whether its webhooks are subscribed.
    pub webhooks_subscribed: bool,
    /// The findings of its check.
    pub findings: Vec<Finding>,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
    /// RMAs that needed review and were queued because the settings changed.
    #[serde(skip)]
    pub queued: usize,
}

/// Returns a connection as it is stored.
///
/// # Errors
/// The store fails.
pub async fn existing(context: &Context, id: &ConnectionId) -> Result<Existing, OperationError> {
    let stored = context.store.connection(id).await?;
    let configuration = stored.as_ref().and_then(|stored| context.registry.configuration_of(stored).ok());
    Ok(Existing { encrypted: stored.map(|stored| stored.configuration), configuration })
}

/// Checks a configuration, and compares it with the connection as it is stored. Changes nothing.
///
/// # Errors
/// The name belongs to another account or shop, or no client can be created from the configuration.
pub async fn propose(
    context: &Context,
    id: &ConnectionId,
    was: Existing,
    configuration: ConnectionConfiguration,
) -> Result<Proposal, OperationError> {
    let requested = configuration.counterparts();
    let stored = was.configuration.as_ref();
    let bound =
        context.store.counterparts(id).await?.or_else(|| stored.map(ConnectionConfiguration::counterparts));
    if let Some(bound) = bound.filter(|bound| *bound != requested) {
        return Err(StoreError::BoundElsewhere { connection: id.clone(), bound, requested }.into());
    }
    let connection = context.registry.open(id, &configuration)?;
    let mut findings = findings(context, &connection, Receivers::default()).await;
    // They are subscribed when it is stored.
    findings.retain(|finding| !finding.subject.ends_with(".webhooks"));
    findings.extend(context.public_url.as_deref().and_then(unencrypted));
    let changes = settings::changes(stored, &configuration);
    Ok(Proposal { id: id.clone(), configuration, connection, was, findings, changes })
}

impl Proposal {
    /// Returns whether its check failed.
    pub fn has_failed(&self) -> bool {
        check::worst(&self.findings) == Mark::Failure
    }

    /// Returns whether there is no such connection yet.
    pub fn is_new(&self) -> bool {
        self.was.configuration.is_none()
    }

    /// Returns whether it has OAuth tokens of an authorization that is not stored.
    pub fn has_unstored_authorization(&self) -> bool {
        let authorised_at = |of: &ConnectionConfiguration| -> Option<Timestamp> {
            Some(of.brightpearl.oauth()?.authorised_at)
        };
        let now = authorised_at(&self.configuration);
        now.is_some() && now != self.was.configuration.as_ref().and_then(authorised_at)
    }

    /// Returns the answer of a `connect` that does not store it.
    pub fn rejected(self) -> Connected {
        Connected {
            connection: self.id,
            stored: false,
            webhooks_subscribed: false,
            findings: self.findings,
            changes: self.changes,
            queued: 0,
        }
    }
}

/// Stores a connection, and subscribes its webhooks. If its settings changed, RMAs that need review are queued.
///
/// # Errors
/// Another user changed the connection in between, or a webhook cannot be subscribed: the connection is stored then.
pub async fn store(context: &Context, proposal: Proposal) -> Result<Connected, OperationError> {
    let Proposal { id, configuration, connection, was, findings, changes } = proposal;
    let change = ConnectionChange { by: context.actor.clone(), fields: changes };
    context.registry.change(&id, &configuration, was.encrypted.as_ref(), &change).await?;
    let queued = match &was.configuration {
        Some(stored) if stored.settings != configuration.settings => queue_reviews(context, &id).await?,
        _ => 0,
    };
    if let Some(public_url) = &context.public_url {
        let subscribed = async {
            subscriptions::subscribe(&connection, public_url, &configuration.webhook_secret).await?;
            subscriptions::unsubscribe_elsewhere(&connection, public_url, &configuration.webhook_secret).await
        };
        let subscribed = context.calling(async { Ok::<_, OperationError>(subscribed.await) }).await?;
        subscribed.map_err(|source| OperationError::NotSubscribed { connection: id.clone(), source })?;
    }
    Ok(Connected {
        connection: id,
        stored: true,
        webhooks_subscribed: context.public_url.is_some(),
        findings,
        changes: change.fields,
        queued,
    })
}

/// Queues the RMAs that need review: the new settings may answer it.
async fn queue_reviews(context: &Context, id: &ConnectionId) -> Result<usize, OperationError> {
    let waiting = context.store.reviews(Some(id)).await?;
    let request = QueueRequest {
        by: context.actor.clone(),
        operation: Operation::Connect,
        connection: id.clone(),
        rmas: waiting.into_iter().map(|job| (job.rma, Cause::Returngo)).collect(),
        why: "the settings were changed".to_owned(),
    };
    Ok(context.store.enqueue_requested(&request, context.now()).await?)
}
