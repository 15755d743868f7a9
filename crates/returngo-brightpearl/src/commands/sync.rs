//! Bringing RMAs into step now, instead of when `serve` gets to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use jiff::{SignedDuration, tz::TimeZone};
use returngo::RmaId;
use tokio::sync::watch;

use super::{
    super::{
        args,
        args::ConnectionAndRmas,
        args::PastTime,
        assembly::{self, Assembly},
        options::GlobalOptions,
        output::{counted, note, print, print_json, print_table},
        terminal::Progress,
        unreadable,
    },
    reviews::{as_json, questions},
};
use returngo_brightpearl_connector::{
    connection::Connection,
    engine::Engine,
    skipped::Skipped,
    store::{Cause, Job, JobState, Lease, Process, WorkerId},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Pass RMA numbers, --since, or both. With neither, processes everything that is
pending. Safe to run alongside `serve`: waits for RMAs that another process is
working on. RMAs that you name are synchronized however old they are.

Examples:
  returngo-brightpearl sync 4410021 4410022
  returngo-brightpearl sync acme 4410021 --json
  returngo-brightpearl sync --since 2h
  returngo-brightpearl sync acme --since 2026-05-18T09:30:00Z")]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: ConnectionAndRmas,
    /// The RMAs that changed in either system since then: a time, a day, or how long ago, such as 2h or 3d
    #[arg(long, value_name = "TIME")]
    since: Option<PastTime>,
}

/// How long another process that works on an RMA is waited for.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(75);

/// How long an RMA that could not be tried yet is waited for.
const SOON: SignedDuration = SignedDuration::from_secs(15);

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let (named, named_rmas) = arguments.of.split()?;
    let assembly = Assembly::open(options).await?;
    let id = args::connection(&assembly.store, named.as_ref()).await?;
    let connection = assembly.connection(&id).await?;
    assembly.spending(are_there(&assembly, &connection, &named_rmas)).await?;
    let mut rmas: BTreeSet<RmaId> = named_rmas.iter().cloned().collect();
    if let Some(since) = arguments.since {
        let found = assembly.spending(changed_since(&assembly, &connection, since)).await?;
        note(format_args!("{} changed since then.", counted(found.len(), "RMA")))?;
        for cause in [Cause::Brightpearl, Cause::Returngo] {
            let found: Vec<_> =
                found.iter().filter(|(_, of)| **of == cause).map(|(rma, _)| rma.clone()).collect();
            let why = "a person asked what changed";
            assembly.store.enqueue(&id, &found, cause, why, assembly.clock.now()).await?;
        }
        rmas.extend(found.into_keys());
    }
    let requested: Vec<RmaId> = rmas.into_iter().collect();
    let all_pending = arguments.since.is_none() && requested.is_empty();
    assembly.store.enqueue(&id, &named_rmas, Cause::Prompter, "a person asked", assembly.clock.now()).await?;
    let stop = stop_on_interrupt();
    let name = format!("sync {} {}", assembly::host_name(), std::process::id());
    let heartbeat = assembly.heartbeat(&name).await?;
    let engine = assembly.engine(&heartbeat, stop.clone());
    let work = Work { assembly: &assembly, connection: &connection, engine, stop };
    let working =
        async { if all_pending { work.on_all_that_is_due().await } else { work.on(&requested).await } };
    let (_running, never) = watch::channel(false);
    let items = tokio::select! {
        items = working => items,
        // It is kept until it must end.
        ended = heartbeat.keep(never) => Err(ended.err().map_or_else(|| anyhow!("stopped"), Into::into)),
    };
    let finished = assembly.finish().await;
    heartbeat.end().await?;
    let items = items?;
    finished?;
    show(options, &items)?;
    ensure!(!work.is_stopped(), "stopped: what was not finished stays due");
    let failed = |item: &&Job| item.state != JobState::InSync && item.last_error.is_some();
    let failed = items.iter().filter(failed).count();
    ensure!(failed == 0, "{failed} of {} failed: the table says why", counted(items.len(), "RMA"));
    Ok(())
}

/// Whoever mistypes a number is told at once, and nothing is remembered of it.
async fn are_there(assembly: &Assembly, connection: &Connection, rmas: &[RmaId]) -> anyhow::Result<()> {
    let mut unknown = Vec::new();
    for rma in rmas {
        if assembly.store.work(&connection.id, rma).await?.is_none() {
            unknown.push(rma.clone());
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    for (_, read) in connection.reader().await?.rmas(&unknown).await {
        read?;
    }
    Ok(())
}

async fn changed_since(
    assembly: &Assembly,
    connection: &Connection,
    since: PastTime,
) -> anyhow::Result<BTreeMap<RmaId, Cause>> {
    let _asking = Progress::unknown("asking both systems what changed");
    let zone = connection.reader().await?.account.time_zone().unwrap_or(TimeZone::UTC);
    let since = since.timestamp(assembly.clock.now(), &zone).context("--since is too long ago")?;
    let mut skipped = Skipped::of(&connection.id);
    let changed = connection.changed_since(since, &assembly.store, &mut skipped).await;
    unreadable::name_unreadable(skipped.unreadable())?;
    skipped.store(&assembly.store, assembly.clock.now()).await?;
    Ok(changed?)
}

/// True once somebody presses Ctrl-C: what is claimed is released then.
fn stop_on_interrupt() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = stop.send(true);
        }
        stop.closed().await;
    });
    stopped
}

