//! The webhook subscriptions of a connection in both systems.

use brightpearl::integration::NewWebhook as BrightpearlWebhook;
use returngo::webhook::NewWebhook as ReturngoWebhook;
use returngo_brightpearl_mapping::check;
use returngo_brightpearl_sync::ReadError;

use crate::{configuration::Secret, connection::Connection, store::Source};

/// Where one system's webhooks for a connection arrive.
pub fn url(public_url: &str, source: Source, connection: &Connection, secret: &Secret) -> String {
    format!("{}{}", public_url.trim_end_matches('/'), path(source, connection, secret))
}

/// Only webhooks of this connection have this path, at whatever host.
fn path(source: Source, connection: &Connection, secret: &Secret) -> String {
    format!("/webhooks/{source}/{}/{}", connection.id, secret.reveal())
}

/// Creates missing subscriptions and corrects changed ones, in both systems.
///
/// # Errors
/// When one of the systems fails.
pub async fn subscribe(connection: &Connection, public_url: &str, secret: &Secret) -> Result<(), ReadError> {
    let to = url(public_url, Source::Brightpearl, connection, secret);
    let events = check::brightpearl_events(&connection.settings).into_iter();
    let wanted: Vec<_> = events.map(|event| BrightpearlWebhook::post(event, &to)).collect();
    connection.brightpearl.webhooks().ensure(&wanted).await?;
    let to = url(public_url, Source::Returngo, connection, secret);
    let wanted = check::returngo_events().map(|event| ReturngoWebhook::new(event, &to));
    connection.returngo.webhooks().ensure(&wanted).await?;
    Ok(())
}

/// Deletes the subscriptions of this connection at other public URLs.
///
/// # Errors
/// When one of the systems fails.
pub async fn unsubscribe_elsewhere(
    connection: &Connection,
    public_url: &str,
    secret: &Secret,
) -> Result<(), ReadError> {
    let current = |source| url(public_url, source, connection, secret);
    delete_from_brightpearl(connection, secret, Some(&current(Source::Brightpearl))).await?;
    delete_from_returngo(connection, secret, Some(&current(Source::Returngo))).await?;
    Ok(())
}

/// Deletes all subscriptions of this connection in Brightpearl. Returns their number.
///
/// # Errors
/// When Brightpearl fails.
pub async fn unsubscribe_from_brightpearl(
    connection: &Connection,
    secret: &Secret,
) -> Result<usize, brightpearl::Error> {
    delete_from_brightpearl(connection, secret, None).await
}

/// Deletes all subscriptions of this connection in ReturnGO. Returns their number.
///
/// # Errors
/// When ReturnGO fails.
pub async fn unsubscribe_from_returngo(
    connection: &Connection,
    secret: &Secret,
) -> Result<usize, returngo::Error> {
    delete_from_returngo(connection, secret, None).await
}

async fn delete_from_brightpearl(
    connection: &Connection,
    secret: &Secret,
    except: Option<&str>,
) -> Result<usize, brightpearl::Error> {
    let path = path(Source::Brightpearl, connection, secret);
    let mut subscriptions = connection.brightpearl.webhooks().list().await?;
    subscriptions.retain(|subscription| {
        let url = subscription.webhook.destination();
        url.ends_with(&path) && Some(url) != except
    });
    for subscription in &subscriptions {
        connection.brightpearl.webhooks().delete(subscription.id).await?;
    }
    Ok(subscriptions.len())
}

async fn delete_from_returngo(
    connection: &Connection,
    secret: &Secret,
    except: Option<&str>,
) -> Result<usize, returngo::Error> {
    let path = path(Source::Returngo, connection, secret);
    let mut subscriptions = connection.returngo.webhooks().list().await?;
    subscriptions.retain(|subscription| {
        subscription.url.ends_with(&path) && Some(subscription.url.as_str()) != except
    });
    for subscription in &subscriptions {
        connection.returngo.webhooks().delete(&subscription.id).await?;
    }
    Ok(subscriptions.len())
}
