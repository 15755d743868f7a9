use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use returngo::RmaId;
use tokio::sync::watch;

use crate::{
    args::{self, ConnectionAndRmas, PastTime},
    assembly::{self, Assembly},
    options::GlobalOptions,
    output::{counted, note, note_skipped, print, print_json, print_table},
};
use returngo_brightpearl_connector::{
    operations::{
        self, Context, JobReport,
        sync::{Changed, Synchronization},
    },
    store::{Cause, ConnectionId},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Pass RMA numbers, --since, or both. With neither, processes everything that is
pending. Safe to run alongside `serve`: waits for RMAs another process is working
on. RMAs that you name are synchronized however old they are.

Examples:
  returngo-brightpearl sync 4410021 4410022
  returngo-brightpearl sync acme 4410021 --json
  returngo-brightpearl sync --since 2h
  returngo-brightpearl sync acme --since 2026-05-18T09:30:00Z")]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: ConnectionAndRmas,
    /// Synchronize the RMAs that changed in either system since a time, a day, or a span before now, such as 2h or 3d
    #[arg(long, value_name = "TIME")]
    since: Option<PastTime>,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let (named, rmas) = arguments.of.split()?;
    let assembly = Assembly::open(options).await?;
    let context = assembly.context();
    let id = args::connection(&context.store, named.as_ref()).await?;
    context.calling(operations::sync::verify(&context, &id, &rmas)).await?;
    let changed = match arguments.since {
        Some(since) => context.calling(changed_since(&context, &id, since)).await?,
        None => BTreeMap::new(),
    };
    let all_pending = arguments.since.is_none() && rmas.is_empty();
    let rmas = operations::sync::queue(&context, &id, &rmas, changed).await?;

    let connection = context.connection(&id).await?;
    let stop = stop_on_interrupt();
    let name = format!("sync {} {}", assembly::host_name(), std::process::id());
    let heartbeat = assembly.heartbeat(&name).await?;
    let engine = assembly.engine(&heartbeat, stop.clone());
    let synchronization = Synchronization { context: &context, connection: &connection, engine, stop };
    let working = async {
        let done = match all_pending {
            true => synchronization.of_all_pending().await?,
            false => synchronization.of(&rmas).await?,
        };
        anyhow::Ok(done)
    };
    let (_running, never) = watch::channel(false);
    let done = tokio::select! {
        done = working => done,
        // It reports until this process has to end.
        ended = heartbeat.run(never) => Err(ended.err().map_or_else(|| anyhow!("stopped"), Into::into)),
    };
    let finished = assembly.finish().await;
    heartbeat.end().await?;
    let done = done?;
    finished?;
    if let Some(waiting_for) = &done.waiting_for {
        note(format_args!("{waiting_for}; run `sync` again, or let `serve` continue"))?;
    }
    if options.json {
        print_json(&done.jobs)?;
    } else {
        show(&done.jobs)?;
    }
    ensure!(!synchronization.is_stopped(), "stopped: unfinished RMAs remain pending");
    let failed = done.failed();
    ensure!(failed == 0, "{failed} of {} failed: the table shows why", counted(done.jobs.len(), "RMA"));
    Ok(())
}

async fn changed_since(
    context: &Context,
    id: &ConnectionId,
    since: PastTime,
) -> anyhow::Result<BTreeMap<RmaId, Cause>> {
    let zone = operations::sync::time_zone(context, id).await?;
    let since = since.timestamp(context.now(), &zone).context("--since is too long ago")?;
    let Changed { rmas, unreadable } = operations::sync::changed_since(context, id, since).await?;
    note_skipped(&unreadable)?;
    note(format_args!("{} changed since then.", counted(rmas.len(), "RMA")))?;
    Ok(rmas)
}

/// Returns a value that is true after Ctrl-C: RMAs in progress are released then.
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

fn show(jobs: &[JobReport]) -> anyhow::Result<()> {
    if jobs.is_empty() {
        return Ok(print("Nothing is pending.")?);
    }
    let rows = jobs.iter().map(|job| {
        let why = job.open_reviews().into_iter().map(|open| format!("{}: {}", open.code, open.message));
        [
            job.rma_id.to_string(),
            job.state.as_str().to_owned(),
            job.sales_credit_id.map(|credit| credit.to_string()).unwrap_or_default(),
            why.collect::<Vec<_>>().join("\n"),
        ]
    });
    Ok(print_table(["RMA", "state", "credit", "why"], rows)?)
}
