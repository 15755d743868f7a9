//! The webhooks that the connector needs on both sides: made when a connection is, looked after daily.

use brightpearl::integration::NewWebhook as BrightpearlWebhook;
use returngo::webhook::NewWebhook as ReturngoWebhook;
use returngo_brightpearl::check;

use crate::{configuration::Secret, connection::Connection, ledger::Source};
use returngo_brightpearl_reader::ReadError;

/// Where one side's webhooks for a connection arrive.
pub fn url(public_url: &str, source: Source, connection: &Connection, secret: &Secret) -> String {
    let base = public_url.trim_end_matches('/');
    format!("{base}/webhooks/{source}/{}/{}", connection.id, secret.reveal())
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

    /// Removes what [`subscribe`](Self::subscribe) has subscribed.
    ///
    /// # Errors
    /// When one of the systems does not take it.
    pub async fn unsubscribe(&self, public_url: &str, secret: &Secret) -> Result<(), ReadError> {
        let to = url(public_url, Source::Brightpearl, self, secret);
        self.brightpearl.webhooks().remove_ours(&to).await?;
        let to = url(public_url, Source::Returngo, self, secret);
        for webhook in self.returngo.webhooks().list().await? {
            if webhook.url == to {
                self.returngo.webhooks().delete(&webhook.id).await?;
            }
        }
        Ok(())
    }
}
