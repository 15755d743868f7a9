//! Opens databases: addresses, connection pools and migrations.

use std::{path::Path, time::Duration};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use sqlx::{
    AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, Row as _, SqlSafeStr,
    any::AnyPoolOptions,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};
use url::Url;

use super::{StoreError, database::Database, dialect::Dialect};
use crate::private_files::{self, NotPrivate};

/// The tables, in the order in which they are created. A migration that was released is never changed.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "store", include_str!("../../migrations/0001_store.sql"))];

const CONNECTIONS_TO_POSTGRES: u32 = 8;
const READERS_OF_SQLITE: u32 = 4;

/// The parts of a database URL.
struct Address {
    database: Database,
    /// The URL for the driver.
    url: String,
    /// Settings for this database only.
    settings: Vec<String>,
    in_memory: bool,
}

/// What to do about a missing database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfMissing {
    Create,
    Fail,
}

/// An open database.
pub(super) struct Opened {
    pub(super) database: Database,
    /// For transactions that write.
    pub(super) write: AnyPool,
    pub(super) read: AnyPool,
}

pub(super) async fn open(url: &str, if_missing: IfMissing) -> Result<Opened, StoreError> {
    sqlx::any::install_default_drivers();
    let Address { database, url, settings, in_memory } = Address::parse(url, if_missing)?;
    let pool = |size: u32| {
        let mut statements: Vec<_> = settings.clone();
        statements.extend(database.dialect.session_settings().iter().map(|&text| text.to_owned()));
        connect(&url, size, statements, database.dialect)
    };
    let explain = |error| database.explain(error);
    let (write, read) = match database.dialect {
        Dialect::Postgres => {
            try_once(&url).await.map_err(explain)?;
            let pool = pool(CONNECTIONS_TO_POSTGRES).await.map_err(explain)?;
            (pool.clone(), pool)
        }
        // Each connection would be a database of its own.
        Dialect::Sqlite if in_memory => {
            let pool = pool(1).await.map_err(explain)?;
            (pool.clone(), pool)
        }
        // SQLite has one writer at a time. Waiting for it in the pool is fair and wakes at once; waiting inside SQLite does
        // not.
        Dialect::Sqlite => {
            try_once(&url).await.map_err(explain)?;
            (pool(1).await.map_err(explain)?, pool(READERS_OF_SQLITE).await.map_err(explain)?)
        }
    };
    if if_missing == IfMissing::Fail && !is_set_up(&write, &database).await? {
        return Err(StoreError::NotSetUp { database: database.name });
    }
    migrate(&write, &database).await?;
    Ok(Opened { database, write, read })
}

/// A pool retries until its timeout. A wrong configuration is reported at once, with the cause.
async fn try_once(url: &str) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    if url.starts_with("sqlite") {
        // The file is opened by the first statement only.
        connection.execute("PRAGMA schema_version").await?;
    }
    connection.close().await
}

async fn connect(
    url: &str,
    size: u32,
    settings: Vec<String>,
    dialect: Dialect,
) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        // A connection to a server may be lost; one to a file is not.
        .test_before_acquire(dialect == Dialect::Postgres)
        .after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                for statement in settings {
                    connection.execute(AssertSqlSafe(statement)).await?;
                }
                Ok(())
            })
        })
        // SQLite ends a transaction itself when its disk is full. The driver can then neither end it nor begin another one.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect(url)
        .await
}

/// Whether the table of migrations exists.
async fn is_set_up(pool: &AnyPool, database: &Database) -> Result<bool, StoreError> {
    let counted = sqlx::query(database.dialect.count_lists_of_migrations()).fetch_one(pool).await;
    counted.and_then(|row| Ok(row.try_get::<i64, _>(0)? > 0)).map_err(|error| database.explain(error))
}

