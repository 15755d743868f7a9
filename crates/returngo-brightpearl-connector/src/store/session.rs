//! A transaction or a single statement, with its parameters and rows.

use std::{collections::BTreeMap, fmt, io};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _, any::AnyRow, pool::PoolConnection, query::Query};

use super::{StoreError, database::Database};

/// Of five milliseconds each.
const WAITS_FOR_HOLDERS: usize = 200;

/// Runs statements. A transaction that is not [committed](Self::commit) is rolled back.
pub(super) struct Session<'p> {
    connection: Connection,
    database: &'p Database,
}

enum Connection {
    Transaction(sqlx::Transaction<'static, Any>),
    /// A single statement sees one state of the database; a transaction around it would cost two round trips.
    Pooled(PoolConnection<Any>),
}

impl Connection {
    fn get(&mut self) -> &mut AnyConnection {
        match self {
            Self::Transaction(transaction) => transaction,
            Self::Pooled(connection) => connection,
        }
    }
}

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parameter<'a> {
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Parameter<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Parameter<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Parameter<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<i64> for Parameter<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Timestamp> for Parameter<'_> {
    fn from(time: Timestamp) -> Self {
        Self::Int(time.as_microsecond())
    }
}

impl<'p> Session<'p> {
    pub(super) fn in_transaction(
        transaction: sqlx::Transaction<'static, Any>,
        database: &'p Database,
    ) -> Self {
        Self { connection: Connection::Transaction(transaction), database }
    }

    pub(super) fn for_one_statement(connection: PoolConnection<Any>, database: &'p Database) -> Self {
        Self { connection: Connection::Pooled(connection), database }
    }

    /// Runs a statement; returns its rows.
    pub(super) async fn all(
        &mut self,
        template: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.query(template, parameters).fetch_all(self.connection.get()).await;
        Ok(rows.map_err(|error| self.database.explain(error))?.into_iter().map(Row).collect())
    }

    /// Runs a statement; returns its first row.
    pub(super) async fn first(
        &mut self,
        template: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.all(template, parameters).await?.into_iter().next())
    }

    /// Runs a statement; returns the number of changed rows.
    pub(super) async fn run(
        &mut self,
        template: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<u64, StoreError> {
        let result = self.query(template, parameters).execute(self.connection.get()).await;
        Ok(result.map_err(|error| self.database.explain(error))?.rows_affected())
    }

    /// Locks the first row of a statement until the transaction ends: of those that are not locked, or that are released
    /// within a second. No lock is held while it waits, so that transactions cannot wait for each other.
    pub(super) async fn lock_one(
        &mut self,
        template: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, StoreError> {
        let dialect = self.database.dialect;
        let lock = format!("{template}{}", dialect.lock_unless_held());
        for _ in 0..WAITS_FOR_HOLDERS {
            let row = self.first(&lock, parameters).await?;
            let Some(wait) = dialect.wait_for_holders() else { return Ok(row) };
            if row.is_some() || self.first(template, parameters).await?.is_none() {
                return Ok(row);
            }
            self.all(wait, &[]).await?;
        }
        Ok(None)
    }

    /// Locks the rows of a statement until the transaction ends.
    pub(super) async fn lock_all(
        &mut self,
        template: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        self.all(&format!("{template}{}", self.database.dialect.lock_rows()), parameters).await
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self.connection {
            Connection::Transaction(transaction) => transaction.commit().await,
            Connection::Pooled(_) => Ok(()),
        }
        .map_err(|error| self.database.explain(error))
    }

    fn query(
        &self,
        template: &str,
        parameters: &[Parameter<'_>],
    ) -> Query<'static, Any, <Any as sqlx::Database>::Arguments> {
        let query = sqlx::query(AssertSqlSafe(self.database.dialect.statement(template)));
        parameters.iter().fold(query, |query, parameter| match *parameter {
            Parameter::Int(number) => query.bind(number),
            Parameter::Text(text) => query.bind(without_nul(text)),
            Parameter::Bytes(bytes) => query.bind(bytes.to_vec()),
        })
    }
}

/// A row of a result.
pub(super) struct Row(AnyRow);

impl Row {
    pub(super) fn int(&self, column: &str) -> Result<i64, StoreError> {
        self.0.try_get(column).map_err(|error| unreadable(column, error))
    }

    pub(super) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.0.try_get(column).map_err(|error| unreadable(column, error))
    }

    pub(super) fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.0.try_get(column).map_err(|error| unreadable(column, error))
    }

    pub(super) fn int_if_any(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.0.try_get(column).map_err(|error| unreadable(column, error))
    }

    pub(super) fn text_if_any(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.0.try_get(column).map_err(|error| unreadable(column, error))
    }

    /// A count, which is not negative.
    pub(super) fn count(&self, column: &str) -> Result<u64, StoreError> {
        self.int(column)?.try_into().map_err(|error| unreadable(column, error))
    }

    pub(super) fn small_count(&self, column: &str) -> Result<u32, StoreError> {
        self.int(column)?.try_into().map_err(|error| unreadable(column, error))
    }

    pub(super) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.int(column)?).map_err(|error| unreadable(column, error))
    }

    pub(super) fn time_if_any(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        let time = self.int_if_any(column)?.map(Timestamp::from_microsecond);
        time.transpose().map_err(|error| unreadable(column, error))
    }

    /// A value that is stored as text.
    pub(super) fn parsed<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: std::str::FromStr<Err: fmt::Display>,
    {
        self.text(column)?.parse().map_err(|error| unreadable(column, error))
    }
}

/// The error for an invalid value in this column.
pub(super) fn unreadable(column: &str, reason: impl fmt::Display) -> StoreError {
    StoreError::Corrupt { what: format!("the column {column:?}"), reason: reason.to_string() }
}

/// Rows as a JSON list, for the `{input …}` of a statement.
pub(super) fn json<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    let mut text = Vec::new();
    rows.serialize(&mut Serializer::with_formatter(&mut text, WithoutNul))
        .map_err(|error| unreadable("statement input", error))?;
    String::from_utf8(text).map_err(|error| unreadable("statement input", error))
}

/// Values as a JSON list of rows with one column.
pub(super) fn json_column<T: fmt::Display>(
    name: &str,
    values: impl IntoIterator<Item = T>,
) -> Result<String, StoreError> {
    let rows = values.into_iter().map(|value| BTreeMap::from([(name, value.to_string())]));
    json(&rows.collect::<Vec<_>>())
}

/// The text with U+FFFD for U+0000, which PostgreSQL cannot store in texts.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The same within JSON: one U+0000 would fail the whole statement.
struct WithoutNul;

impl Formatter for WithoutNul {
    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(0) => writer.write_all(b"\\ufffd"),
            other => CompactFormatter.write_char_escape(writer, other),
        }
    }
}
