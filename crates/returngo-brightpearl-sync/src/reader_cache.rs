//! The reader of a connection, which keeps the configuration of the account for some time.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl_mapping::ConnectionSettings;
use tokio::sync::Mutex;

use crate::{ReadError, Reader};

/// How long the configuration of the Brightpearl account is cached: people change statuses, channels and bank accounts
/// by hand, and rarely.
const ACCOUNT_CACHED_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How long it is cached when an entry could not be decoded: refunds may depend on that entry.
const INCOMPLETE_ACCOUNT_CACHED_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Caches the [`Reader`] of a connection for half an hour, or for five minutes when an entry of the account's configuration
/// could not be decoded.
#[derive(Debug, Default)]
pub struct ReaderCache(Mutex<Option<(Timestamp, Arc<Reader>)>>);

impl ReaderCache {
    /// Returns the cached reader, or a new one.
    ///
    /// # Errors
    /// When the configuration of the account cannot be read.
    pub async fn get(
        &self,
        brightpearl: &brightpearl::Client,
        returngo: &returngo::Client,
        settings: &ConnectionSettings,
        now: Timestamp,
    ) -> Result<Arc<Reader>, ReadError> {
        let mut cached = self.0.lock().await;
        if let Some((read_at, reader)) = &*cached
            && now.duration_since(*read_at) < cached_for(reader)
        {
            return Ok(Arc::clone(reader));
        }
        let reader = Reader::new(brightpearl.clone(), returngo.clone(), settings.clone()).await?;
        let reader = Arc::new(reader);
        *cached = Some((now, Arc::clone(&reader)));
        Ok(reader)
    }

    /// Returns the reader as last read; none before the first read.
    pub async fn last(&self) -> Option<Arc<Reader>> {
        self.0.lock().await.as_ref().map(|(_, reader)| Arc::clone(reader))
    }
}

fn cached_for(reader: &Reader) -> SignedDuration {
    if reader.account.unreadable.is_empty() { ACCOUNT_CACHED_FOR } else { INCOMPLETE_ACCOUNT_CACHED_FOR }
}
