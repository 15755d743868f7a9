//! Fresh databases that have every commit on the disk: SQLite beside the build, and PostgreSQL at
//! `TEST_POSTGRES_URL`, or on a server of our own where its programs are installed.

use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use tempfile::TempDir;

#[path = "../../tests/it/store/postgres.rs"]
mod postgres;

/// A database that nobody else uses.
pub(crate) struct Database {
    #[allow(dead_code, reason = "a bench of one database does not name it")]
    pub(crate) name: &'static str,
    pub(crate) url: String,
    _folder: Option<TempDir>,
}

impl Database {
    #[allow(dead_code, reason = "several processes share a PostgreSQL alone")]
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let url = format!("sqlite://{}/store.db", folder.path().display());
        Self { name: "SQLite", url, _folder: Some(folder) }
    }

    pub(crate) async fn postgres(server: &Server) -> Self {
        let database = format!("bench_{}", fastrand::u64(..));
        server.run(&format!("CREATE DATABASE {database}")).await;
        let mut url: url::Url = server.0.parse().unwrap();
        url.set_path(&database);
        Self { name: "PostgreSQL", url: url.into(), _folder: None }
    }
}

/// A PostgreSQL server.
pub(crate) struct Server(String);

impl Server {
    /// None, and says so, where there is none.
    pub(crate) fn start() -> Option<Self> {
        sqlx::any::install_default_drivers();
        let server = std::env::var("TEST_POSTGRES_URL").ok().or_else(|| postgres::start(""));
        if server.is_none() {
            println!("skipped: no PostgreSQL");
        }
        server.map(Self)
    }

    /// How many transactions its database of this URL has seen.
    #[allow(dead_code, reason = "not every bench asks")]
    pub(crate) async fn transactions(&self, database: &str) -> i64 {
        const SEEN: &str =
            "SELECT xact_commit + xact_rollback AS observation FROM pg_stat_database WHERE datname = $1";
        let url: url::Url = database.parse().unwrap();
        let mut connection = sqlx::AnyConnection::connect(&self.0).await.unwrap();
        let row = sqlx::query(SEEN).bind(url.path().trim_start_matches('/').to_owned());
        let seen = row.fetch_one(&mut connection).await.unwrap().get("seen");
        connection.close().await.unwrap();
        seen
    }

    async fn run(&self, statement: &str) {
        let mut connection = sqlx::AnyConnection::connect(&self.0).await.unwrap();
        connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }
}
