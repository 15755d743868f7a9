//! Metrics. `docs/operations.md` documents their names and uses them in alert rules.

use jiff::Timestamp;
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use crate::{
    engine::BatchSummary,
    store::{ConnectionStatus, Source, SweepName, UnreadableKind},
};

/// Describes the metrics and creates all counters with the value 0, because Prometheus does not see an increase in a series
/// that did not exist before.
pub fn describe() {
    describe_counter!("returngo_brightpearl_webhooks_total", "Webhooks by response status");
    describe_counter!("returngo_brightpearl_runs_total", "Runs of jobs by outcome");
    describe_counter!("returngo_brightpearl_writes_total", "Writes to either system");
    describe_counter!("returngo_brightpearl_sweeps_total", "Sweeps");
    describe_counter!(
        "returngo_brightpearl_removed_total",
        "Rows removed because they were older than the retention period"
    );
    describe_counter!(
        "returngo_brightpearl_unreadable_values_total",
        "Informational values that could not be decoded and were treated as absent"
    );
    describe_counter!(
        "returngo_brightpearl_unreadable_objects_total",
        "Objects, list rows and webhooks that could not be decoded and were skipped"
    );
    describe_gauge!("returngo_brightpearl_ready", "1 when the database is writable");
    describe_gauge!("returngo_brightpearl_rmas", "RMAs by state");
    describe_gauge!(
        "returngo_brightpearl_webhooks_waiting",
        "Webhooks that are stored and not yet processed"
    );
    describe_gauge!(
        "returngo_brightpearl_oldest_pending_seconds",
        Unit::Seconds,
        "How long the oldest RMA that is out of sync has been so, without RMAs that need review"
    );
    for source in Source::ALL {
        for status in ["200", "503"] {
            counter!("returngo_brightpearl_webhooks_total", "source" => source.as_str(), "status" => status)
                .increment(0);
        }
    }
    batch_processed(BatchSummary::default());
    for sweep in SweepName::ALL {
        for outcome in ["done", "failed"] {
            sweeps(sweep, outcome, 0);
        }
    }
    for kind in UnreadableKind::ALL {
        counter!("returngo_brightpearl_unreadable_objects_total", "kind" => kind.as_str()).increment(0);
    }
    removed("webhooks", 0);
    removed("audit", 0);
}

/// Counts a webhook by its response status.
pub fn webhook_answered(source: Source, status: u16) {
    counter!("returngo_brightpearl_webhooks_total", "source" => source.as_str(), "status" => status.to_string())
        .increment(1);
}

/// Counts the results of a batch.
pub fn batch_processed(summary: BatchSummary) {
    for (outcome, count) in
        [("in_sync", summary.in_sync), ("needs_review", summary.needs_review), ("failed", summary.failed)]
    {
        counter!("returngo_brightpearl_runs_total", "outcome" => outcome).increment(count as u64);
    }
    counter!("returngo_brightpearl_writes_total").increment(summary.written as u64);
}

/// Counts a sweep.
pub fn swept(sweep: SweepName, completed: bool) {
    sweeps(sweep, if completed { "done" } else { "failed" }, 1);
}

fn sweeps(sweep: SweepName, outcome: &'static str, count: u64) {
    counter!("returngo_brightpearl_sweeps_total", "sweep" => sweep.as_str(), "outcome" => outcome)
        .increment(count);
}

/// Sets whether the database is writable.
pub fn show_ready(ready: bool) {
    gauge!("returngo_brightpearl_ready").set(if ready { 1 } else { 0 });
}

/// Counts rows that were removed because of their age.
pub fn removed(what: &'static str, count: u64) {
    counter!("returngo_brightpearl_removed_total", "what" => what).increment(count);
}

/// Counts an object that could not be decoded and was skipped.
pub fn unreadable(kind: UnreadableKind) {
    counter!("returngo_brightpearl_unreadable_objects_total", "kind" => kind.as_str()).increment(1);
}

/// Sets the number of informational values that could not be decoded since the process started.
pub fn show_unreadable_values() {
    counter!("returngo_brightpearl_unreadable_values_total")
        .absolute(api_client_core::wire::unreadable_values());
}

/// Sets the gauges of RMAs and webhooks, as sums over all connections. There may be thousands of connections, so they have no
/// series of their own.
pub fn show_status(status: &[ConnectionStatus], now: Timestamp) {
    let sum = |of: fn(&ConnectionStatus) -> u64| status.iter().map(of).sum::<u64>() as f64;
    for (state, count) in [
        ("pending", sum(|status| status.pending)),
        ("in_progress", sum(|status| status.in_progress)),
        ("in_sync", sum(|status| status.in_sync)),
        ("needs_review", sum(|status| status.needs_review)),
    ] {
        gauge!("returngo_brightpearl_rmas", "state" => state).set(count);
    }
    gauge!("returngo_brightpearl_webhooks_waiting").set(sum(|status| status.waiting_deliveries));
    let oldest = status.iter().filter_map(|status| status.oldest_pending).min();
    let seconds = oldest.map_or(0, |since| now.duration_since(since).as_secs().max(0));
    gauge!("returngo_brightpearl_oldest_pending_seconds").set(seconds as f64);
}
