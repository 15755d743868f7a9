//! OAuth tokens that processes of one store refresh: Brightpearl takes each refresh token once.

use std::{sync::Arc, time::Duration};

use api_client_core::{
    HttpRequest, HttpResponse,
    client::{Clock, ReqwestTransport, SystemClock, Transport, TransportError},
};
use async_trait::async_trait;
use brightpearl::client::{OAuthApp, Tokens};
use brightpearl_mock::MockBrightpearl;
use jiff::Timestamp;
use returngo_brightpearl_connector::{
    configuration::{
        BrightpearlAccess, BrightpearlToken, ConnectionConfiguration, OAuthAccess, ReturngoAccess, Secret,
    },
    connection::Connection,
    registry::Registry,
    store::ConnectionId,
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_mapping::ConnectionSettings;
use tokio::{sync::Semaphore, task::JoinHandle};

use crate::{
    store::{databases::Database, on_both},
    support::Time,
};

on_both!(
    two_processes_refresh_once,
    a_connection_that_is_changed_during_a_refresh_stays_as_it_was_changed,
    settings_that_are_changed_keep_the_tokens_that_were_refreshed_meanwhile,
    a_process_that_was_killed_during_a_refresh_delays_the_others_for_a_while_only,
    a_stop_waits_for_a_refresh,
    a_refused_refresh_token_is_looked_up_in_the_store_before_the_owner_is_asked,
);

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const REDIRECT_URI: &str = "https://returns.example.test/connected";

/// Holds what the token endpoint answered until it is let through.
#[derive(Debug)]
struct Held {
    network: ReqwestTransport,
    answered: Semaphore,
    through: Semaphore,
}

#[async_trait]
impl Transport for Held {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let is_token = request.url.contains("/token/");
        let answer = self.network.send(request).await;
        if is_token {
            self.answered.add_permits(1);
            self.through.acquire().await.unwrap().forget();
        }
        answer
    }
}

impl Held {
    fn new() -> Arc<Self> {
        let network = ReqwestTransport::new("test", Duration::from_secs(10)).unwrap();
        Arc::new(Self { network, answered: Semaphore::new(0), through: Semaphore::new(0) })
    }

    async fn has_answered(&self) {
        self.answered.acquire().await.unwrap().forget();
    }

    fn let_through(&self) {
        self.through.add_permits(1);
    }
}

/// An account whose connection is stored with an access token that has expired.
struct Site {
    mock: MockBrightpearl,
    database: Database,
    acme: ConnectionId,
}

impl Site {
    async fn start(database: Database) -> Self {
        let mock = MockBrightpearl::builder().with(|seed| seed.client_secret = None).start().await;
        let site = Self { mock, database, acme: "acme".parse().unwrap() };
        let configuration = site.configuration(site.expired().await);
        site.process().await.put(&site.acme, &configuration).await.unwrap();
        site
    }

    /// Tokens as the account's owner hands them out, whose access token has expired.
    async fn expired(&self) -> Tokens {
        let app = OAuthApp::new(self.mock.app_ref(), REDIRECT_URI).server(self.mock.url());
        let code = self.mock.authorization_code(REDIRECT_URI);
        let tokens = app.exchange(&"acmeoutdoors".parse().unwrap(), &code).await.unwrap();
        Tokens { expires_at: "2020-01-01T00:00:00Z".parse().unwrap(), ..tokens }
    }

    fn configuration(&self, tokens: Tokens) -> ConnectionConfiguration {
        let settings = r#"{"account_id": "acmeoutdoors", "refund_method_code": "1210"}"#;
        let access = OAuthAccess { client_secret: None, authorised_at: SystemClock.now(), tokens };
        ConnectionConfiguration {
            settings: ConnectionSettings::from_json(settings).unwrap(),
            brightpearl: BrightpearlAccess {
                url: Some(self.mock.url()),
                datacenter: None,
                app_ref: self.mock.app_ref().to_owned(),
                dev_ref: None,
                token: BrightpearlToken::Oauth(access),
            },
            returngo: ReturngoAccess {
                url: Some("http://127.0.0.1:9".to_owned()),
                api_key: Secret::new("a-key"),
                shop: "acme.example.test".to_owned(),
                calls_a_day: None,
            },
            webhook_secret: Secret::new("a-secret-of-a-test"),
            synchronise_from: None,
        }
    }

    async fn process_at(&self, clock: Arc<dyn Clock>) -> Registry {
        let store = self.database.open().await;
        let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &store).await.unwrap();
        Registry::new(store, vault, clock)
    }

    async fn process(&self) -> Registry {
        self.process_at(Arc::new(SystemClock)).await
    }

    /// A process, and what holds the token endpoint's answers from it.
    async fn held_process(&self) -> (Registry, Arc<Held>) {
        let held = Held::new();
        (self.process().await.with_transport(held.clone()), held)
    }

    async fn connection(&self, process: &Registry) -> Arc<Connection> {
        process.get(&self.acme).await.unwrap()
    }

    async fn stored(&self) -> Tokens {
        let configuration = self.process().await.configuration(&self.acme).await.unwrap();
        configuration.brightpearl.oauth().unwrap().tokens.clone()
    }

    fn refreshes(&self, exchanges: u64) -> u64 {
        self.mock.requests().of("post-oauth-token") - exchanges
    }
}

