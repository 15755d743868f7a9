use std::collections::BTreeMap;

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    assembly::Assembly,
    options::GlobalOptions,
    output::{print, print_json, print_table},
};
use returngo_brightpearl_connector::{
    calls,
    store::{ConnectionId, ConnectionStatus, LEASE, OutOfSync, Process, SweepName, SweepStatus},
};

/// How long a sweep may be due before it is asked whether anybody takes it.
const SWEPT_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// How long a webhook may wait before it is asked whether anybody handles it.
const HANDLED_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// How every connection stands. Fails when one has trouble.
pub(super) async fn run(options: &GlobalOptions) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    let now = assembly.clock.now();
    let standings = Standing::of_all(&assembly, now).await?;
    if options.json {
        print_json(&standings.iter().map(|standing| standing.as_json(now)).collect::<Vec<_>>())?;
    } else {
        if let Some(file) = &assembly.configuration.file {
            print(format_args!("Configuration: {}", file.display()))?;
        }
        show(&standings, now)?;
    }
    let troubled = standings.iter().filter(|standing| !standing.trouble(now).is_empty()).count();
    ensure!(troubled == 0, "{troubled} of {} connections have trouble", standings.len());
    Ok(())
}

/// All that is known of how a connection stands.
struct Standing {
    status: ConnectionStatus,
    out_of_sync: Option<OutOfSync>,
    sweeps: Vec<SweepStatus>,
    unreadable: usize,
    /// The processes that hold its RMAs, and how many.
    held: Vec<(Process, u64)>,
    /// What is left of ReturnGO's calls of today; none where it is unlimited or the connection cannot be opened.
    calls: Option<CallsLeft>,
}

#[derive(Clone, Copy)]
struct CallsLeft {
    left: u32,
    a_day: u32,
}

impl CallsLeft {
    async fn of(assembly: &Assembly, id: &ConnectionId, now: Timestamp) -> anyhow::Result<Option<Self>> {
        let Ok(configuration) = assembly.registry.configuration(id).await else { return Ok(None) };
        let Some(a_day) = configuration.returngo.quota().per_day else { return Ok(None) };
        let key = assembly.registry.calls(id, &configuration)?.key();
        let spent = assembly.store.returngo_calls(&key, calls::day_of(now)).await?;
        let left = a_day.saturating_sub(spent.reads).saturating_sub(spent.writes);
        Ok(Some(Self { left, a_day }))
    }
}

impl Standing {
    async fn of_all(assembly: &Assembly, now: Timestamp) -> anyhow::Result<Vec<Self>> {
        let store = &assembly.store;
        let mut out_of_sync: BTreeMap<ConnectionId, OutOfSync> = store
            .out_of_sync(now)
            .await?
            .into_iter()
            .map(|out_of_sync| (out_of_sync.connection.clone(), out_of_sync))
            .collect();
        let mut sweeps: BTreeMap<ConnectionId, Vec<SweepStatus>> = BTreeMap::new();
        for sweep in store.sweeps().await? {
            sweeps.entry(sweep.connection.clone()).or_default().push(sweep);
        }
        let mut unreadable: BTreeMap<ConnectionId, usize> = BTreeMap::new();
        for stored in store.unreadable(None).await? {
            *unreadable.entry(stored.connection).or_default() += 1;
        }
        let processes = store.processes().await?;
        let mut standings = Vec::new();
        for status in store.status().await? {
            let id = &status.connection;
            let held = processes.iter().flat_map(|process| {
                process.holds.iter().filter(|(of, _)| of == id).map(|(_, rmas)| (process.clone(), *rmas))
            });
            standings.push(Self {
                out_of_sync: out_of_sync.remove(id),
                sweeps: sweeps.remove(id).unwrap_or_default(),
                unreadable: unreadable.remove(id).unwrap_or_default(),
                held: held.collect(),
                calls: CallsLeft::of(assembly, id, now).await?,
                status,
            });
        }
        Ok(standings)
    }

    /// What an operator has to act on, a sentence each.
    fn trouble(&self, now: Timestamp) -> Vec<String> {
        let mut trouble = Vec::new();
        if self.status.blocked {
            trouble.push(
                "it is not worked on: another connection is between the same account and shop. Remove one of them with \
                 `disconnect`"
                    .to_owned(),
            );
        }
        for sweep in &self.sweeps {
            trouble.extend(sweep_trouble(sweep, now));
        }
        let waited = self.status.deliveries_wait_since.map(|since| now.duration_since(since));
        if let Some(waited) = waited.filter(|waited| *waited > HANDLED_WITHIN) {
            trouble.push(format!(
                "webhooks that wait to be handled: {}, the oldest for {}: start `serve`, or see in its log why they wait",
                self.status.waiting_deliveries,
                in_words(waited.as_secs())
            ));
        }
        if let Some(OutOfSync { failing, longer, last_error, next_attempt_at, .. }) = &self.out_of_sync {
            if *failing > 0 {
                let error = last_error.as_deref().unwrap_or_default();
                let next =
                    next_attempt_at.map(|at| format!("; tried again at {}", moment(at))).unwrap_or_default();
                trouble.push(format!("RMAs that fail: {failing}, such as: {error}{next}"));
            }
            if *longer > 0 {
                trouble.push(format!("RMAs that have been due for more than a day: {longer}"));
            }
        }
        if self.calls.is_some_and(|calls| calls.left == 0) {
            trouble.push("ReturnGO's calls of today are used up; it goes on at 00:00 UTC".to_owned());
        }
        if self.unreadable > 0 {
            trouble.push(format!("objects that cannot be read: {}; `reviews` lists them", self.unreadable));
        }
        trouble
    }