/// Creates or updates the tables in one transaction, one process at a time.
async fn migrate(pool: &AnyPool, database: &Database) -> Result<(), StoreError> {
    let steps = MIGRATIONS.map(|(version, name, text)| {
        let text = AssertSqlSafe(database.dialect.migration(text)).into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, text, false)
    });
    let mut migrator = Migrator::with_migrations(steps.into());
    migrator.set_locking(false);
    let explain = |error| database.explain(error);
    let mut transaction = pool.begin_with(database.dialect.begin()).await.map_err(explain)?;
    if let Some(lock) = database.dialect.lock_migrations() {
        transaction.execute(lock).await.map_err(explain)?;
    }
    migrator.run(&mut *transaction).await.map_err(|error| match error {
        MigrateError::VersionMissing(migration) => {
            StoreError::Newer { database: database.name.clone(), migration }
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => database.explain(error),
        other => StoreError::Corrupt { what: "the list of migrations".to_owned(), reason: other.to_string() },
    })?;
    transaction.commit().await.map_err(explain)
}

impl Address {
    fn parse(url: &str, if_missing: IfMissing) -> Result<Self, StoreError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Self::postgres(url),
            Some("sqlite") => Self::sqlite(url, if_missing),
            _ => Err(Database { dialect: Dialect::Sqlite, name: "that the configuration names".to_owned() }
                .unreachable(
                    "write it as sqlite:///var/lib/… or postgres://user:password@host/name",
                    "it is neither a sqlite: nor a postgres: URL",
                )),
        }
    }

    fn postgres(url: &str) -> Result<Self, StoreError> {
        let nameless = || Database { dialect: Dialect::Postgres, name: "postgres://…".to_owned() };
        let parsed = Url::parse(url).map_err(|error| {
            nameless().unreachable("write it as postgres://user:password@host/name", error)
        })?;
        let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
        let name = format!("postgres://{}{port}{}", parsed.host_str().unwrap_or_default(), parsed.path());
        Ok(Self {
            database: Database { dialect: Dialect::Postgres, name },
            url: url.to_owned(),
            settings: Vec::new(),
            in_memory: false,
        })
    }

    /// `sqlite://relative.db`, `sqlite:///absolute.db`, `sqlite::memory:`, with `?mode=ro`, `rw` or `rwc` (the
    /// default), `busy_timeout` in milliseconds and `max_page_count`.
    fn sqlite(url: &str, if_missing: IfMissing) -> Result<Self, StoreError> {
        let rest = url.trim_start_matches("sqlite:");
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (file, query) = rest.split_once('?').unwrap_or((rest, ""));
        let file = percent_decode_str(file).decode_utf8_lossy().into_owned();
        let database = Database { dialect: Dialect::Sqlite, name: file.clone() };
        let mut mode = "rwc".to_owned();
        let mut settings = vec!["PRAGMA busy_timeout = 5000".to_owned()];
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match (&*key, value.parse::<u32>()) {
                ("mode", _) if ["ro", "rw", "rwc"].contains(&&*value) => mode = value.into_owned(),
                ("busy_timeout" | "max_page_count", Ok(number)) => {
                    settings.push(format!("PRAGMA {key} = {number}"));
                }
                _ => {
                    let advice = "use mode=ro|rw|rwc, busy_timeout and max_page_count alone, with numbers";
                    return Err(database.unreachable(advice, format!("{key}={value} is not known")));
                }
            }
        }
        let in_memory = file == ":memory:";
        if !in_memory && if_missing == IfMissing::Fail {
            if !Path::new(&file).exists() {
                return Err(StoreError::NotSetUp { database: database.name });
            }
            mode = mode.replace("rwc", "rw");
        }
        if !in_memory && mode == "rwc" {
            create_private(Path::new(&file)).map_err(|error| {
                database.unreachable("check that its folder exists and that this user may use it", error)
            })?;
        }
        if !in_memory {
            check_private(&file).map_err(|error| database.unreachable("its file is not private", error))?;
        }
        let url = if in_memory {
            "sqlite::memory:".to_owned()
        } else {
            format!("sqlite:{}?mode={mode}", utf8_percent_encode(&file, NOT_IN_A_PATH))
        };
        Ok(Self { database, url, settings, in_memory })
    }
}

const NOT_IN_A_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'?');

/// Creates the file for this user alone if it does not exist, because it contains customers' returns. SQLite gives its other
/// files the same permissions.
fn create_private(file: &Path) -> std::io::Result<()> {
    match private_files::create(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Rejects the file, and SQLite's files beside it, if others may read them.
fn check_private(file: &str) -> Result<(), NotPrivate> {
    let files = ["", "-wal", "-shm"].map(|end| format!("{file}{end}"));
    private_files::check(&files.each_ref().map(Path::new))
}
