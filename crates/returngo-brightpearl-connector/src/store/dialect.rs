/// The differences between SQLite and PostgreSQL. All other statements are the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Begins a transaction that writes. SQLite takes the write lock at once: taking it later fails if another transaction
    /// wrote in between.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Excludes other processes until the transaction that creates the tables ends.
    pub(super) const fn lock_migrations(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            // Any number that nothing else in this database uses.
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(4711002026)"),
        }
    }

    /// Counts the tables of migrations: 1 once the database is set up.
    pub(super) const fn count_lists_of_migrations(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Self::Postgres => "SELECT COUNT(to_regclass('_sqlx_migrations'))",
        }
    }

    /// Locks the selected rows until the transaction ends. Webhooks for a locked connection can still be stored. A
    /// transaction of SQLite locks the whole database.
    pub(super) const fn lock_rows(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE",
        }
    }

    /// Locks a row, but skips rows that are locked by others. SQLite has one writer.
    pub(super) const fn lock_unless_held(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE SKIP LOCKED",
        }
    }

    /// Waits for the holders of locked rows, which takes milliseconds; none where there cannot be any.
    pub(super) const fn wait_for_holders(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT 1 FROM pg_sleep(0.005)"),
        }
    }

    /// Settings for each new connection to the database.
    pub(super) const fn session_settings(self) -> &'static [&'static str] {
        match self {
            // FULL: committed data survives a power cut. The log file shrinks again after a burst.
            Self::Sqlite => &[
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
                "PRAGMA journal_size_limit = 67108864",
            ],
            // A process that hangs must not block the others.
            Self::Postgres => {
                &["SET lock_timeout = '10s'", "SET idle_in_transaction_session_timeout = '60s'"]
            }
        }
    }

    /// The migration without the lines between `-- IN` the other dialect and the next `-- IN`.
    pub(super) fn migration(self, text: &str) -> String {
        let (bytes, numbered_key) = match self {
            Self::Sqlite => ("BLOB", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            Self::Postgres => ("BYTEA", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        };
        self.part_of(text).replace("NUMBERED_KEY", numbered_key).replace("BYTES", bytes)
    }

    fn part_of(self, migration: &str) -> String {
        let other = match self {
            Self::Sqlite => "POSTGRESQL",
            Self::Postgres => "SQLITE",
        };
        let mut is_ours = true;
        let ours =
            migration.split_inclusive('\n').filter(|line| match line.trim_end().strip_prefix("-- IN ") {
                Some(dialect) => {
                    is_ours = dialect != other;
                    false
                }
                None => is_ours,
            });
        ours.collect()
    }

    /// The statement in this dialect. `{input $1: rma text, attempt bigint}` becomes a table `input` with these columns, read
    /// from the JSON list of objects that is bound to `$1`, so that thousands of rows take one statement.
    pub(super) fn statement(self, template: &str) -> String {
        let Some((before, rest)) = template.split_once("{input ") else {
            return template.to_owned();
        };
        let (input, after) = rest.split_once('}').unwrap_or((rest, ""));
        let (parameter, columns) = input.split_once(": ").unwrap_or((input, ""));
        format!("{before}{}{after}", self.table_of_json(parameter, columns))
    }

    fn table_of_json(self, parameter: &str, columns: &str) -> String {
        match self {
            Self::Postgres => format!("json_to_recordset({parameter}::json) AS input({columns})"),
            Self::Sqlite => {
                let names = columns.split(", ").filter_map(|column| column.split_whitespace().next());
                let extracts: Vec<_> =
                    names.map(|name| format!("json_extract(value, '$.{name}') AS {name}")).collect();
                format!("(SELECT {} FROM json_each({parameter})) AS input", extracts.join(", "))
            }
        }
    }
}
