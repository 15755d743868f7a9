use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl_connector::{
    configuration::ConnectionConfiguration,
    store::{self, Cause, ConnectionId, Counterparts, Store, StoredConnection},
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_demo::Scenario;
use sqlx::{Connection, Row};
use tokio::task::JoinSet;

use crate::{
    databases::{Database, Server},
    process::KEY,
};

/// The time for which sweeps are scheduled.
#[derive(Clone, Copy)]
pub(crate) enum ScheduledSweeps {
    Now,
    Tomorrow,
}

/// A database with connections, and mocks of the systems that they connect.
pub(crate) struct World {
    database: Database,
    store: Arc<Store>,
    vault: Arc<Vault>,
    stored_at: Timestamp,
    shops: Vec<(ConnectionId, Scenario)>,
}

impl World {
    async fn empty(server: &Server, sweeps: ScheduledSweeps) -> Self {
        let database = Database::postgres(server).await;
        let store = store::open(&database.url).await.unwrap();
        let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &store).await.unwrap();
        let stored_at = match sweeps {
            ScheduledSweeps::Now => Timestamp::now(),
            ScheduledSweeps::Tomorrow => Timestamp::now() + SignedDuration::from_hours(24),
        };
        Self { database, store, vault: Arc::new(vault), stored_at, shops: Vec::new() }
    }

    /// Creates this number of shops and accounts, with this number of RMAs each that are not approved yet.
    pub(crate) async fn of_shops(server: &Server, shops: u64, rmas: u64) -> Self {
        let mut world = Self::empty(server, ScheduledSweeps::Tomorrow).await;
        for number in 0..shops {
            let scenario = Scenario::start(rmas).await.unwrap();
            let connection: ConnectionId = format!("shop-{number}").parse().unwrap();
            let configuration = scenario.configuration().unwrap();
            put(&world.store, &world.vault, &connection, &configuration, world.stored_at).await;
            world.shops.push((connection, scenario));
        }
        world
    }

    /// Creates this number of connections to one idle shop and account.
    pub(crate) async fn of_connections(server: &Server, connections: u32, sweeps: ScheduledSweeps) -> Self {
        const TASKS: u32 = 8;
        let mut world = Self::empty(server, sweeps).await;
        let scenario = Scenario::start(1).await.unwrap();
        let configuration = scenario.configuration().unwrap();
        let mut putting = JoinSet::new();
        for first in 0..TASKS {
            let (store, vault) = (Arc::clone(&world.store), Arc::clone(&world.vault));
            let (configuration, stored_at) = (configuration.clone(), world.stored_at);
            putting.spawn(async move {
                for number in (first..connections).step_by(TASKS as usize) {
                    let connection = format!("connection-{number}").parse().unwrap();
                    put(&store, &vault, &connection, &configuration, stored_at).await;
                }
            });
        }
        putting.join_all().await;
        world.shops.push(("connection-0".parse().unwrap(), scenario));
        world
    }

    pub(crate) fn url(&self) -> &str {
        &self.database.url
    }

    pub(crate) fn rmas(&self) -> u64 {
        self.shops.iter().map(|(_, scenario)| scenario.rmas.len() as u64).sum()
    }

    /// Approves all RMAs and queues them.
    pub(crate) async fn approve_all(&self) {
        for (connection, scenario) in &self.shops {
            for rma in &scenario.rmas {
                scenario.approve(rma).unwrap();
            }
            self.store
                .enqueue(connection, &scenario.rmas, Cause::User, "benchmark", Timestamp::now())
                .await
                .unwrap();
        }
    }

    /// Waits until all RMAs are in sync.
    pub(crate) async fn wait_until_in_sync(&self) {
        self.wait_for_in_sync(self.rmas()).await;
    }

    async fn wait_for_in_sync(&self, enough: u64) {
        loop {
            let status = self.store.status().await.unwrap();
            assert!(status.iter().all(|status| status.needs_review == 0));
            if status.iter().map(|status| status.in_sync).sum::<u64>() >= enough {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until this many RMAs are in sync. Returns the port of the process with the most RMAs in progress, and their
    /// number.
    pub(crate) async fn busiest_process_after(&self, in_sync: u64) -> (u16, i64) {
        const MOST: &str = "
            SELECT worker, COUNT(*) AS leases FROM job WHERE state = 'in-progress'
            GROUP BY worker ORDER BY leases DESC LIMIT 1";
        self.wait_for_in_sync(in_sync).await;
        let mut connection = sqlx::AnyConnection::connect(&self.database.url).await.unwrap();
        let row = sqlx::query(MOST).fetch_one(&mut connection).await.unwrap();
        let worker: String = row.get("worker");
        // For example `serve host:127.0.0.1:8080#7`.
        let name = worker.rsplit_once('#').unwrap().0;
        (name.rsplit_once(':').unwrap().1.parse().unwrap(), row.get("leases"))
    }

    /// Asserts that the mocks have one credit for each RMA, and no duplicates.
    pub(crate) fn assert_no_duplicates(&self) {
        for (_, scenario) in &self.shops {
            assert_eq!(scenario.brightpearl.credits_by_external_ref().len(), scenario.rmas.len());
            assert!(scenario.brightpearl.duplicates().is_empty(), "{:?}", scenario.brightpearl.duplicates());
        }
    }
}

/// Stores a connection under an account of its own. The mocks all have the same account, but only one connection may be between
/// an account and a shop.
async fn put(
    store: &Store,
    vault: &Vault,
    connection: &ConnectionId,
    configuration: &ConnectionConfiguration,
    stored_at: Timestamp,
) {
    let counterparts = Counterparts::new(connection.as_str(), &configuration.returngo.shop);
    store.bind(connection, &counterparts).await.unwrap();
    let text = serde_json::to_vec(configuration).unwrap();
    let configuration = vault.encrypt(connection, &text).unwrap();
    let stored = StoredConnection { id: connection.clone(), configuration };
    store.put_connection(&stored, stored_at).await.unwrap();
}
