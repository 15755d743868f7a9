use jiff::Timestamp;
use serde_json::json;

use super::super::{
    assembly::Assembly,
    cli::Cli,
    output::{say, say_json, table},
};
use crate::ledger::{ConnectionStatus, LEASE, Process};

/// How every connection stands.
pub(super) async fn run(cli: &Cli) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let now = assembly.clock.now();
    let status = assembly.ledger.status().await?;
    let processes = assembly.ledger.processes().await?;
    if cli.json {
        let status = status.iter().map(|status| as_json(status, &processes, now));
        return say_json(&status.collect::<Vec<_>>());
    }
    if let Some(file) = &assembly.configuration.file {
        say(format_args!("Configuration: {}", file.display()))?;
    }
    if status.is_empty() {
        return Ok(say("No connections: `connect` makes one, `demo` shows what they do.")?);
    }
    let header =
        ["connection", "in step", "due", "at work", "for a person", "webhooks waiting", "oldest due for"];
    let rows = status.iter().map(|status| {
        [
            status.connection.to_string(),
            status.in_step.to_string(),
            status.due.to_string(),
            status.claimed.to_string(),
            status.needs_review.to_string(),
            status.waiting_deliveries.to_string(),
            age(status, now).map(in_words).unwrap_or_default(),
        ]
    });
    say(table(header, rows))?;
    for status in status.iter().filter(|status| status.blocked) {
        say(format_args!(
            "{} is not worked on: another connection is between the same account and shop. Remove one of them with \
             `disconnect`.",
            status.connection
        ))?;
    }
    for process in processes.iter().filter(|process| !process.holds.is_empty()) {
        say(held(process))?;
    }
    Ok(())
}

/// What a process holds, and until when if it is not heard of again.
fn held(process: &Process) -> String {
    let holds: Vec<_> = process.holds.iter().map(|(id, rmas)| format!("{rmas} RMAs of {id}")).collect();
    let until = match process.holds_until() {
        Some(until) => format!("until {} unless it reports again", until.strftime("%F %TZ")),
        None => format!(
            "and is not registered: they are released within {} s while `serve` runs",
            2 * LEASE.as_secs()
        ),
    };
    format!("Process \"{}\" holds {}, {until}.", process.worker, holds.join(", "))
}

fn as_json(status: &ConnectionStatus, processes: &[Process], now: Timestamp) -> serde_json::Value {
    let held_by = processes.iter().flat_map(|process| {
        let holds = process.holds.iter().filter(|(id, _)| *id == status.connection);
        holds.map(move |(_, rmas)| {
            json!({ "process": process.worker.0, "rmas": rmas, "until": process.holds_until() })
        })
    });
    json!({
        "connection": status.connection.as_str(),
        "inStep": status.in_step,
        "due": status.due,
        "claimed": status.claimed,
        "needsReview": status.needs_review,
        "waitingWebhooks": status.waiting_deliveries,
        "oldestDueSeconds": age(status, now),
        "blocked": status.blocked,
        "heldBy": held_by.collect::<Vec<_>>(),
    })
}

/// For how many seconds the RMA that waits longest is not in step.
fn age(status: &ConnectionStatus, now: Timestamp) -> Option<i64> {
    status.oldest_due.map(|since| now.duration_since(since).as_secs().max(0))
}

fn in_words(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
