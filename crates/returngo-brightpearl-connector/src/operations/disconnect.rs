//! Removing a connection, with its credentials and its webhooks.

use serde::Serialize;

use super::{Context, OperationError};
use crate::{
    registry::RegistryError,
    store::{ConnectionId, Counterparts, Source},
    subscriptions, with_causes,
};

/// A connection that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disconnected {
    /// Its name.
    pub connection: ConnectionId,
    /// How many webhooks were removed.
    pub webhooks_removed: WebhooksRemoved,
    /// Where webhooks remain, and why.
    pub webhooks_left: Vec<String>,
}

/// How many webhooks were removed from each system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct WebhooksRemoved {
    /// From Brightpearl.
    pub brightpearl: usize,
    /// From ReturnGO.
    pub returngo: usize,
}

/// Returns the account and the shop of a connection, if they are known, for the question that precedes the removal.
///
/// # Errors
/// The connection is unknown.
pub async fn counterparts(
    context: &Context,
    id: &ConnectionId,
) -> Result<Option<Counterparts>, OperationError> {
    if context.store.connection(id).await?.is_none() {
        return Err(RegistryError::NotFound(id.clone()).into());
    }
    Ok(context.store.counterparts(id).await?)
}

/// Removes a connection's webhooks, then the connection. Writes stay, in both systems and in the audit. With
/// `leave_webhooks` it removes the connection even if webhooks remain.
///
/// # Errors
/// The connection is unknown, or webhooks remain.
pub async fn run(
    context: &Context,
    id: &ConnectionId,
    leave_webhooks: bool,
) -> Result<Disconnected, OperationError> {
    let unsubscribed =
        context.calling(async { Ok::<_, OperationError>(unsubscribe(context, id).await) }).await?;
    let left: Vec<String> = unsubscribed
        .iter()
        .filter_map(|(source, removed)| {
            let error = removed.as_ref().err()?;
            Some(format!("those in {source}, to …/webhooks/{source}/{id}/… ({error})"))
        })
        .collect();
    if !left.is_empty() && !leave_webhooks {
        return Err(OperationError::WebhooksRemain { connection: id.clone(), left: left.join("; ") });
    }
    if !context.store.remove_connection(id, &context.actor, context.now()).await? {
        return Err(RegistryError::NotFound(id.clone()).into());
    }
    let [brightpearl, returngo] = unsubscribed.map(|(_, removed)| removed.unwrap_or_default());
    let webhooks_removed = WebhooksRemoved { brightpearl, returngo };
    Ok(Disconnected { connection: id.clone(), webhooks_removed, webhooks_left: left })
}

/// Removes the webhooks from both systems: how many, or why not.
async fn unsubscribe(context: &Context, id: &ConnectionId) -> [(Source, Result<usize, String>); 2] {
    let opened = async {
        let secret = context.registry.configuration(id).await?.webhook_secret;
        Ok::<_, RegistryError>((context.registry.get(id).await?, secret))
    };
    match opened.await {
        Ok((connection, secret)) => {
            let brightpearl = subscriptions::unsubscribe_from_brightpearl(&connection, &secret).await;
            let returngo = subscriptions::unsubscribe_from_returngo(&connection, &secret).await;
            [
                (Source::Brightpearl, brightpearl.map_err(|error| with_causes(&error))),
                (Source::Returngo, returngo.map_err(|error| with_causes(&error))),
            ]
        }
        Err(error) => Source::ALL.map(|source| (source, Err(with_causes(&error)))),
    }
}
