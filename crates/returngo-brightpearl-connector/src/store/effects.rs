//! Writes: what was intended, and the result.

use std::collections::{BTreeMap, HashMap, HashSet};

use brightpearl::OrderId;
use jiff::Timestamp;
use returngo::RmaId;
use returngo_brightpearl_sync::{Admission, EffectOutcome, EffectRecord, WriteKind};
use serde::Serialize;

use super::{
    AuditEvent, ConnectionId, Lease, Store, StoreError,
    audit::{self, AuditRow},
    connection_queue, connections,
    session::{Row, Session, json, unreadable},
};

/// A write that is about to be sent to one of the two systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The lease under which it is sent.
    pub lease: Lease,
    /// The key of the effect.
    pub key: String,
    /// A description with amounts and references; without personal data.
    pub what: String,
    /// Writes sent before this time are guaranteed to be visible in the snapshot that the write is based on.
    pub known_until: Timestamp,
    /// What other returns of the same sales order need to know about it.
    pub kind: WriteKind,
}

impl Store {
    /// Records writes before they are sent. Answers in the same order. Only writes that are [admitted](Admission::Go) may be
    /// sent.
    pub async fn intend(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Admission>, StoreError> {
        let mut session = self.writing().await?;
        let admissions = intend(&mut session, intents, now).await?;
        session.commit().await?;
        Ok(admissions)
    }

    /// Records the results of writes. A result under a lost lease is ignored: the next holder looks the write up.
    pub async fn record(
        &self,
        outcomes: &[(Lease, String, EffectOutcome)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut session = self.writing().await?;
        record_outcomes(&mut session, outcomes, now).await?;
        session.commit().await
    }

    /// The writes of an RMA with their results.
    pub async fn effects(
        &self,
        connection: &ConnectionId,
        rma: &RmaId,
    ) -> Result<Vec<EffectRecord>, StoreError> {
        of(&mut self.asking().await?, connection, rma).await
    }
}

/// An effect is identified by its connection, its RMA and its key.
type Name = (String, String, String);

#[derive(Serialize)]
struct IntentRow<'a> {
    connection: String,
    rma: String,
    key: &'a str,
    what: &'a str,
    attempt: i64,
    kind: Option<&'static str>,
    account: Option<String>,
    original_order: Option<String>,
    credit_rows: Option<String>,
    adopts: Option<String>,
}

impl<'a> IntentRow<'a> {
    fn of(intent: &'a Intent, accounts: &HashMap<&str, String>) -> Result<Self, StoreError> {
        let connection = &intent.lease.connection;
        let row = Self {
            connection: connection.to_string(),
            rma: intent.lease.rma.to_string(),
            key: &intent.key,
            what: &intent.what,
            attempt: intent.lease.attempt,
            kind: None,
            account: None,
            original_order: None,
            credit_rows: None,
            adopts: None,
        };
        let of_order = |row: Self, order: &OrderId| Self {
            account: accounts.get(connection.as_str()).cloned(),
            original_order: Some(order.to_string()),
            ..row
        };
        Ok(match &intent.kind {
            WriteKind::Credit { order, rows } => {
                Self { kind: Some("credit"), credit_rows: Some(json(rows)?), ..of_order(row, order) }
            }
            WriteKind::Adoption { order, credit } => {
                Self { kind: Some("adoption"), adopts: Some(credit.to_string()), ..of_order(row, order) }
            }
            WriteKind::Payment => Self { kind: Some("payment"), ..row },
            WriteKind::Other => row,
        })
    }
}

pub(super) async fn intend(
    session: &mut Session<'_>,
    intents: &[Intent],
    now: Timestamp,
) -> Result<Vec<Admission>, StoreError> {
    const HELD: &str = "
        SELECT job.connection, job.rma, job.attempt
        FROM job JOIN {input $1: connection text, rma text, attempt bigint}
            ON job.connection = input.connection AND job.rma = input.rma AND job.attempt = input.attempt
        WHERE state = 'in-progress'";
    const KNOWN: &str = "
        SELECT effect.* FROM effect JOIN {input $1: connection text, rma text, key text}
            ON effect.connection = input.connection AND effect.rma = input.rma AND effect.key = input.key";
    const INTEND: &str = "
        INSERT INTO effect (connection, rma, key, what, attempt, intended_at, kind, account, original_order,
            credit_rows, adopts)
        SELECT connection, rma, key, what, attempt, $2, kind, account, original_order, credit_rows, adopts
        FROM {input $1: connection text, rma text, key text, what text, attempt bigint, kind text, account text, original_order text, credit_rows text, adopts text}
        WHERE true
        ON CONFLICT (connection, rma, key) DO UPDATE SET
            what = excluded.what, attempt = excluded.attempt, intended_at = excluded.intended_at,
            kind = excluded.kind, account = excluded.account, original_order = excluded.original_order,
            credit_rows = excluded.credit_rows, adopts = excluded.adopts,
            outcome = NULL, remote_id = NULL, already_existed = NULL, error = NULL, recorded_at = NULL";
    if intents.is_empty() {
        return Ok(Vec::new());
    }
    connection_queue::lock_all(
        session,
        &connection_queue::of_leases(intents.iter().map(|intent| &intent.lease)),
    )
    .await?;
    let mut accounts = HashMap::new();
    for intent in intents {
        let connection = &intent.lease.connection;
        if !accounts.contains_key(connection.as_str()) {
            accounts.insert(connection.as_str(), connections::account_of(session, connection).await?);
        }
    }
    let intended =
        intents.iter().map(|intent| IntentRow::of(intent, &accounts)).collect::<Result<Vec<_>, _>>()?;
    let rows = json(&intended)?;
    let mut held = HashSet::new();
    for row in session.all(HELD, &[(&rows).into()]).await? {
        held.insert((row.text("connection")?, row.text("rma")?, row.int("attempt")?));
    }
    let mut known = HashMap::new();
    for row in session.all(KNOWN, &[(&rows).into()]).await? {
        let name: Name = (row.text("connection")?, row.text("rma")?, row.text("key")?);
        known.insert(name, record(&row)?);
    }

    let mut admitted = BTreeMap::new();
    let mut admissions = Vec::with_capacity(intents.len());
    for (intent, row) in intents.iter().zip(intended) {
        let name = (row.connection.clone(), row.rma.clone(), row.key.to_owned());
        let admission = if held.contains(&(row.connection.clone(), row.rma.clone(), row.attempt)) {
            Admission::decide(known.get(&name), intent.known_until)
        } else {
            Admission::LeaseLost
        };
        if matches!(admission, Admission::Go { .. }) {
            admitted.insert(name, row);
        }
        admissions.push(admission);
    }

    let admitted: Vec<_> = admitted.into_values().collect();
    session.run(INTEND, &[(&json(&admitted)?).into(), now.into()]).await?;
    let entries: Vec<_> = admitted
        .into_iter()
        .map(|row| AuditRow {
            detail: format!("{}: {}", row.key, row.what),
            connection: row.connection,
            rma: row.rma,
            attempt: Some(row.attempt),
            event: AuditEvent::Intended.as_str(),
        })
        .collect();
    audit::append(session, &entries, now).await?;
    Ok(admissions)
}

/// A result, as a row for a statement.
#[derive(Serialize)]
struct ResultRow<'a> {
    connection: String,
    rma: String,
    key: &'a str,
    attempt: i64,
    outcome: &'static str,
    remote_id: Option<&'a str>,
    already_existed: Option<i64>,
    error: Option<&'a str>,
}

