//! The state of every connection.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::{Context, OperationError};
use crate::{
    call_quota,
    store::{ConnectionId, ConnectionStatus, OutOfSync, Process, SweepName, SweepStatus},
};

/// How long a sweep may be overdue before that is a problem.
const SWEPT_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// How long a webhook may wait before that is a problem.
const PROCESSED_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// The state of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReport {
    /// The connection.
    pub connection: ConnectionId,
    /// RMAs in sync.
    pub in_sync: u64,
    /// Pending RMAs.
    pub pending: u64,
    /// RMAs in progress.
    pub in_progress: u64,
    /// RMAs that need review.
    pub needs_review: u64,
    /// Webhooks that wait to be processed.
    pub waiting_webhooks: u64,
    /// How long the oldest RMA has been pending.
    pub oldest_pending_seconds: Option<i64>,
    /// Whether another connection links the same account and shop, so that neither is processed.
    pub blocked: bool,
    /// The processes that work on RMAs of the connection.
    pub held_by: Vec<HeldBy>,
    /// Problems that need an operator, one sentence each.
    pub problems: Vec<String>,
    /// RMAs that are out of sync, by how long.
    pub out_of_sync: OutOfSyncReport,
    /// Objects that cannot be decoded.
    pub unreadable: usize,
    /// The calls to ReturnGO that are left today; `None` if they are not limited or the connection cannot be opened.
    pub returngo_calls: Option<CallsReport>,
    /// The sweeps.
    pub sweeps: Vec<SweepReport>,
}

/// A process that works on RMAs of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBy {
    /// The process.
    pub process: String,
    /// How many RMAs.
    pub rmas: u64,
    /// When its hold ends unless it reports again; `None` if it is no longer registered.
    pub until: Option<Timestamp>,
}

/// RMAs that are out of sync.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutOfSyncReport {
    /// For less than an hour.
    pub within_an_hour: u64,
    /// For less than a day.
    pub within_a_day: u64,
    /// For longer.
    pub longer: u64,
    /// Those whose last attempt failed.
    pub failing: u64,
    /// One of these failures.
    pub last_error: Option<String>,
    /// When one of them runs next.
    pub next_attempt_at: Option<Timestamp>,
}

/// The calls to ReturnGO that are left today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallsReport {
    /// How many.
    pub left: u32,
    /// Of how many a day.
    pub a_day: u32,
}

/// A sweep of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepReport {
    /// Its name.
    #[serde(serialize_with = "name")]
    pub sweep: SweepName,
    /// When it last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// Since when it fails.
    pub failing_since: Option<Timestamp>,
    /// The last failure.
    pub last_error: Option<String>,
    /// When it runs next.
    pub next_at: Timestamp,
    /// Whether it is in progress.
    pub in_progress: bool,
}

/// Returns the state of every connection, by name.
///
/// # Errors
/// The store fails.
pub async fn show(context: &Context) -> Result<Vec<ConnectionReport>, OperationError> {
    let (store, now) = (&context.store, context.now());
    let mut out_of_sync: BTreeMap<ConnectionId, OutOfSync> = store
        .out_of_sync(now)
        .await?
        .into_iter()
        .map(|out_of_sync| (out_of_sync.connection.clone(), out_of_sync))
        .collect();
    let mut sweeps: BTreeMap<ConnectionId, Vec<SweepReport>> = BTreeMap::new();
    for sweep in store.sweeps().await? {
        sweeps.entry(sweep.connection.clone()).or_default().push(sweep.into());
    }
    let mut unreadable: BTreeMap<ConnectionId, usize> = BTreeMap::new();
    for stored in store.unreadable(None).await? {
        *unreadable.entry(stored.connection).or_default() += 1;
    }
    let processes = store.processes().await?;
    let mut reports = Vec::new();
    for status in store.status().await? {
        let id = &status.connection;
        let mut report = ConnectionReport {
            connection: id.clone(),
            in_sync: status.in_sync,
            pending: status.pending,
            in_progress: status.in_progress,
            needs_review: status.needs_review,
            waiting_webhooks: status.waiting_deliveries,
            oldest_pending_seconds: status.oldest_pending.map(|since| seconds_since(since, now)),
            blocked: status.blocked,
            held_by: held_by(&processes, id),
            problems: Vec::new(),
            out_of_sync: out_of_sync.remove(id).map(Into::into).unwrap_or_default(),
            unreadable: unreadable.remove(id).unwrap_or_default(),
            returngo_calls: calls_left(context, id).await?,
            sweeps: sweeps.remove(id).unwrap_or_default(),
        };
        report.problems = problems(&report, &status, now);
        reports.push(report);
    }
    Ok(reports)
}

