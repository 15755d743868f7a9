//! New databases on disk: SQLite in the target directory, and PostgreSQL at `TEST_POSTGRES_URL` or on a server that the bench
//! starts, if PostgreSQL is installed.

use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use tempfile::TempDir;

#[path = "../../tests/it/store/postgres.rs"]
mod postgres;

/// An empty database.
pub(crate) struct Database {
    #[allow(dead_code, reason = "not every bench prints it")]
    pub(crate) name: &'static str,
    pub(crate) url: String,
    _folder: Option<TempDir>,
}

impl Database {
    #[allow(dead_code, reason = "not every bench uses SQLite")]
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
    /// Starts the server, or prints that PostgreSQL is not available.
    pub(crate) fn start() -> Option<Self> {
        sqlx::any::install_default_drivers();
        let server = std::env::var("TEST_POSTGRES_URL").ok().or_else(|| postgres::start(""));
        if server.is_none() {
            println!("skipped: PostgreSQL is not available");
        }
        server.map(Self)
    }

    /// Returns the number of transactions in the database at this URL so far.
    #[allow(dead_code, reason = "not every bench needs it")]
    pub(crate) async fn transactions(&self, database: &str) -> i64 {
        const TRANSACTIONS: &str =
            "SELECT xact_commit + xact_rollback AS transactions FROM pg_stat_database WHERE datname = $1";
        let url: url::Url = database.parse().unwrap();
        let mut connection = sqlx::AnyConnection::connect(&self.0).await.unwrap();
        let row = sqlx::query(TRANSACTIONS).bind(url.path().trim_start_matches('/').to_owned());
        let transactions = row.fetch_one(&mut connection).await.unwrap().get("transactions");
        connection.close().await.unwrap();
        transactions
    }

    async fn run(&self, statement: &str) {
        let mut connection = sqlx::AnyConnection::connect(&self.0).await.unwrap();
        connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }
}