impl<'a> ResultRow<'a> {
    fn of(lease: &Lease, key: &'a str, outcome: &'a EffectOutcome) -> Self {
        let (outcome, remote_id, already_existed, error) = match outcome {
            EffectOutcome::Applied { remote_id, already_existed } => {
                ("applied", remote_id.as_deref(), Some(i64::from(*already_existed)), None)
            }
            EffectOutcome::Refused { error } => ("refused", None, None, Some(error.as_str())),
            EffectOutcome::Unknown { error } => ("unknown", None, None, Some(error.as_str())),
        };
        Self {
            connection: lease.connection.to_string(),
            rma: lease.rma.to_string(),
            key,
            attempt: lease.attempt,
            outcome,
            remote_id,
            already_existed,
            error,
        }
    }

    fn name(&self) -> Name {
        (self.connection.clone(), self.rma.clone(), self.key.to_owned())
    }

    fn entries(self) -> AuditRow {
        let (event, detail) = match (self.outcome, self.error) {
            ("applied", _) => {
                let id = self.remote_id.map(|id| format!(" as {id}")).unwrap_or_default();
                let existed = if self.already_existed == Some(1) { "; it was there before" } else { "" };
                (AuditEvent::Applied, format!("{}{id}{existed}", self.key))
            }
            ("refused", error) => {
                (AuditEvent::Refused, format!("{}: {}", self.key, error.unwrap_or_default()))
            }
            (_, error) => (AuditEvent::Doubtful, format!("{}: {}", self.key, error.unwrap_or_default())),
        };
        AuditRow {
            connection: self.connection,
            rma: self.rma,
            attempt: Some(self.attempt),
            event: event.as_str(),
            detail,
        }
    }
}

