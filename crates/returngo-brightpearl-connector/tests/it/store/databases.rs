//! Fresh databases. PostgreSQL's is at `TEST_POSTGRES_URL`, or a server of our own on loopback, if its programs
//! are installed. `REQUIRE_POSTGRES` set: without one the tests fail.

use std::{
    io::Write,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use returngo_brightpearl_connector::store::{self, Store};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::sync::OnceCell;

use super::postgres;

/// A database that nobody else uses.
pub(crate) struct Database {
    pub(crate) url: String,
    folder: Option<tempfile::TempDir>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/store.db", folder.path().display());
        Self { url, folder: Some(folder) }
    }

    /// None where there is no PostgreSQL and none is required.
    pub(crate) async fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(server) = server().await else {
            assert!(std::env::var_os("REQUIRE_POSTGRES").is_none(), "PostgreSQL is required and not found");
            return None;
        };
        let database = format!("store_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(server).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {database}"))).await.unwrap();
        connection.close().await.unwrap();
        let mut url: url::Url = server.parse().unwrap();
        url.set_path(&database);
        Some(Self { url: url.into(), folder: None })
    }

    /// The store in it, as one more process would open it.
    pub(crate) async fn open(&self) -> Arc<Store> {
        store::open(&self.url).await.unwrap()
    }

    /// The file of a SQLite database.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("store.db")
    }
}

/// The URL of a PostgreSQL server that may be filled with databases.
async fn server() -> Option<&'static str> {
    static SERVER: OnceCell<Option<String>> = OnceCell::const_new();
    let start = || async {
        let server = match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => Some(url),
            Err(_) => tokio::task::spawn_blocking(|| postgres::start("-F")).await.unwrap(),
        };
        if server.is_none() {
            // Past the test harness, which would keep to itself what a passing test prints.
            let _ = writeln!(std::io::stderr(), "skipped: no PostgreSQL");
        }
        server
    };
    SERVER.get_or_init(start).await.as_deref()
}
