//! The check of a connection, finding by finding.

use returngo_brightpearl_mapping::check::{self, Finding, Mark, Receiver};
use returngo_brightpearl_sync::{Receivers, read_connection};

use super::{Context, OperationError, status::moment};
use crate::{
    connection::Connection,
    store::{ConnectionId, Source},
    subscriptions,
};

/// Checks a stored connection: both systems, its webhooks, and its entries in the store.
///
/// # Errors
/// The connection is unknown or cannot be opened, or the store fails. A system that cannot be read is a finding.
pub async fn run(context: &Context, id: &ConnectionId) -> Result<Vec<Finding>, OperationError> {
    let secret = context.registry.configuration(id).await?.webhook_secret;
    let connection = context.connection(id).await?;
    let receiver = |source| {
        let public_url = context.public_url.as_deref()?;
        Some(Receiver::at(subscriptions::url(public_url, source, &connection, &secret)))
    };
    let receivers =
        Receivers { brightpearl: receiver(Source::Brightpearl), returngo: receiver(Source::Returngo) };
    let mut findings = findings(context, &connection, receivers).await;
    findings.extend(context.public_url.as_deref().and_then(unencrypted));
    findings.extend(stored_findings(context, &connection).await?);
    Ok(findings)
}

/// Checks a connection that is stored, or about to be.
pub(super) async fn findings(
    context: &Context,
    connection: &Connection,
    receivers: Receivers,
) -> Vec<Finding> {
    let (brightpearl, returngo) = (&connection.brightpearl, &connection.returngo);
    let read = read_connection(brightpearl, returngo, receivers, &*context.clock).await;
    if let Err(error) = context.registry.give_back_calls().await {
        tracing::warn!(%error, "reserved calls to ReturnGO were not returned");
    }
    check::check(&read, &connection.settings)
}

/// Warns of an address to which webhooks are sent unencrypted.
pub(super) fn unencrypted(public_url: &str) -> Option<Finding> {
    let scheme = public_url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http").then(|| Finding {
        mark: Mark::Warning,
        subject: "public_url".to_owned(),
        message: "webhooks are sent unencrypted, with the secret in their URLs".to_owned(),
        advice: Some("use an https:// address, unless both systems are mocks".to_owned()),
    })
}

/// Findings from the store.
async fn stored_findings(context: &Context, connection: &Connection) -> Result<Vec<Finding>, OperationError> {
    let message = match connection.synchronise_from {
        Some(from) => {
            format!("RMAs approved before {} are ignored until `backfill` queues them", moment(from))
        }
        None => "RMAs of any age are synchronized".to_owned(),
    };
    let from = Finding { mark: Mark::Pass, subject: "synchronise_from".to_owned(), message, advice: None };
    let mut findings = vec![duplicates(context, &connection.id).await?, from];
    findings.extend(unreadable(context, &connection.id).await?);
    Ok(findings)
}

/// Whether another connection links the same account and shop.
async fn duplicates(context: &Context, id: &ConnectionId) -> Result<Finding, OperationError> {
    let connected = match context.store.counterparts(id).await? {
        Some(pair) => context.store.connected_as(&pair).await?,
        None => Vec::new(),
    };
    let others: Vec<_> =
        connected.iter().filter(|connected| *connected != id).map(ToString::to_string).collect();
    let subject = "connection".to_owned();
    if others.is_empty() {
        let message = "no other connection links this account and this shop".to_owned();
        return Ok(Finding { mark: Mark::Pass, subject, message, advice: None });
    }
    let message = format!(
        "{} links the same account and the same shop. Both would credit and refund the same returns, so neither is \
         processed",
        others.join(", ")
    );
    let advice = Some("remove all but one of them with `disconnect`".to_owned());
    Ok(Finding { mark: Mark::Failure, subject, message, advice })
}

/// Objects that were skipped because they cannot be read.
async fn unreadable(context: &Context, id: &ConnectionId) -> Result<Option<Finding>, OperationError> {
    let unreadable = context.store.unreadable(Some(id)).await?;
    Ok(unreadable.first().map(|first| Finding {
        mark: Mark::Warning,
        subject: "unreadable".to_owned(),
        message: format!(
            "objects that were skipped because they cannot be read: {}, such as {}",
            unreadable.len(),
            first.unreadable
        ),
        advice: Some(format!("`reviews list {id}` lists them; check them in their system")),
    }))
}
