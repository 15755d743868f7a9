use anyhow::ensure;

use crate::{
    assembly::Assembly,
    options::GlobalOptions,
    output::{counted, print, print_json, print_table},
};
use returngo_brightpearl_connector::{
    operations::{
        self,
        status::{ConnectionReport, HeldBy, in_words, moment, seconds_since},
    },
    store::{LEASE, SweepName},
};

/// Prints the state of every connection. Fails if one has a problem.
pub(super) async fn run(options: &GlobalOptions) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    let context = assembly.context();
    let reports = operations::status::show(&context).await?;
    if options.json {
        print_json(&reports)?;
    } else {
        if let Some(file) = &assembly.configuration.file {
            print(format_args!("Configuration: {}", file.display()))?;
        }
        show(&reports, |at| seconds_since(at, context.now()))?;
    }
    let with_problems = reports.iter().filter(|report| !report.problems.is_empty()).count();
    ensure!(with_problems == 0, "connections with problems: {with_problems} of {}", reports.len());
    Ok(())
}

fn show(reports: &[ConnectionReport], age: impl Fn(jiff::Timestamp) -> i64) -> anyhow::Result<()> {
    if reports.is_empty() {
        return Ok(print("No connections. Run `connect NAME` to create one, or `demo` to try the program.")?);
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
    let rows = reports.iter().map(|report| {
        [
            report.connection.to_string(),
            report.in_sync.to_string(),
            report.pending.to_string(),
            report.in_progress.to_string(),
            report.needs_review.to_string(),
            report.waiting_webhooks.to_string(),
            report.oldest_pending_seconds.map(in_words).unwrap_or_default(),
        ]
    });
    print_table(header, rows)?;
    for report in reports {
        show_one(report, &age)?;
    }
    Ok(())
}

fn show_one(report: &ConnectionReport, age: impl Fn(jiff::Timestamp) -> i64) -> anyhow::Result<()> {
    let id = &report.connection;
    let swept = |name: SweepName| {
        let sweep = report.sweeps.iter().find(|sweep| sweep.sweep == name);
        match sweep.and_then(|sweep| sweep.last_success_at) {
            Some(at) => format!("{} {} ago", name.as_str(), in_words(age(at))),
            None => format!("{} never", name.as_str()),
        }
    };
    let swept: Vec<String> = SweepName::ALL.into_iter().map(swept).collect();
    print(format_args!("{id}: last successful sweeps: {}.", swept.join(", ")))?;
    if let Some(calls) = &report.returngo_calls {
        print(format_args!("{id}: ReturnGO calls left today: {} of {}.", calls.left, calls.a_day))?;
    }
    for held in &report.held_by {
        print(format_args!(
            "{id}: process \"{}\" holds {}, {}.",
            held.process,
            counted(usize::try_from(held.rmas)?, "RMA"),
            held_until(held)
        ))?;
    }
    for problem in &report.problems {
        print(format_args!("! {id}: {problem}."))?;
    }
    Ok(())
}

/// When the hold of a process ends if it does not report again.
fn held_until(held: &HeldBy) -> String {
    match held.until {
        Some(until) => format!("until {} unless it reports again", moment(until)),
        None => format!(
            "but is not registered: they are released within {} s while `serve` runs",
            2 * LEASE.as_secs()
        ),
    }
}