fn calling(connection: &Arc<Connection>) -> JoinHandle<Result<(), brightpearl::Error>> {
    let connection = Arc::clone(connection);
    tokio::spawn(async move { connection.brightpearl.channels().list().await.map(drop) })
}

async fn two_processes_refresh_once(database: Database) {
    let site = Site::start(database).await;
    let (one, held) = site.held_process().await;
    let time = Time::at(SystemClock.now());
    let two = site.process_at(time.clock()).await;
    let ones = site.connection(&one).await;
    let first = calling(&ones);
    held.has_answered().await;
    let second = calling(&site.connection(&two).await);
    let waits_since = time.now();
    while time.now() == waits_since && !second.is_finished() {
        tokio::task::yield_now().await;
    }
    held.let_through();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(site.refreshes(1), 1, "the other process used what the first stored");
    assert!(Arc::ptr_eq(&ones, &site.connection(&one).await), "new tokens do not open the connection anew");
    calling(&site.connection(&site.process().await).await).await.unwrap().unwrap();
    assert_eq!(site.refreshes(1), 1, "neither does one that starts later refresh");
}

async fn a_connection_that_is_changed_during_a_refresh_stays_as_it_was_changed(database: Database) {
    let site = Site::start(database).await;
    let (process, held) = site.held_process().await;
    let connection = site.connection(&process).await;
    let call = calling(&connection);
    held.has_answered().await;
    let again = site.configuration(site.expired().await);
    site.process().await.put(&site.acme, &again).await.unwrap();
    held.let_through();
    call.await.unwrap().unwrap();
    assert_eq!(site.stored().await, again.brightpearl.oauth().unwrap().tokens);

    held.let_through();
    let anew = site.connection(&process).await;
    assert!(!Arc::ptr_eq(&connection, &anew));
    calling(&anew).await.unwrap().unwrap();
}

async fn settings_that_are_changed_keep_the_tokens_that_were_refreshed_meanwhile(database: Database) {
    let site = Site::start(database).await;
    let process = site.process().await;
    let mut read = process.configuration(&site.acme).await.unwrap();
    calling(&site.connection(&process).await).await.unwrap().unwrap();
    let refreshed = site.stored().await;
    read.synchronise_from = Some(Timestamp::UNIX_EPOCH);
    site.process().await.put(&site.acme, &read).await.unwrap();
    assert_eq!(site.stored().await, refreshed);
    assert_eq!(site.connection(&process).await.synchronise_from, Some(Timestamp::UNIX_EPOCH));
}

async fn a_process_that_was_killed_during_a_refresh_delays_the_others_for_a_while_only(database: Database) {
    let site = Site::start(database).await;
    let time = Time::at(SystemClock.now());
    let store = site.database.open().await;
    assert!(store.begin_token_refresh(&site.acme, "killed", time.now()).await.unwrap());
    let started = time.now();
    let process = site.process_at(time.clock()).await;
    calling(&site.connection(&process).await).await.unwrap().unwrap();
    assert_eq!(time.now().duration_since(started).as_secs(), 90);
    assert_eq!(site.refreshes(1), 1);
}

async fn a_stop_waits_for_a_refresh(database: Database) {
    let site = Site::start(database).await;
    let before = site.stored().await;
    let (process, held) = site.held_process().await;
    let call = calling(&site.connection(&process).await);
    held.has_answered().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let process = Arc::new(process);
    let stopping = Arc::clone(&process);
    let stopped = tokio::spawn(async move { stopping.tokens_refreshed().await });
    tokio::task::yield_now().await;
    assert!(!stopped.is_finished());
    held.let_through();
    stopped.await.unwrap();
    assert_ne!(site.stored().await, before);
}

async fn a_refused_refresh_token_is_looked_up_in_the_store_before_the_owner_is_asked(database: Database) {
    let site = Site::start(database).await;
    let (slow, held) = site.held_process().await;
    let first = calling(&site.connection(&slow).await);
    held.has_answered().await;
    // Its reservation expires while the answer is on its way, and another process uses the refresh token as well.
    let later = Time::at(SystemClock.now() + Duration::from_secs(100));
    let other_held = Held::new();
    let other = site.process_at(later.clock()).await.with_transport(other_held.clone());
    let second = calling(&site.connection(&other).await);
    other_held.has_answered().await;
    held.let_through();
    first.await.unwrap().unwrap();
    other_held.let_through();
    second.await.unwrap().unwrap();
    assert_eq!(site.refreshes(1), 2, "the second was refused");
}
