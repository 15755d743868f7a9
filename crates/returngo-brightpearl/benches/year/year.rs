use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use returngo_brightpearl_connector::{
    store::{self, ConnectionId, Counterparts, Store, StoredConnection},
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_demo::Scenario;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use crate::{
    databases::Database,
    process::{KEY, Process},
};

const DAYS: u64 = 365;

/// The last days, whose RMAs are open.
const OPEN_DAYS: u64 = 10;

/// A database with a year of one shop's RMAs.
pub(crate) struct Year {
    pub(crate) store: Arc<Store>,
    pub(crate) connection: ConnectionId,
    database: Database,
    now: Timestamp,
    rmas_per_day: u64,
    _scene: Scenario,
}

impl Year {
    /// Fills the database with this number of RMAs.
    pub(crate) async fn create(database: Database, rmas: u64) -> Self {
        let store = store::open(&database.url).await.unwrap();
        let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &store).await.unwrap();
        let scenario = Scenario::start(1).await.unwrap();
        let connection: ConnectionId = "acmeoutdoors".parse().unwrap();
        let configuration = scenario.configuration().unwrap();
        let counterparts = Counterparts::new(connection.as_str(), &configuration.returngo.shop);
        store.bind(&connection, &counterparts).await.unwrap();
        let text = serde_json::to_vec(&configuration).unwrap();
        let configuration = vault.encrypt(&connection, &text).unwrap();
        let now = Timestamp::now();
        let stored = StoredConnection { id: connection.clone(), configuration };
        // Its sweeps are scheduled for tomorrow.
        store.put_connection(&stored, now + SignedDuration::from_hours(24)).await.unwrap();
        let year =
            Self { store, connection, database, now, rmas_per_day: rmas.div_ceil(DAYS), _scene: scenario };
        for day in 0..DAYS {
            year.fill_day(day).await;
        }
        year.run("ANALYZE").await;
        year
    }

    pub(crate) fn url(&self) -> &str {
        &self.database.url
    }

    /// The RMAs of a day, counted from the start of the year.
    fn day(&self, day: u64) -> Day {
        let ago = SignedDuration::from_hours(24 * i64::try_from(DAYS - day).unwrap());
        Day {
            first: 1_000_000 + day * self.rmas_per_day,
            rmas: self.rmas_per_day,
            at: self.now - ago,
            is_open: day + OPEN_DAYS >= DAYS,
        }
    }

    async fn fill_day(&self, day: u64) {
        let day = self.day(day);
        let mut connection = self.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        for statement in day.statements(&self.connection) {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    /// The size of the stored position of the ReturnGO sweep, in bytes.
    pub(crate) async fn position_size(&self) -> i64 {
        let size = "SELECT CAST(LENGTH(position) AS BIGINT) AS size FROM sweep WHERE name = 'returngo'";
        sqlx::query(size).fetch_one(&mut self.connection().await).await.unwrap().get("size")
    }

    /// Bytes written for this process so far: by the process on SQLite, to the server's log on PostgreSQL.
    pub(crate) async fn written(&self, process: &Process) -> u64 {
        if self.is_sqlite() {
            return process.written();
        }
        let log = "SELECT CAST(pg_current_wal_insert_lsn() - '0/0' AS BIGINT) AS written";
        let row = sqlx::query(log).fetch_one(&mut self.connection().await).await.unwrap();
        u64::try_from(row.get::<i64, _>("written")).unwrap()
    }

    fn is_sqlite(&self) -> bool {
        self.url().starts_with("sqlite")
    }

    async fn run(&self, statement: &'static str) {
        sqlx::query(statement).execute(&mut self.connection().await).await.unwrap();
    }

    async fn connection(&self) -> AnyConnection {
        AnyConnection::connect(self.url()).await.unwrap()
    }
}

/// The RMAs of one day.
struct Day {
    first: u64,
    rmas: u64,
    at: Timestamp,
    is_open: bool,
}

impl Day {
    /// The stored observation of an RMA with two units. `quote` goes around the RMA number.
    fn observation(&self, rma: &str, quote: &str) -> String {
        let (at, rma) = (self.at, format!("{quote}{rma}{quote}"));
        let (status, transactions) = match self.is_open {
            true => ("Approved", String::new()),
            false => ("Done", format!(r#""7{rma}":"Success""#)),
        };
        format!(
            r#"{{"readAt":"{at}","status":"{status}","statusSince":"{at}","items":["8{rma}","9{rma}"],"transactions":{{{transactions}}},"awaitsInspection":false}}"#
        )
    }

    fn statements(&self, connection: &ConnectionId) -> Vec<String> {
        let (first, last) = (self.first, self.first + self.rmas - 1);
        let at = self.at.as_microsecond();
        let far_future = (self.at + SignedDuration::from_hours(24 * 1000)).as_microsecond();
        let series = format!(
            "WITH RECURSIVE series(i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM series WHERE i < {last})"
        );
        let observation = self.observation("' || i || '", "");
        let watched = if self.is_open { i64::MAX.to_string() } else { "CAST(NULL AS BIGINT)".to_owned() };
        let digest = "0123456789abcdef".repeat(4);
        let credit = format!(
            r#"{{"id":' || i || ',"digest":"{digest}","goodsInNotes":[' || i || '],"movements":[' || i || ']}}"#
        );
        let body = format!(r#"{{"eventName":"RMA_STATUS_UPDATED","filler":"{}"}}"#, "x".repeat(500));
        vec![
            // Of 10,000 RMAs one is pending and one needs review.
            format!(
                "INSERT INTO job (connection, rma, state, run_at, pending_since, enqueued, attempt, failures, credit, reviews,
                    review_since, of_this_shop)
                {series} SELECT '{connection}', '' || i,
                    CASE i % 10000 WHEN 1 THEN 'pending' WHEN 2 THEN 'needs-review' ELSE 'in-sync' END,
                    CASE i % 10000 WHEN 1 THEN {far_future} END, CASE i % 10000 WHEN 1 THEN {at} END, 3, 3, 0, '' || i,
                    '[]', CASE i % 10000 WHEN 2 THEN {at} END, 1
                FROM series"
            ),
            format!(
                "INSERT INTO observation (connection, rma, credit, what, watch_until, observed_at)
                {series} SELECT '{connection}', '' || i, '' || i, '{{\"rma\":{observation},\"credit\":{credit}}}', {watched}, {at}
                FROM series"
            ),
            format!(
                "INSERT INTO observed_item (connection, item, rma)
                {series} SELECT '{connection}', unit || i, '' || i FROM series, (SELECT '8' AS unit UNION ALL SELECT '9') AS units"
            ),
            format!(
                "INSERT INTO effect (connection, rma, key, what, attempt, intended_at, outcome, remote_id, kind, account,
                    original_order)
                {series} SELECT '{connection}', '' || i, 'credit', 'a sales credit', 1, {at}, 'applied', '' || i,
                    'credit', '{connection}', '' || i
                FROM series"
            ),
            format!(
                "INSERT INTO inbox (connection, source, digest, body, times, received_at)
                {series} SELECT '{connection}', 'returngo', '' || i, '{body}', 1, {at} FROM series WHERE i % 20 = 0"
            ),
        ]
    }
}
