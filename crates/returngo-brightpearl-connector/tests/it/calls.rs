//! The calls to ReturnGO of a day, which processes of one store share.

use std::sync::Arc;

use api_client_core::client::Clock;
use jiff::{SignedDuration, civil::Date};
use returngo::{Client, Error, ErrorKind, client::CallsMade};
use returngo_brightpearl_connector::{
    configuration::{ConnectionConfiguration, Secret},
    registry::Registry,
    store::{CallLimits, ConnectionId, KeyDigest},
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_demo::Scenario;

use crate::{
    store::{databases::Database, on_both},
    support::Time,
};

on_both!(
    a_day_is_shared_by_all_who_reserve,
    two_processes_never_make_more_calls_than_the_day_has,
    calls_that_were_not_made_are_given_back,
    a_process_leaves_others_their_share,
    two_connections_with_one_key_share_its_day,
    a_key_that_is_replaced_has_a_day_of_its_own,
    an_api_key_cannot_be_told_from_what_is_stored,
);

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const TODAY: Date = jiff::civil::date(2026, 5, 9);

fn acme() -> ConnectionId {
    "acme".parse().unwrap()
}

async fn a_day_is_shared_by_all_who_reserve(database: Database) {
    let store = database.open().await;
    let key = KeyDigest::new("a digest");
    let limits = CallLimits { per_day: Some(100), for_writes: 20, for_others: 0 };
    let reserve = async |are_writes: bool, wanted: u32, limits: CallLimits| {
        store.reserve_returngo_calls(&key, TODAY, are_writes, wanted, &limits).await.unwrap().calls
    };
    assert_eq!(reserve(false, 50, limits).await, 50);
    assert_eq!(reserve(false, 50, CallLimits { for_others: 25, ..limits }).await, 25, "a quarter is left");
    assert_eq!(reserve(false, 50, limits).await, 5, "a fifth is for writes");
    assert_eq!(reserve(false, 50, limits).await, 0);
    assert_eq!(reserve(true, 15, limits).await, 15);
    assert_eq!(reserve(true, 15, limits).await, 5);
    let spent = store.returngo_calls(&key, TODAY).await.unwrap();
    assert_eq!(spent, CallsMade { day: TODAY, reads: 80, writes: 20 });

    store.give_back_returngo_calls(&key, &CallsMade { day: TODAY, reads: 10, writes: 0 }).await.unwrap();
    assert_eq!(reserve(false, 50, limits).await, 10);
    let others = KeyDigest::new("another digest");
    assert_eq!(store.returngo_calls(&others, TODAY).await.unwrap().reads, 0, "each key has its own");
    assert_eq!(store.returngo_calls(&key, TODAY.tomorrow().unwrap()).await.unwrap().reads, 0);
}

/// A shop whose key has so many calls a day.
struct Shop {
    scene: Scenario,
    database: Database,
    time: Time,
    configuration: ConnectionConfiguration,
}

impl Shop {
    async fn with(database: Database, calls_a_day: u32) -> Self {
        let scene = Scenario::start(1).await.unwrap();
        let mut configuration = scene.configuration().unwrap();
        configuration.returngo.calls_a_day = Some(calls_a_day);
        let time = Time::at("2026-05-09T10:15:20Z".parse().unwrap());
        let shop = Self { scene, database, time, configuration };
        shop.process().await.put(&acme(), &shop.configuration).await.unwrap();
        shop
    }

    async fn process(&self) -> Registry {
        let store = self.database.open().await;
        let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &store).await.unwrap();
        let clock: Arc<dyn Clock> = self.time.clock();
        Registry::new(store, vault, clock)
    }

    async fn spent(&self) -> u32 {
        let day = returngo_brightpearl_connector::call_quota::day_of(self.time.now());
        let key = self.process().await.call_quota(&acme(), &self.configuration).unwrap().key();
        let spent = self.database.open().await.returngo_calls(&key, day).await.unwrap();
        spent.reads + spent.writes
    }

    fn made(&self) -> u64 {
        self.scene.returngo.requests().of("GET /rma/{id}")
    }

    async fn read(&self, client: &Client) -> Result<(), Error> {
        client.rmas().get(&self.scene.rmas[0]).await.map(drop)
    }

    /// Calls until the day has no call left.
    async fn read_all_day(&self, client: &Client) {
        loop {
            match self.read(client).await {
                Ok(()) => {}
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::QuotaSpent, "{error}");
                    return;
                }
            }
        }
    }
}