struct Work<'a> {
    assembly: &'a Assembly,
    connection: &'a Connection,
    engine: Engine,
    stop: watch::Receiver<bool>,
}

impl Work<'_> {
    /// Until these are done, or failed.
    async fn on(&self, rmas: &[RmaId]) -> anyhow::Result<Vec<Job>> {
        let progress = Progress::steps("RMAs", rmas.len());
        let patience = SignedDuration::try_from(WAIT_FOR_OTHERS)?;
        let mut since = self.assembly.clock.now();
        let (mut said, mut left) = (false, usize::MAX);
        loop {
            let items = self.items(rmas).await?;
            let open = items.iter().filter(|item| self.is_open(item)).count();
            if open < left {
                left = open;
                since = self.assembly.clock.now();
            }
            progress.done(items.len() - open);
            if open == 0 || self.is_stopped() {
                return Ok(items);
            }
            let leases = self.lease().await?;
            if !leases.is_empty() {
                self.engine.work_on(self.connection, leases).await?;
            } else if self.assembly.clock.now().duration_since(since) > patience {
                note(format_args!(
                    "{}; run `sync` again, or let `serve` go on",
                    self.held_by_others(&items).await?
                ))?;
                return Ok(items);
            } else {
                if !said {
                    said = true;
                    let waits_for = self.held_by_others(&items).await?;
                    tracing::info!("waiting: {waits_for}");
                    progress.now(format!("waiting: {waits_for}"));
                }
                self.assembly.clock.sleep(Duration::from_millis(200)).await;
            }
        }
    }

    /// Until nothing is due.
    async fn on_all_that_is_due(&self) -> anyhow::Result<Vec<Job>> {
        let progress = Progress::unknown("working on what is due");
        let mut worked: BTreeSet<RmaId> = BTreeSet::new();
        while !self.is_stopped() {
            let leases = self.lease().await?;
            if leases.is_empty() {
                break;
            }
            worked.extend(leases.iter().map(|lease| lease.rma.clone()));
            self.engine.work_on(self.connection, leases).await?;
            progress.now(format!("working on what is due: {} RMAs", worked.len()));
        }
        self.items(&worked.into_iter().collect::<Vec<_>>()).await
    }

    async fn lease(&self) -> anyhow::Result<Vec<Lease>> {
        Ok(self.engine.lease_of(&self.connection.id).await?)
    }

    async fn items(&self, rmas: &[RmaId]) -> anyhow::Result<Vec<Job>> {
        let mut items = Vec::new();
        for rma in rmas {
            items.extend(self.assembly.store.work(&self.connection.id, rma).await?);
        }
        Ok(items)
    }

    /// Which other processes hold these RMAs, and until when if they are not heard of again; else what they wait for.
    async fn held_by_others(&self, items: &[Job]) -> anyhow::Result<String> {
        let mut held: BTreeMap<&WorkerId, usize> = BTreeMap::new();
        for worker in items.iter().filter_map(|item| item.worker.as_ref()) {
            *held.entry(worker).or_default() += 1;
        }
        if held.is_empty() {
            let why = items.iter().filter(|item| self.is_open(item)).find_map(|item| item.last_error.clone());
            return Ok(why.unwrap_or_else(|| "RMAs are pending".to_owned()));
        }
        let processes = self.assembly.store.processes().await?;
        let held: Vec<_> = held
            .into_iter()
            .map(|(worker, rmas)| {
                let process = processes.iter().find(|process| process.worker == *worker);
                let until = process
                    .and_then(Process::holds_until)
                    .map(|until| format!(" until {} unless it reports again", until.strftime("%F %TZ")));
                format!("process \"{worker}\" holds {rmas} of them{}", until.unwrap_or_default())
            })
            .collect();
        Ok(held.join(", "))
    }

    /// Whether somebody works on it, or it is to be worked on now. What failed is due later.
    fn is_open(&self, item: &Job) -> bool {
        let now = self.assembly.clock.now();
        match item.state {
            JobState::InProgress => true,
            JobState::Pending => item.run_at.is_some_and(|run_at| {
                // What was not tried, because of another RMA of its sales order print, is tried again soon.
                let soon = if item.failures == 0 { SOON } else { SignedDuration::ZERO };
                run_at <= now.saturating_add(soon).unwrap_or(now)
            }),
            JobState::InSync | JobState::NeedsReview | JobState::OfAnotherShop => false,
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

fn show(options: &GlobalOptions, items: &[Job]) -> anyhow::Result<()> {
    if options.json {
        return print_json(&items.iter().map(as_json).collect::<Vec<_>>());
    }
    if items.is_empty() {
        return Ok(print("Nothing was to be done.")?);
    }
    let rows = items.iter().map(|item| {
        let why = questions(item).into_iter().map(|(code, message)| format!("{code}: {message}"));
        [
            item.rma.to_string(),
            item.state.as_str().to_owned(),
            item.credit.map(|credit| credit.to_string()).unwrap_or_default(),
            why.collect::<Vec<_>>().join("\n"),
        ]
    });
    Ok(print_table(["RMA", "state", "credit", "why"], rows)?)
}
