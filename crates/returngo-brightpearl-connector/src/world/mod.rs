//! Reading both systems for many RMAs at once: what the mapping looks at, in as few requests as it takes.

mod account;
mod credits;
mod orders;
mod products;

use std::{collections::BTreeMap, fmt};

use futures_util::{StreamExt, stream};
use returngo::{Rma, RmaId};
use returngo_brightpearl::World;

use crate::connection::Connection;

pub(crate) use account::AccountCache;
pub(crate) use products::ProductCache;

/// How many RMAs are asked for at the same time. ReturnGO answers one at a time, and allows a hundred calls a
/// second (returngo.md §1).
const RMAS_AT_ONCE: usize = 8;

/// Why something could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// Brightpearl did not give it.
    Brightpearl(brightpearl::Error),
    /// ReturnGO did not give it.
    Returngo(returngo::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Brightpearl(error) => write!(f, "Brightpearl: {error}"),
            Self::Returngo(error) => write!(f, "ReturnGO: {error}"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Brightpearl(error) => Some(error),
            Self::Returngo(error) => Some(error),
        }
    }
}

impl From<brightpearl::Error> for ReadError {
    fn from(error: brightpearl::Error) -> Self {
        Self::Brightpearl(error)
    }
}

impl From<returngo::Error> for ReadError {
    fn from(error: returngo::Error) -> Self {
        Self::Returngo(error)
    }
}

impl Connection {
    /// Reads what both systems say now about these RMAs. Every RMA gets its world or the reason why it has none.
    ///
    /// The worlds come without the account's facts, which are the same for all:
    /// [`Connection::account`] has them.
    pub async fn worlds(&self, rmas: &[RmaId]) -> BTreeMap<RmaId, Result<World, ReadError>> {
        let asked = stream::iter(rmas.iter().cloned())
            .map(async |id| {
                let rma = self.returngo.rmas().get(&id).await;
                (id, rma)
            })
            .buffer_unordered(RMAS_AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut worlds = BTreeMap::new();
        let mut found = Vec::new();
        for (id, rma) in asked {
            match rma {
                Ok(rma) => found.push((id, rma)),
                Err(error) => {
                    worlds.insert(id, Err(error.into()));
                }
            }
        }
        self.around(found, &mut worlds).await;
        worlds
    }

    /// Reads Brightpearl for these RMAs. Where it refuses the whole, halves are tried: what one RMA leads to
    /// must not keep the others waiting.
    async fn around(&self, rmas: Vec<(RmaId, Rma)>, worlds: &mut BTreeMap<RmaId, Result<World, ReadError>>) {
        let mut parts = vec![rmas];
        while let Some(mut part) = parts.pop() {
            match self.read_brightpearl(part.iter().map(|(_, rma)| rma)).await {
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
    ) -> Result<Vec<World>, brightpearl::Error> {
        let mut worlds: Vec<World> = rmas.cloned().map(World::new).collect();
        orders::read(self, &mut worlds).await?;
        products::read(self, &mut worlds).await?;
        credits::read(self, &mut worlds).await?;
        Ok(worlds)
    }
}

fn may_be_one_rmas_fault(error: &brightpearl::Error) -> bool {
    use brightpearl::ErrorKind;
    matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Undecodable)
}