pub(super) async fn record_outcomes(
    session: &mut Session<'_>,
    outcomes: &[(Lease, String, EffectOutcome)],
    now: Timestamp,
) -> Result<(), StoreError> {
    // A recorded success is final.
    const RECORD: &str = "
        UPDATE effect SET outcome = input.outcome, remote_id = input.remote_id,
            already_existed = input.already_existed, error = input.error, recorded_at = $2
        FROM {input $1: connection text, rma text, key text, attempt bigint, outcome text, remote_id text, already_existed bigint, error text}
        WHERE effect.connection = input.connection AND effect.rma = input.rma AND effect.key = input.key
            AND effect.attempt = input.attempt AND COALESCE(effect.outcome, '') <> 'applied'
            AND EXISTS (
                SELECT 1 FROM job WHERE job.connection = input.connection AND job.rma = input.rma
                    AND job.attempt = input.attempt AND job.state = 'in-progress'
            )
        RETURNING effect.connection, effect.rma, effect.key";
    connection_queue::lock_all(
        session,
        &connection_queue::of_leases(outcomes.iter().map(|(lease, ..)| lease)),
    )
    .await?;
    let mut became = BTreeMap::new();
    for (lease, key, outcome) in outcomes {
        let row = ResultRow::of(lease, key, outcome);
        became.insert(row.name(), row);
    }
    let rows = json(&became.values().collect::<Vec<_>>())?;
    let mut entries = Vec::new();
    for row in session.all(RECORD, &[(&rows).into(), now.into()]).await? {
        let name: Name = (row.text("connection")?, row.text("rma")?, row.text("key")?);
        entries.extend(became.remove(&name).map(ResultRow::entries));
    }
    audit::append(session, &entries, now).await
}

pub(super) async fn of(
    session: &mut Session<'_>,
    connection: &ConnectionId,
    rma: &RmaId,
) -> Result<Vec<EffectRecord>, StoreError> {
    const OF_RMA: &str = "
        SELECT * FROM effect WHERE connection = $1 AND rma = $2 ORDER BY intended_at, key";
    let rows = session.all(OF_RMA, &[connection.as_str().into(), (&rma.to_string()).into()]).await?;
    rows.iter().map(record).collect()
}

pub(super) fn record(row: &Row) -> Result<EffectRecord, StoreError> {
    let error = row.text_if_any("error")?.unwrap_or_default();
    let outcome = match row.text_if_any("outcome")?.as_deref() {
        None => None,
        Some("applied") => Some(EffectOutcome::Applied {
            remote_id: row.text_if_any("remote_id")?,
            already_existed: row.int_if_any("already_existed")? == Some(1),
        }),
        Some("refused") => Some(EffectOutcome::Refused { error }),
        Some("unknown") => Some(EffectOutcome::Unknown { error }),
        Some(other) => return Err(unreadable("outcome", format!("{other:?} is none"))),
    };
    Ok(EffectRecord {
        key: row.text("key")?,
        what: row.text("what")?,
        attempt: row.int("attempt")?,
        intended_at: row.time("intended_at")?,
        outcome,
        recorded_at: row.time_if_any("recorded_at")?,
    })
}
