//! What the mapping looks at, fetched with both clients: for one RMA, or for many at once.

mod chunks;
mod credits;
mod movements;
mod orders;
mod products;

use std::collections::BTreeMap;

use brightpearl::{Client, ErrorKind};
use futures_util::{StreamExt, stream};
use returngo::{Rma, RmaId};
use returngo_brightpearl_mapping::{ConnectionSettings, World, world::AccountFacts};

use crate::{Journal, MemoryJournal, ReadError, account_facts, error::AroundError};
use products::ProductCache;

/// How many RMAs are asked for at the same time: ReturnGO takes them one by one, and allows a hundred calls a
/// second (docs/evidence/returngo.md#access-and-quota).
const RMAS_AT_ONCE: usize = 8;

/// Reads worlds of one connection.
#[derive(Debug)]
pub struct Reader {
    /// The Brightpearl account.
    pub brightpearl: Client,
    /// The ReturnGO shop.
    pub returngo: returngo::Client,
    /// The account's set-up.
    pub account: AccountFacts,
    /// How the two are connected.
    pub settings: ConnectionSettings,
    pub(crate) products: ProductCache,
}

impl Reader {
    /// Reads worlds with these two clients. The account's set-up is read now and kept.
    ///
    /// # Errors
    /// When the set-up cannot be read.
    pub async fn new(
        brightpearl: Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
    ) -> Result<Self, ReadError> {
        let account = account_facts(&brightpearl).await.map_err(ReadError::SetUp)?;
        Ok(Self::with_account(brightpearl, returngo, settings, account))
    }

    /// Reads worlds with these two clients, and with a set-up that was read before.
    pub fn with_account(
        brightpearl: Client,
        returngo: returngo::Client,
        settings: ConnectionSettings,
        account: AccountFacts,
    ) -> Self {
        Self { brightpearl, returngo, account, settings, products: ProductCache::default() }
    }

    /// Reads what both systems say now about an RMA.
    ///
    /// # Errors
    /// When something cannot be read.
    pub async fn world(&self, id: &RmaId) -> Result<World, ReadError> {
        let mut worlds = self.worlds(std::slice::from_ref(id)).await;
        let mut world = worlds.remove(id).unwrap_or_else(|| Err(ReadError::NotAsked(id.clone())))?;
        world.account = self.account.clone();
        Ok(world)
    }

    /// Reads what both systems say now about many RMAs, in as few requests as it takes. Every RMA gets its world or
    /// the reason why it has none.
    ///
    /// The worlds come without [`Reader::account`], which is the same for all, and large: put it into each when
    /// its turn comes.
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

    /// Reads RMAs, as ReturnGO shows them now: one call each.
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

    /// As [`Reader::worlds`], for RMAs that were read just now: ReturnGO is not asked. The journal tells of credits
    /// that searches may not show yet.
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

    /// Reads Brightpearl for these RMAs. Where it refuses the whole, halves are tried: what one RMA leads to must not
    /// keep the others waiting.
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
                Err(error) if part.len() > 1 && may_be_one_rmas_fault(&error) => {
                    let half = part.split_off(part.len() / 2);
                    parts.extend([part, half]);
                }
                Err(error) => {
                    worlds.extend(part.into_iter().map(|(id, _)| (id, Err(error.clone().into()))));
                }
            }
        }
    }

    /// Worlds in the order of the RMAs.
    async fn read_brightpearl(
        &self,
        rmas: impl Iterator<Item = &Rma>,
        journal: &dyn Journal,
    ) -> Result<Vec<World>, AroundError> {
        let mut worlds: Vec<World> = rmas.cloned().map(World::new).collect();
        orders::read(self, journal, &mut worlds).await?;
        products::read(self, &mut worlds).await?;
        credits::read(self, &mut worlds).await?;
        Ok(worlds)
    }
}

fn may_be_one_rmas_fault(error: &AroundError) -> bool {
    let kind = match error {
        AroundError::Brightpearl(error) => error.kind(),
        AroundError::Journal(_) => return false,
    };
    matches!(kind, ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Undecodable)
}