    fn last_sweep(&self, sweep: SweepName) -> Option<Timestamp> {
        self.sweeps.iter().find(|status| status.sweep == sweep)?.succeeded_at
    }

    fn as_json(&self, now: Timestamp) -> Value {
        let Self { status, out_of_sync, sweeps, unreadable, held, calls } = self;
        let held_by = held.iter().map(|(process, rmas)| {
            json!({ "process": process.worker.0, "rmas": rmas, "until": process.holds_until() })
        });
        let ages = |of: fn(&OutOfSync) -> u64| out_of_sync.as_ref().map_or(0, of);
        json!({
            "connection": status.connection.as_str(),
            "inSync": status.in_sync,
            "pending": status.pending,
            "inProgress": status.in_progress,
            "needsReview": status.needs_review,
            "waitingWebhooks": status.waiting_deliveries,
            "oldestPendingSeconds": age(status, now),
            "blocked": status.blocked,
            "heldBy": held_by.collect::<Vec<_>>(),
            "problems": self.trouble(now),
            "outOfSync": {
                "withinAnHour": ages(|of| of.within_an_hour),
                "withinADay": ages(|of| of.within_a_day),
                "longer": ages(|of| of.longer),
                "failing": ages(|of| of.failing),
                "lastError": out_of_sync.as_ref().and_then(|of| of.last_error.as_ref()),
                "nextAttemptAt": out_of_sync.as_ref().and_then(|of| of.next_attempt_at),
            },
            "unreadable": unreadable,
            "returngoCalls": calls.map(|calls| json!({ "left": calls.left, "aDay": calls.a_day })),
            "sweeps": sweeps.iter().map(sweep_as_json).collect::<Vec<_>>(),
        })
    }
}

fn show(standings: &[Standing], now: Timestamp) -> anyhow::Result<()> {
    if standings.is_empty() {
        return Ok(print("No connections: `connect` makes one, `demo` shows what they do.")?);
    }
    let header = [
        "connection",
        "in sync",
        "pending",
        "in progress",
        "needs review",
        "webhooks waiting",
        "oldest pending",
    ];
    let rows = standings.iter().map(|standing| {
        let status = &standing.status;
        [
            status.connection.to_string(),
            status.in_sync.to_string(),
            status.pending.to_string(),
            status.in_progress.to_string(),
            status.needs_review.to_string(),
            status.waiting_deliveries.to_string(),
            age(status, now).map(in_words).unwrap_or_default(),
        ]
    });
    print_table(header, rows)?;
    for standing in standings {
        show_one(standing, now)?;
    }
    Ok(())
}

fn show_one(standing: &Standing, now: Timestamp) -> anyhow::Result<()> {
    let id = &standing.status.connection;
    let swept = |sweep: SweepName| match standing.last_sweep(sweep) {
        Some(at) => format!("{} {} ago", sweep.as_str(), in_words(seconds_since(at, now))),
        None => format!("{} never", sweep.as_str()),
    };
    let swept: Vec<String> = SweepName::ALL.into_iter().map(swept).collect();
    print(format_args!("{id}: last successful sweeps: {}.", swept.join(", ")))?;
    if let Some(CallsLeft { left, a_day }) = standing.calls {
        print(format_args!("{id}: ReturnGO calls left today: {left} of {a_day}."))?;
    }
    for (process, rmas) in &standing.held {
        print(format_args!(
            "{id}: process \"{}\" holds {rmas} RMAs, {}.",
            process.worker,
            held_until(process)
        ))?;
    }
    for trouble in standing.trouble(now) {
        print(format_args!("! {id}: {trouble}."))?;
    }
    Ok(())
}

/// Until when a process holds something if it is not heard of again.
fn held_until(process: &Process) -> String {
    match process.holds_until() {
        Some(until) => format!("until {} unless it reports again", moment(until)),
        None => format!(
            "and is not registered: they are released within {} s while `serve` runs",
            2 * LEASE.as_secs()
        ),
    }
}

fn sweep_trouble(sweep: &SweepStatus, now: Timestamp) -> Option<String> {
    let name = sweep.sweep.as_str();
    if let (Some(since), Some(error)) = (sweep.failing_since, &sweep.error) {
        return Some(format!(
            "the {name} sweep has failed since {}: {error}; tried again at {}",
            moment(since),
            moment(sweep.next_at)
        ));
    }
    let late = now.duration_since(sweep.next_at);
    (late > SWEPT_WITHIN).then(|| {
        let late = in_words(late.as_secs());
        format!("the {name} sweep has been due for {late}: start `serve`, or see why it does not take it")
    })
}

fn sweep_as_json(sweep: &SweepStatus) -> Value {
    json!({
        "sweep": sweep.sweep.as_str(),
        "lastSuccessAt": sweep.succeeded_at,
        "failingSince": sweep.failing_since,
        "lastError": sweep.error,
        "nextAt": sweep.next_at,
        "inProgress": sweep.is_in_progress,
    })
}

/// For how many seconds the RMA that waits longest is not in step.
fn age(status: &ConnectionStatus, now: Timestamp) -> Option<i64> {
    status.oldest_pending.map(|since| seconds_since(since, now))
}

fn seconds_since(time: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(time).as_secs().max(0)
}

fn moment(time: Timestamp) -> String {
    time.strftime("%F %TZ").to_string()
}

fn in_words(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
