//! Processing a stored webhook again.

use serde::Serialize;

use super::{Context, OperationError};
use crate::store::{ConnectionId, InboxId};

/// A webhook that was queued again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Its number in the inbox.
    pub webhook: i64,
    /// Its connection.
    pub connection: ConnectionId,
    /// The system that sent it.
    pub source: &'static str,
}

/// Queues a stored webhook to be processed again.
///
/// # Errors
/// The webhook is not stored.
pub async fn run(context: &Context, webhook: InboxId) -> Result<Replayed, OperationError> {
    let replayed = context.store.replay(webhook, &context.actor, context.now()).await?;
    let delivery = replayed.ok_or(OperationError::UnknownDelivery(webhook))?.delivery;
    Ok(Replayed { webhook: webhook.0, connection: delivery.connection, source: delivery.source.as_str() })
}
