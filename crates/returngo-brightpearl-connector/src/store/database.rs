//! The database's location, and what its errors mean.

use sqlx::error::DatabaseError;

use super::{StoreError, dialect::Dialect};

/// The location of a database.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) dialect: Dialect,
    /// The location without credentials.
    pub(super) name: String,
}

impl Database {
    /// Converts an error of the driver to one that says what to do.
    pub(super) fn explain(&self, error: sqlx::Error) -> StoreError {
        match &error {
            sqlx::Error::Database(inner) => match self.dialect {
                Dialect::Sqlite => self.explain_sqlite(primary_code(inner.as_ref()), error),
                Dialect::Postgres => {
                    let code = inner.code().unwrap_or_default().into_owned();
                    self.explain_postgres(&code, error)
                }
            },
            sqlx::Error::PoolTimedOut => self.unreachable("it is too busy, or does not answer", error),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
                self.unreachable("check that the server runs and that host and port are right", error)
            }
            sqlx::Error::Configuration(_) => self
                .unreachable("write it as sqlite:///var/lib/… or postgres://user:password@host/name", error),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                StoreError::Corrupt { what: "a row".to_owned(), reason: error.to_string() }
            }
            _ => StoreError::Database(error.into()),
        }
    }

    /// By SQLite's result codes: <https://www.sqlite.org/rescode.html>.
    fn explain_sqlite(&self, code: i64, error: sqlx::Error) -> StoreError {
        match code {
            5 | 6 => self.locked("stop the other process, or wait until it has finished"),
            8 => not_writable("read-only", "let this user write to the file and to its folder"),
            10 => not_writable("disk error", "check the disk that it is on"),
            13 => not_writable(
                "full",
                "make space on the disk that it is on; nothing that was confirmed is lost",
            ),
            14 => self.unreachable("check that its folder exists and that this user may use it", error),
            11 | 26 => self.unreachable("the file is damaged or no database: restore a backup", error),
            _ => StoreError::Database(error.into()),
        }
    }

    /// By PostgreSQL's codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn explain_postgres(&self, code: &str, error: sqlx::Error) -> StoreError {
        match code {
            "55P03" => self.locked("look in pg_stat_activity for who holds a lock for long"),
            "25006" => not_writable("read-only", "connect to the primary, and as a user who may write"),
            "53100" => {
                not_writable("full", "make space on the server's disk; nothing that was confirmed is lost")
            }
            "58030" => not_writable("disk error", "check the server's disk"),
            "42501" => not_writable("not allowed", "let this user create and write tables"),
            "28000" | "28P01" => self.unreachable("check user and password", error),
            "3D000" => self.unreachable("create the database first", error),
            "53300" => self.unreachable("the server has too many connections: raise max_connections", error),
            "57P01" | "57P02" | "57P03" => self.unreachable("the server starts or stops: try again", error),
            _ => StoreError::Database(error.into()),
        }
    }

    pub(super) fn unreachable(
        &self,
        advice: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> StoreError {
        StoreError::Unreachable {
            database: self.name.clone(),
            advice: advice.to_owned(),
            source: source.into(),
        }
    }

    fn locked(&self, advice: &str) -> StoreError {
        StoreError::Locked { database: self.name.clone(), advice: advice.to_owned() }
    }
}

fn not_writable(reason: &str, advice: &str) -> StoreError {
    StoreError::ReadOnly { reason: reason.to_owned(), advice: advice.to_owned() }
}

/// The primary result code; an extended code has more than eight bits.
fn primary_code(error: &dyn DatabaseError) -> i64 {
    error.code().and_then(|code| code.parse::<i64>().ok()).map_or(0, |code| code & 0xff)
}
