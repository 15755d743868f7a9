//! An open connection: clients of one ReturnGO shop and one Brightpearl account, and its settings.

use std::sync::Arc;

use api_client_core::client::Clock;
use jiff::Timestamp;
use returngo::{Rma, RmaFilter};
use returngo_brightpearl_mapping::ConnectionSettings;
use returngo_brightpearl_sync::{ReadError, Reader, ReaderCache, Writer};

use crate::{
    failpoints::{Failpoint, Failpoints},
    store::{ConnectionId, Store},
};

/// A ReturnGO shop and a Brightpearl account that are kept in sync.
#[derive(Debug)]
pub struct Connection {
    /// The connection's name.
    pub id: ConnectionId,
    /// The client of the Brightpearl account.
    pub brightpearl: brightpearl::Client,
    /// The client of the ReturnGO shop.
    pub returngo: returngo::Client,
    /// How RMAs are mapped to sales credits.
    pub settings: ConnectionSettings,
    /// RMAs that were approved before this time are synchronized only on request.
    pub synchronise_from: Option<Timestamp>,
    pub(crate) clock: Arc<dyn Clock>,
    reader: ReaderCache,
}

impl Connection {
    /// Creates a connection from its clients and settings.
    pub fn new(
        id: ConnectionId,
        brightpearl: brightpearl::Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            id,
            brightpearl,
            returngo,
            settings,
            synchronise_from: None,
            clock,
            reader: ReaderCache::default(),
        }
    }

    /// The writer to both systems.
    pub const fn writer(&self) -> Writer<'_> {
        Writer { brightpearl: &self.brightpearl, returngo: &self.returngo }
    }

    /// Whether an RMA was approved before [`synchronise_from`](Self::synchronise_from).
    pub(crate) fn is_before_start(&self, rma: &Rma) -> bool {
        let approved_at = rma.approved_at().or(rma.created_at).map(|at| at.timestamp());
        self.synchronise_from.zip(approved_at).is_some_and(|(from, approved_at)| approved_at < from)
    }

    /// Whether ReturnGO lists RMAs of the shop. Costs one call.
    pub(crate) async fn can_list_rmas(&self) -> bool {
        self.returngo.rmas().list(RmaFilter::new()).next_page().await.is_ok()
    }

    /// The reader with the account's configuration as last read; none before the first read.
    pub(crate) async fn cached_reader(&self) -> Option<Arc<Reader>> {
        self.reader.last().await
    }

    /// Returns the reader for both systems. Reads the account's configuration again after half an hour, or after five
    /// minutes when an entry of it could not be decoded.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub async fn reader(&self) -> Result<Arc<Reader>, ReadError> {
        self.reader.get(&self.brightpearl, &self.returngo, &self.settings, self.clock.now()).await
    }
}

/// A connection and the parts of the process that work for it.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The connector's store.
    pub store: &'a Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The steps at which tests end the process.
    pub failpoints: &'a dyn Failpoints,
}

impl Context<'_> {
    pub(crate) fn id(&self) -> &ConnectionId {
        &self.connection.id
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn reached(&self, point: Failpoint) {
        self.failpoints.reached(point);
    }
}
