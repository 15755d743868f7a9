use jiff::Timestamp;
use serde_json::json;

use super::super::{
    assembly::Assembly,
    cli::Cli,
    output::{say, say_json, table},
};
use crate::ledger::ConnectionStatus;

/// How every connection stands.
pub(super) async fn run(cli: &Cli) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let now = assembly.clock.now();
    let status = assembly.ledger.status(now).await?;
    if cli.json {
        return say_json(&status.iter().map(|status| as_json(status, now)).collect::<Vec<_>>());
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
    Ok(say(table(header, rows))?)
}

fn as_json(status: &ConnectionStatus, now: Timestamp) -> serde_json::Value {
    json!({
        "connection": status.connection.as_str(),
        "inStep": status.in_step,
        "due": status.due,
        "claimed": status.claimed,
        "needsReview": status.needs_review,
        "waitingWebhooks": status.waiting_deliveries,
        "oldestDueSeconds": age(status, now),
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