fn held_by(processes: &[Process], id: &ConnectionId) -> Vec<HeldBy> {
    let held = processes.iter().flat_map(|process| {
        process.holds.iter().filter(|(of, _)| of == id).map(|(_, rmas)| HeldBy {
            process: process.worker.0.clone(),
            rmas: *rmas,
            until: process.holds_until(),
        })
    });
    held.collect()
}

async fn calls_left(context: &Context, id: &ConnectionId) -> Result<Option<CallsReport>, OperationError> {
    let Ok(configuration) = context.registry.configuration(id).await else { return Ok(None) };
    let Some(a_day) = configuration.returngo.quota().per_day else { return Ok(None) };
    let key = context.registry.call_quota(id, &configuration)?.key();
    let spent = context.store.returngo_calls(&key, call_quota::day_of(context.now())).await?;
    let left = a_day.saturating_sub(spent.reads).saturating_sub(spent.writes);
    Ok(Some(CallsReport { left, a_day }))
}

/// Problems that need an operator, one sentence each.
fn problems(report: &ConnectionReport, status: &ConnectionStatus, now: Timestamp) -> Vec<String> {
    let mut problems = Vec::new();
    if report.blocked {
        problems.push(
            "it is not processed: another connection links the same account and shop. Remove one of them with `disconnect`"
                .to_owned(),
        );
    }
    problems.extend(report.sweeps.iter().filter_map(|sweep| sweep_problem(sweep, now)));
    let waited = status.deliveries_wait_since.map(|since| now.duration_since(since));
    if let Some(waited) = waited.filter(|waited| *waited > PROCESSED_WITHIN) {
        problems.push(format!(
            "webhooks waiting to be processed: {}, the oldest for {}. Start `serve`, or check its log",
            report.waiting_webhooks,
            in_words(waited.as_secs())
        ));
    }
    let OutOfSyncReport { failing, longer, last_error, next_attempt_at, .. } = &report.out_of_sync;
    if *failing > 0 {
        let error = last_error.as_deref().unwrap_or_default();
        let next = next_attempt_at.map(|at| format!("; next attempt at {}", moment(at))).unwrap_or_default();
        problems.push(format!("failing RMAs: {failing}, such as: {error}{next}"));
    }
    if *longer > 0 {
        problems.push(format!("RMAs pending for more than a day: {longer}"));
    }
    if report.returngo_calls.is_some_and(|calls| calls.left == 0) {
        problems.push("today's calls to ReturnGO are used up; it continues at 00:00 UTC".to_owned());
    }
    if report.unreadable > 0 {
        problems.push(format!("objects that cannot be read: {}; `reviews` lists them", report.unreadable));
    }
    problems
}

fn sweep_problem(sweep: &SweepReport, now: Timestamp) -> Option<String> {
    let name = sweep.sweep.as_str();
    if let (Some(since), Some(error)) = (sweep.failing_since, &sweep.last_error) {
        return Some(format!(
            "the {name} sweep has failed since {}: {error}; next attempt at {}",
            moment(since),
            moment(sweep.next_at)
        ));
    }
    let late = now.duration_since(sweep.next_at);
    (late > SWEPT_WITHIN).then(|| {
        let late = in_words(late.as_secs());
        format!("the {name} sweep is {late} overdue. Start `serve`, or check its log")
    })
}

impl From<OutOfSync> for OutOfSyncReport {
    fn from(of: OutOfSync) -> Self {
        Self {
            within_an_hour: of.within_an_hour,
            within_a_day: of.within_a_day,
            longer: of.longer,
            failing: of.failing,
            last_error: of.last_error,
            next_attempt_at: of.next_attempt_at,
        }
    }
}

impl From<SweepStatus> for SweepReport {
    fn from(sweep: SweepStatus) -> Self {
        Self {
            sweep: sweep.sweep,
            last_success_at: sweep.succeeded_at,
            failing_since: sweep.failing_since,
            last_error: sweep.error,
            next_at: sweep.next_at,
            in_progress: sweep.is_in_progress,
        }
    }
}

/// Returns the seconds since a time; 0 if it is in the future.
pub fn seconds_since(time: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(time).as_secs().max(0)
}

/// Returns a time for people, to the second.
pub fn moment(time: Timestamp) -> String {
    time.strftime("%F %TZ").to_string()
}

/// Returns a duration for people, in the unit that fits.
pub fn in_words(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn name<S: Serializer>(sweep: &SweepName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(sweep.as_str())
}
