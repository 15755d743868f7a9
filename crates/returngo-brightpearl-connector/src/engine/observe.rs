use std::collections::BTreeMap;

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::{Rma, RmaId};
use returngo_brightpearl_mapping::{Plan, World, original_order};
use returngo_brightpearl_sync::ReadError;

use super::{Engine, error_scope, recent_writes::RecentWrites, store_journal::StoreJournal};
use crate::{
    connection::Connection,
    store::{JobOutcome, Lease, Observation, Revision, StoreError},
};

/// What both systems say about an RMA, and the plan that follows from it.
pub(super) struct Snapshot {
    pub(super) plan: Plan,
    pub(super) observation: Observation,
    /// When reading both systems began.
    pub(super) observed_at: Timestamp,
    /// The sales order that the RMA is for, if there is one for certain.
    pub(super) order: Option<OrderId>,
}

/// RMAs as ReturnGO showed them under their leases, with the time of the request. An RMA that was not written to is not
/// requested again: ReturnGO's quota is small.
pub(super) type RmaCache = BTreeMap<RmaId, (Timestamp, Rma)>;

impl Engine {
    /// Reads both systems and plans, for each of these leases in their order. Also returns the revision of the store before
    /// reading. An RMA that cannot be read has an outcome instead.
    pub(super) async fn observe(
        &self,
        connection: &Connection,
        leases: &[Lease],
        rma_cache: &mut RmaCache,
    ) -> Result<(Revision, Vec<Result<Snapshot, JobOutcome>>), StoreError> {
        let revision = self.store.revision().await?;
        let rmas: Vec<RmaId> = leases.iter().map(|lease| lease.rma.clone()).collect();
        let reader = match connection.reader().await {
            Ok(reader) => reader,
            Err(error) => {
                let failed = |lease| Err(self.policy.after_read_error(lease, &error, self.clock.now()));
                return Ok((revision, leases.iter().map(failed).collect()));
            }
        };
        let unread: Vec<RmaId> = rmas.iter().filter(|rma| !rma_cache.contains_key(rma)).cloned().collect();
        let mut worlds = BTreeMap::new();
        let requested_at = self.clock.now();
        for (id, rma) in reader.rmas(&unread).await {
            match rma {
                Ok(rma) => drop(rma_cache.insert(id, (requested_at, rma))),
                Err(error) => drop(worlds.insert(id, Err(error))),
            }
        }
        let is_shop_accessible = !rma_cache.is_empty() || {
            let is_any_forbidden =
                worlds.values().any(|world| world.as_ref().is_err_and(error_scope::is_forbidden));
            is_any_forbidden && connection.can_list_rmas().await
        };
        let read = rmas.iter().filter_map(|rma| rma_cache.get(rma)).map(|(_, rma)| rma.clone());
        let journal = StoreJournal::reading(&self.store, &connection.id);
        worlds.extend(reader.worlds_of(read.collect(), &journal).await);
        let since = self.policy.known_until(self.clock.now());
        let recent = RecentWrites::read(&self.store, &connection.id, &rmas, since).await?;
        let mut snapshots = Vec::with_capacity(leases.len());
        for lease in leases {
            let id = &lease.rma;
            let world = match worlds.remove(id).unwrap_or_else(|| Err(ReadError::NotAsked(id.clone()))) {
                Ok(world) => world,
                Err(error) => {
                    snapshots.push(Err(self.after_unread(lease, &error, is_shop_accessible, &recent)));
                    continue;
                }
            };
            if let Some(effect) = recent.not_shown(id, &world) {
                snapshots.push(Err(self.policy.after_not_shown(effect, self.clock.now())));
                continue;
            }
            let plan = plan(connection, lease, &world);
            let observed_at = rma_cache.get(id).map_or(requested_at, |(read_at, _)| *read_at);
            let credit = plan.state.credit.as_ref().map(|credit| credit.id);
            let observation = Observation::of(&world, credit, &connection.settings, observed_at);
            snapshots.push(Ok(Snapshot { plan, observation, observed_at, order: original_order(&world) }));
        }
        Ok((revision, snapshots))
    }

    /// An RMA that ReturnGO does not know belongs to another shop if only Brightpearl named it. An RMA that it refuses while
    /// it shows others is that RMA's own failure.
    fn after_unread(
        &self,
        lease: &Lease,
        error: &ReadError,
        is_shop_accessible: bool,
        recent: &RecentWrites,
    ) -> JobOutcome {
        let is_unknown = matches!(
            error,
            ReadError::Rma { source, .. } if source.kind() == returngo::ErrorKind::NotFound
        );
        if is_unknown && !lease.of_this_shop && !recent.contains(&lease.rma) {
            return JobOutcome::OfAnotherShop;
        }
        if let ReadError::Rma { source, .. } = error
            && is_shop_accessible
            && error_scope::is_forbidden(error)
        {
            return self.policy.after_forbidden(lease, source, self.clock.now());
        }
        self.policy.after_read_error(lease, error, self.clock.now())
    }
}

/// Plans an RMA. One that was approved before its connection started was credited by hand: it has no effects and no reviews,
/// unless a user requested it or it has a credit of the connector.
fn plan(connection: &Connection, lease: &Lease, world: &World) -> Plan {
    let mut plan = returngo_brightpearl_mapping::plan(world, &connection.settings);
    let is_earlier =
        !lease.requested && connection.is_before_start(&world.rma) && plan.state.credit.is_none();
    if is_earlier {
        plan.effects.clear();
        plan.reviews.clear();
    }
    plan
}