async fn client(process: &Registry) -> Client {
    process.get(&acme()).await.unwrap().returngo.clone()
}

async fn two_processes_never_make_more_calls_than_the_day_has(database: Database) {
    let shop = Shop::with(database, 100).await;
    let (one, two) = (shop.process().await, shop.process().await);
    let clients = (client(&one).await, client(&two).await);
    tokio::join!(shop.read_all_day(&clients.0), shop.read_all_day(&clients.1));
    assert_eq!(shop.made(), 80, "a fifth is kept for writes");
    let restarted = shop.process().await;
    assert_eq!(shop.read(&client(&restarted).await).await.unwrap_err().kind(), ErrorKind::QuotaSpent);

    shop.time.pass(SignedDuration::from_hours(24)).await;
    shop.read(&client(&restarted).await).await.unwrap();
    assert_eq!(client(&restarted).await.calls_left().reads, Some(79));
}

async fn calls_that_were_not_made_are_given_back(database: Database) {
    let shop = Shop::with(database, 1000).await;
    let process = shop.process().await;
    for _ in 0..3 {
        shop.read(&client(&process).await).await.unwrap();
    }
    assert_eq!(shop.spent().await, 20, "reserved together: a call costs no statement");
    process.give_back_calls().await.unwrap();
    process.give_back_calls().await.unwrap();
    assert_eq!(shop.spent().await, 3);
    shop.read(&client(&process).await).await.unwrap();
    process.give_back_calls().await.unwrap();
    assert_eq!(shop.spent().await, 4);
}

async fn a_process_leaves_others_their_share(database: Database) {
    let shop = Shop::with(database, 100).await;
    let (command, serve) = (shop.process().await, shop.process().await);
    let commands = client(&command).await;
    command.call_quota(&acme(), &shop.configuration).unwrap().leave(60);
    shop.read_all_day(&commands).await;
    assert_eq!(shop.made(), 40);
    shop.read_all_day(&client(&serve).await).await;
    assert_eq!(shop.made(), 80);
}

async fn two_connections_with_one_key_share_its_day(database: Database) {
    let shop = Shop::with(database, 100).await;
    // Another shop of the same owner, whose key works for both.
    let second: ConnectionId = "second".parse().unwrap();
    let mut other = shop.configuration.clone();
    other.returngo.shop = "second.example.test".to_owned();
    let process = shop.process().await;
    process.put(&second, &other).await.unwrap();
    shop.read_all_day(&client(&process).await).await;
    assert_eq!(shop.made(), 80);
    let seconds = process.get(&second).await.unwrap().returngo.clone();
    assert_eq!(shop.read(&seconds).await.unwrap_err().kind(), ErrorKind::QuotaSpent);
    let other_process = shop.process().await;
    let seconds = other_process.get(&second).await.unwrap().returngo.clone();
    assert_eq!(shop.read(&seconds).await.unwrap_err().kind(), ErrorKind::QuotaSpent);
    assert_eq!(shop.made(), 80);
}

async fn a_key_that_is_replaced_has_a_day_of_its_own(database: Database) {
    let shop = Shop::with(database, 100).await;
    let process = shop.process().await;
    shop.read_all_day(&client(&process).await).await;
    let mut other = shop.configuration.clone();
    other.returngo.api_key = Secret::new("another-key");
    process.put(&acme(), &other).await.unwrap();
    let refused = shop.read(&client(&process).await).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WrongKey, "it was asked");
    process.put(&acme(), &shop.configuration).await.unwrap();
    let spent = shop.read(&client(&process).await).await.unwrap_err();
    assert_eq!(spent.kind(), ErrorKind::QuotaSpent, "the calls of the first key stay counted");
}

async fn an_api_key_cannot_be_told_from_what_is_stored(database: Database) {
    let shop = Shop::with(database, 100).await;
    let key = shop.process().await.call_quota(&acme(), &shop.configuration).unwrap().key();
    let api_key = shop.configuration.returngo.api_key.reveal();
    assert!(!key.as_str().contains(api_key));
    let other_vault = Database::sqlite();
    let store = other_vault.open().await;
    let vault = Vault::open(&VaultKey::generate().unwrap(), &store).await.unwrap();
    let registry = Registry::new(store, vault, shop.time.clock());
    let others = registry.call_quota(&acme(), &shop.configuration).unwrap().key();
    assert_ne!(key, others, "it takes the key of the store to make it");
}
