//! The webhooks that the connector needs on both sides: made when a connection is, looked after daily.

use brightpearl::integration::NewWebhook as BrightpearlWebhook;
use returngo::webhook::NewWebhook as ReturngoWebhook;
use returngo_brightpearl_mapping::check;

use crate::{configuration::Secret, connection::Connection, store::Source};
use returngo_brightpearl_sync::ReadError;

/// Where one side's webhooks for a connection arrive.
pub fn url(public_url: &str, source: Source, connection: &Connection, secret: &Secret) -> String {
    format!("{}{}", public_url.trim_end_matches('/'), path(source, connection, secret))
}

/// Nobody else has webhooks to this path, whatever stands before it.
fn path(source: Source, connection: &Connection, secret: &Secret) -> String {
    format!("/webhooks/{source}/{}/{}", connection.id, secret.reveal())
}

impl Connection {
    /// Subscribes what is missing and mends what differs, on both sides.
    ///
    /// # Errors
    /// When one of the systems does not take it.
    pub async fn subscribe(&self, public_url: &str, secret: &Secret) -> Result<(), ReadError> {
        let to = url(public_url, Source::Brightpearl, self, secret);
        let events = check::brightpearl_events(&self.settings).into_iter();
        let wanted: Vec<_> = events.map(|event| BrightpearlWebhook::post(event, &to)).collect();
        self.brightpearl.webhooks().ensure(&wanted).await?;
        let to = url(public_url, Source::Returngo, self, secret);
        let wanted = check::returngo_events().map(|event| ReturngoWebhook::new(event, &to));
        self.returngo.webhooks().ensure(&wanted).await?;
        Ok(())
    }

    /// Removes what [`subscribe`](Self::subscribe) has subscribed at other addresses than this one.
    ///
    /// # Errors
    /// When one of the systems does not take it.
    pub async fn unsubscribe_elsewhere(&self, public_url: &str, secret: &Secret) -> Result<(), ReadError> {
        let here = |source| url(public_url, source, self, secret);
        self.remove_from_brightpearl(secret, Some(&here(Source::Brightpearl))).await?;
        self.remove_from_returngo(secret, Some(&here(Source::Returngo))).await?;
        Ok(())
    }

    /// Removes what [`subscribe`](Self::subscribe) has subscribed in Brightpearl, at whatever address; gives back
    /// how many webhooks.
    ///
    /// # Errors
    /// When Brightpearl does not take it.
    pub async fn unsubscribe_from_brightpearl(&self, secret: &Secret) -> Result<usize, brightpearl::Error> {
        self.remove_from_brightpearl(secret, None).await
    }

    /// The same in ReturnGO.
    ///
    /// # Errors
    /// When ReturnGO does not take it.
    pub async fn unsubscribe_from_returngo(&self, secret: &Secret) -> Result<usize, returngo::Error> {
        self.remove_from_returngo(secret, None).await
    }

    async fn remove_from_brightpearl(
        &self,
        secret: &Secret,
        but: Option<&str>,
    ) -> Result<usize, brightpearl::Error> {
        let path = path(Source::Brightpearl, self, secret);
        let mut ours = self.brightpearl.webhooks().list().await?;
        ours.retain(|there| {
            let to = there.webhook.destination();
            to.ends_with(&path) && Some(to) != but
        });
        for there in &ours {
            self.brightpearl.webhooks().delete(there.id).await?;
        }
        Ok(ours.len())
    }

    async fn remove_from_returngo(
        &self,
        secret: &Secret,
        but: Option<&str>,
    ) -> Result<usize, returngo::Error> {
        let path = path(Source::Returngo, self, secret);
        let mut ours = self.returngo.webhooks().list().await?;
        ours.retain(|there| there.url.ends_with(&path) && Some(there.url.as_str()) != but);
        for there in &ours {
            self.returngo.webhooks().delete(&there.id).await?;
        }
        Ok(ours.len())
    }
}
