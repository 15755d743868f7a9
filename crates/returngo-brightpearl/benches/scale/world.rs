use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl_connector::{
    configuration::ConnectionConfiguration,
    store::{self, Cause, ConnectionId, Counterparts, Store, StoredConnection},
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_demo::Scene;
use sqlx::{Connection, Row};
use tokio::task::JoinSet;

use crate::{
    databases::{Database, Server},
    process::KEY,
};

/// When the sweeps of a world's connections are due.
#[derive(Clone, Copy)]
pub(crate) enum DueSweeps {
    Now,
    Tomorrow,
}

/// Connections in a database, and the systems that they connect.
pub(crate) struct World {
    database: Database,
    store: Arc<Store>,
    vault: Arc<Vault>,
    stored_at: Timestamp,
    shops: Vec<(ConnectionId, Scene)>,
}

impl World {
    async fn empty(server: &Server, sweeps: DueSweeps) -> Self {
        let database = Database::postgres(server).await;
        let store = store::open(&database.url).await.unwrap();
        let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &store).await.unwrap();
        let stored_at = match sweeps {
            DueSweeps::Now => Timestamp::now(),
            DueSweeps::Tomorrow => Timestamp::now() + SignedDuration::from_hours(24),
        };
        Self { database, store, vault: Arc::new(vault), stored_at, shops: Vec::new() }
    }

    /// So many shops and accounts, with so many RMAs each, none of them approved.
    pub(crate) async fn of_shops(server: &Server, shops: u64, rmas: u64) -> Self {
        let mut world = Self::empty(server, DueSweeps::Tomorrow).await;
        for number in 0..shops {
            let scene = Scene::start(rmas).await.unwrap();
            let connection: ConnectionId = format!("shop-{number}").parse().unwrap();
            let configuration = scene.configuration().unwrap();
            put(&world.store, &world.vault, &connection, &configuration, world.stored_at).await;
            world.shops.push((connection, scene));
        }
        world
    }

    /// So many connections of one shop and one account, in which nothing happens.
    pub(crate) async fn of_connections(server: &Server, connections: u32, sweeps: DueSweeps) -> Self {
        const AT_ONCE: u32 = 8;
        let mut world = Self::empty(server, sweeps).await;
        let scene = Scene::start(1).await.unwrap();
        let configuration = scene.configuration().unwrap();
        let mut putting = JoinSet::new();
        for first in 0..AT_ONCE {
            let (store, vault) = (Arc::clone(&world.store), Arc::clone(&world.vault));
            let (configuration, stored_at) = (configuration.clone(), world.stored_at);
            putting.spawn(async move {
                for number in (first..connections).step_by(AT_ONCE as usize) {
                    let connection = format!("connection-{number}").parse().unwrap();
                    put(&store, &vault, &connection, &configuration, stored_at).await;
                }
            });
        }
        putting.join_all().await;
        world.shops.push(("connection-0".parse().unwrap(), scene));
        world
    }

    pub(crate) fn url(&self) -> &str {
        &self.database.url
    }

    pub(crate) fn rmas(&self) -> u64 {
        self.shops.iter().map(|(_, scene)| scene.rmas.len() as u64).sum()
    }

    /// Approves all RMAs and marks them as due.
    pub(crate) async fn approve_all(&self) {
        for (connection, scene) in &self.shops {
            for rma in &scene.rmas {
                scene.approve(rma).unwrap();
            }
            self.store
                .enqueue(connection, &scene.rmas, Cause::Prompter, "a measure", Timestamp::now())
                .await
                .unwrap();
        }
    }

    /// Waits until every RMA is in step.
    pub(crate) async fn all_in_step(&self) {
        self.in_step_are(self.rmas()).await;
    }

    async fn in_step_are(&self, enough: u64) {
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
    pub(crate) async fn who_has_most_after(&self, in_sync: u64) -> (u16, i64) {
        const MOST: &str = "
            SELECT worker, COUNT(*) AS claims FROM job WHERE state = 'in-progress'
            GROUP BY worker ORDER BY claims DESC LIMIT 1";
        self.in_step_are(in_sync).await;
        let mut connection = sqlx::AnyConnection::connect(&self.database.url).await.unwrap();
        let row = sqlx::query(MOST).fetch_one(&mut connection).await.unwrap();
        let worker: String = row.get("worker");
        // Such as `serve host:127.0.0.1:8080#7`.
        let name = worker.rsplit_once('#').unwrap().0;
        (name.rsplit_once(':').unwrap().1.parse().unwrap(), row.get("claims"))
    }

    /// Every RMA has one credit, by what the mocks hold.
    pub(crate) fn assert_each_once(&self) {
        for (_, scene) in &self.shops {
            assert_eq!(scene.brightpearl.credits_by_external_ref().len(), scene.rmas.len());
            assert!(scene.brightpearl.duplicates().is_empty(), "{:?}", scene.brightpearl.duplicates());
        }
    }
}

/// Stores a connection as one of an account of its own: the mocks all have the same one, and between an account and a
/// shop there is one connection.
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
