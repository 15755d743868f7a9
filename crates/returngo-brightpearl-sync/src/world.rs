//! Reads snapshots of both systems, for one RMA or for many at once.

mod chunks;
mod credits;
mod movements;
mod orders;
mod products;

use std::{collections::BTreeMap, sync::Arc};

use brightpearl::{Client, ErrorKind};
use futures_util::{StreamExt, stream};
use returngo::{Rma, RmaId};
use returngo_brightpearl_mapping::{ConnectionSettings, World, world::AccountFacts};

use crate::{Journal, MemoryJournal, ReadError, Remembered, account_facts, error::AroundError};
use products::ProductCache;

/// RMAs that are requested at the same time: ReturnGO has no bulk request, and allows 100 calls per second
/// (docs/evidence/returngo.md#access-and-quota).
const RMAS_AT_ONCE: usize = 8;

/// Reads snapshots of a connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reader {
    /// The Brightpearl account.
    pub brightpearl: Client,
    /// The ReturnGO shop.
    pub returngo: returngo::Client,
    /// The configuration of the account.
    pub account: Arc<AccountFacts>,
    /// The settings of the connection.
    pub settings: ConnectionSettings,
    pub(crate) products: ProductCache,
}

impl Reader {
    /// Creates a reader with these clients. Reads the configuration of the account, and keeps it.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub async fn new(
        brightpearl: Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
    ) -> Result<Self, ReadError> {
        let account = account_facts(&brightpearl).await.map_err(ReadError::SetUp)?;
        Ok(Self::with_account(brightpearl, returngo, settings, account))
    }

    /// Creates a reader with these clients and a configuration that was read before.
    pub fn with_account(
        brightpearl: Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
        account: impl Into<Arc<AccountFacts>>,
    ) -> Self {
        let account = account.into();
        Self { brightpearl, returngo, account, settings, products: ProductCache::default() }
    }

    /// Reads the current snapshot of an RMA.
    ///
    /// # Errors
    /// When a part of it cannot be read.
    pub async fn world(&self, id: &RmaId) -> Result<World, ReadError> {
        self.world_with(id, &MemoryJournal::default()).await
    }

    /// Reads the current snapshot of an RMA, with what the journal remembers about it.
    ///
    /// # Errors
    /// When a part of it cannot be read.
    pub async fn world_with(&self, id: &RmaId, journal: &dyn Journal) -> Result<World, ReadError> {
        let rma = self.returngo.rmas().get(id).await;
        let rma = rma.map_err(|source| ReadError::Rma { id: id.clone(), source })?;
        let mut worlds = self.worlds_of(vec![rma], journal).await;
        worlds.remove(id).unwrap_or_else(|| Err(ReadError::NotAsked(id.clone())))
    }

    /// Reads the current snapshots of many RMAs, in few requests. Each RMA has its world, or an error.
    pub async fn worlds(&self, ids: &[RmaId]) -> BTreeMap<RmaId, Result<World, ReadError>> {
        let mut worlds = BTreeMap::new();
        let mut found = Vec::new();
        for (id, rma) in self.rmas(ids).await {
            match rma {
                Ok(rma) => found.push(rma),
                Err(error) => drop(worlds.insert(id, Err(error))),
            }
        }
        worlds.extend(self.worlds_of(found, &MemoryJournal::default()).await);
        worlds
    }

    /// Reads RMAs from ReturnGO, with one call each.
    pub async fn rmas(&self, ids: &[RmaId]) -> BTreeMap<RmaId, Result<Rma, ReadError>> {
        stream::iter(ids.iter().cloned())
            .map(async |id| {
                let rma = self.returngo.rmas().get(&id).await;
                (id.clone(), rma.map_err(|source| ReadError::Rma { id, source }))
            })
            .buffer_unordered(RMAS_AT_ONCE)
            .collect()
            .await
    }

    /// Reads snapshots as [`Reader::worlds`] does, for RMAs that were just read from ReturnGO. The journal adds credits that
    /// searches may not show yet.
    pub async fn worlds_of(
        &self,
        rmas: Vec<Rma>,
        journal: &dyn Journal,
    ) -> BTreeMap<RmaId, Result<World, ReadError>> {
        let mut worlds = BTreeMap::new();
        let rmas = rmas.into_iter().map(|rma| (rma.id().clone(), rma)).collect();
        self.around(rmas, journal, &mut worlds).await;
        worlds
    }

    /// Reads Brightpearl for these RMAs. A refused request is repeated for each half, so that one RMA does not keep the
    /// others from being read.
    async fn around(
        &self,
        rmas: Vec<(RmaId, Rma)>,
        journal: &dyn Journal,
        worlds: &mut BTreeMap<RmaId, Result<World, ReadError>>,
    ) {
        let mut parts = vec![rmas];
        while let Some(mut part) = parts.pop() {
            match self.read_brightpearl(part.iter().map(|(_, rma)| rma), journal).await {
                Ok(read) => {
                    worlds.extend(part.into_iter().zip(read).map(|((id, _), world)| (id, Ok(world))));
                }
                Err(error) if part.len() > 1 && may_concern_one_rma(&error) => {
                    let half = part.split_off(part.len() / 2);
                    parts.extend([part, half]);
                }
                Err(error) => {
                    worlds.extend(part.into_iter().map(|(id, _)| (id, Err(error.clone().into()))));
                }
            }
        }
    }

    /// Reads worlds in the order of the RMAs.
    async fn read_brightpearl(
        &self,
        rmas: impl Iterator<Item = &Rma>,
        journal: &dyn Journal,
    ) -> Result<Vec<World>, AroundError> {
        let Self { brightpearl, settings, products, account, .. } = self;
        let mut worlds: Vec<World> = rmas.cloned().map(World::new).collect();
        let ids: Vec<RmaId> = worlds.iter().map(|world| world.rma.id().clone()).collect();
        let mut remembered =
            journal.remembered(&ids).await.map_err(|error| AroundError::Journal(error.into()))?;
        for world in &mut worlds {
            let Remembered { decisions, finished } = remembered.remove(world.rma.id()).unwrap_or_default();
            world.account = Arc::clone(account);
            world.decisions = decisions;
            world.finished = finished;
        }
        orders::read(brightpearl, settings, journal, &mut worlds).await?;
        products::read(brightpearl, products, &mut worlds).await?;
        credits::read(brightpearl, settings, &mut worlds).await?;
        Ok(worlds)
    }
}

fn may_concern_one_rma(error: &AroundError) -> bool {
    let kind = match error {
        AroundError::Brightpearl(error) => error.kind(),
        AroundError::Journal(_) => return false,
    };
    matches!(kind, ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Undecodable)
}
