//! An open connection: a ReturnGO shop and a Brightpearl account, and how they are kept in step.

use std::sync::Arc;

use api_client_core::client::Clock;
use jiff::{SignedDuration, Timestamp};
use returngo::{Rma, RmaFilter};
use returngo_brightpearl_mapping::ConnectionSettings;
use returngo_brightpearl_sync::{ReadError, Reader};
use tokio::sync::Mutex;

use crate::store::ConnectionId;

/// How long the account's set-up is taken as read: statuses, channels and bank accounts change by hand, and
/// rarely.
const SET_UP_KEPT_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How long a set-up is kept of which an entry could not be read: refunds may wait for it.
const INCOMPLETE_SET_UP_KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// A ReturnGO shop and a Brightpearl account that are kept in step.
#[derive(Debug)]
pub struct Connection {
    /// Its name.
    pub id: ConnectionId,
    /// The account.
    pub brightpearl: brightpearl::Client,
    /// The shop.
    pub returngo: returngo::Client,
    /// How they are kept in step.
    pub settings: ConnectionSettings,
    /// RMAs that were approved before this time are left alone until a person asks for them.
    pub synchronise_from: Option<Timestamp>,
    pub(crate) clock: Arc<dyn Clock>,
    reader: Mutex<Option<(Timestamp, Arc<Reader>)>>,
}

impl Connection {
    /// A connection by these clients.
    pub fn new(
        id: ConnectionId,
        brightpearl: brightpearl::Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { id, brightpearl, returngo, settings, synchronise_from: None, clock, reader: Mutex::default() }
    }

    /// Whether an RMA was approved before the connection was made.
    pub(crate) fn is_from_before(&self, rma: &Rma) -> bool {
        let approved_at = rma.approved_at().or(rma.created_at).map(|at| at.timestamp());
        self.synchronise_from.zip(approved_at).is_some_and(|(from, approved_at)| approved_at < from)
    }

    /// Whether ReturnGO shows RMAs of the shop: one call.
    pub(crate) async fn shows_rmas(&self) -> bool {
        self.returngo.rmas().list(RmaFilter::new()).next_page().await.is_ok()
    }

    /// The account's set-up as it was read last; none before.
    pub(crate) async fn known_account(&self) -> Option<Arc<Reader>> {
        self.reader.lock().await.as_ref().map(|(_, reader)| Arc::clone(reader))
    }

    /// What reads both systems. The account's set-up is read anew when it is older than half an hour, and sooner when an
    /// entry of it could not be read.
    ///
    /// # Errors
    /// When the set-up cannot be read.
    pub async fn reader(&self) -> Result<Arc<Reader>, ReadError> {
        let now = self.clock.now();
        let mut kept = self.reader.lock().await;
        if let Some((read_at, reader)) = &*kept
            && now.duration_since(*read_at) < kept_for(reader)
        {
            return Ok(Arc::clone(reader));
        }
        let (brightpearl, returngo) = (self.brightpearl.clone(), self.returngo.clone());
        let reader = Arc::new(Reader::new(brightpearl, returngo, self.settings.clone()).await?);
        *kept = Some((now, Arc::clone(&reader)));
        Ok(reader)
    }
}

fn kept_for(reader: &Reader) -> SignedDuration {
    if reader.account.unreadable.is_empty() { SET_UP_KEPT_FOR } else { INCOMPLETE_SET_UP_KEPT_FOR }
}
