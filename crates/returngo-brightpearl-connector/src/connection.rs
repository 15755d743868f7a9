//! An open connection: a ReturnGO shop and a Brightpearl account, and how they are kept in step.

use std::sync::Arc;

use api_client_core::client::Clock;
use returngo_brightpearl::ConnectionSettings;

use crate::{
    ledger::ConnectionId,
    world::{AccountCache, ProductCache},
};

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
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) account: AccountCache,
    pub(crate) products: ProductCache,
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
        Self {
            id,
            brightpearl,
            returngo,
            settings,
            clock,
            account: AccountCache::default(),
            products: ProductCache::default(),
        }
    }
}
