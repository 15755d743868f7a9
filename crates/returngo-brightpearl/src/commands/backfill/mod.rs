//! Older returns: those of a period are marked as due, or it is said what that would lead to.

mod dry_run;

use std::collections::BTreeSet;

use clap::Args;
use jiff::tz::TimeZone;
use returngo::{EventName, RmaFilter, RmaId, RmaSummary, client::Quota, rma::RmaOrder};
use returngo_brightpearl_mapping::reconcile::Days;
use serde_json::json;

use crate::{
    args,
    args::Period,
    assembly::Assembly,
    options::GlobalOptions,
    output::{counted, note, print, print_json},
    spending::Spending,
    terminal,
    terminal::Progress,
    unreadable,
};
use returngo_brightpearl_connector::{
    connection::Connection,
    skipped::Skipped,
    store::{Cause, ConnectionId, Unreadable, UnreadableKind},
};

#[derive(Debug, Args)]
#[command(after_help = "\
RMAs that were approved before the connection was created are left alone until
this command queues them. RMAs that are synchronized already are left out, so run
it again for the next portion. Returns that were credited by hand need a decision
and get no second credit, unless the settings say otherwise: start with --dry-run.

Every RMA takes one of ReturnGO's 2,000 calls a day, and writes to it take more.
One run queues at most --at-most RMAs, the oldest first, so that old returns do
not delay today's. A quarter of the day's calls is kept for `serve`; --spend
allows more.

Examples:
  returngo-brightpearl backfill --from 2026-04-01 --to 2026-04-30 --dry-run
  returngo-brightpearl backfill --from 2026-04-01 --to 2026-04-30
  returngo-brightpearl backfill acme --from 2026-04-01 --at-most 200 --yes --json")]
pub(crate) struct Arguments {
    /// Name of the connection; optional when there is only one
    connection: Option<ConnectionId>,
    #[command(flatten)]
    period: Period,
    /// Say what would be done, and write nothing. Every RMA is read, at one call each
    #[arg(long)]
    dry_run: bool,
    /// How many RMAs in one run
    #[arg(long, value_name = "RMAS", default_value_t = 500)]
    at_most: usize,
    /// Queue them without asking for confirmation; required without a terminal
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    spending: Spending,
}

/// The returns of a period.
struct Portion {
    /// RMAs that the connection knows already.
    known: usize,
    /// The others, the oldest first, as many as one run takes.
    rmas: Vec<RmaId>,
    /// How many more there are.
    left: usize,
    /// Rows that cannot be read: whether they belong to the period is unknown.
    unreadable: BTreeSet<Unreadable>,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let days = arguments.period.days()?;
    let assembly = Assembly::open(options).await?;
    assembly.spending(of_the_days(options, arguments, &assembly, days)).await
}

async fn of_the_days(
    options: &GlobalOptions,
    arguments: &Arguments,
    assembly: &Assembly,
    days: Days,
) -> anyhow::Result<()> {
    let id = args::connection(&assembly.store, arguments.connection.as_ref()).await?;
    let connection = assembly.connection(&id).await?;
    let a_day = assembly.registry.configuration(&id).await?.returngo.calls_a_day.or(Quota::default().per_day);
    arguments.spending.allow(assembly, &id, "listing the RMAs", 1).await?;
    let portion = portion(assembly, &connection, &days, arguments.at_most).await?;
    let what = if arguments.dry_run { "this dry run" } else { "synchronizing these RMAs" };
    arguments.spending.allow(assembly, &id, what, portion.rmas.len()).await?;
    if arguments.dry_run {
        return dry_run::run(options, &connection, &days, portion, a_day).await;
    }
    let Portion { rmas, .. } = &portion;
    if !rmas.is_empty() {
        let question = format!(
            "Queue {}? The connector then writes their credits and payments.",
            counted(rmas.len(), "RMA")
        );
        terminal::confirm(&question, arguments.yes)?;
    }
    let why = "a person asked for older returns";
    assembly.store.enqueue(&id, rmas, Cause::Prompter, why, assembly.clock.now()).await?;
    if options.json {
        return print_json(&json!({
            "connection": id.as_str(),
            "period": days,
            "enqueued": rmas,
            "known": portion.known,
            "left": portion.left,
            "unreadable": portion.unreadable.iter().map(unreadable::as_json).collect::<Vec<_>>(),
            "returngo": {"calls": rmas.len(), "callsADay": a_day},
        }));
    }
    if rmas.is_empty() {
        print("No RMA was queued.")?;
    } else {
        print(format_args!("RMAs queued: {}. It takes {}.", rmas.len(), share_of_a_day(rmas.len(), a_day)))?;
        note(format_args!("`serve` works on them, or `sync {id}` does so now."))?;
    }
    tell_of_the_others(&portion)
}

fn tell_of_the_others(Portion { known, left, unreadable, .. }: &Portion) -> anyhow::Result<()> {
    print(format_args!("Known already, and left out: {known}."))?;
    if *left > 0 {
        print(format_args!("Left for the next run, best on another day: {left}."))?;
    }
    unreadable::name_unreadable(unreadable)
}

/// What so many calls mean.
fn share_of_a_day(calls: usize, a_day: Option<u32>) -> String {
    match a_day {
        Some(day) => format!("at least {calls} of ReturnGO's {day} calls a day"),
        None => format!("at least {calls} calls to ReturnGO"),
    }
}

async fn portion(
    assembly: &Assembly,
    connection: &Connection,
    days: &Days,
    at_most: usize,
) -> anyhow::Result<Portion> {
    let progress = Progress::unknown("listing RMAs");
    let zone = connection.reader().await?.account.time_zone().unwrap_or(TimeZone::UTC);
    let mut portion = Portion { known: 0, rmas: Vec::new(), left: 0, unreadable: BTreeSet::new() };
    let mut skipped = Skipped::of(&connection.id);
    let mut listed = connection.returngo.rmas().list(of_the_period(days, &zone));
    while let Some(page) = listed.next_page().await? {
        for row in page.results() {
            let summary = match row {
                Ok(summary) if was_made_on(&summary, days, &zone) => summary,
                Ok(_) => continue,
                Err(row) => {
                    skipped.add_row(UnreadableKind::RmaRow, &row);
                    continue;
                }
            };
            if is_known(assembly, connection, &summary).await? {
                portion.known += 1;
            } else if portion.rmas.len() < at_most {
                portion.rmas.push(summary.rma_id);
            } else {
                portion.left += 1;
            }
        }
        progress.now(format!("listing RMAs: {}", portion.known + portion.rmas.len() + portion.left));
    }
    portion.unreadable = skipped.unreadable().clone();
    skipped.store(&assembly.store, assembly.clock.now()).await?;
    Ok(portion)
}

async fn is_known(
    assembly: &Assembly,
    connection: &Connection,
    summary: &RmaSummary,
) -> anyhow::Result<bool> {
    let known = assembly.store.work(&connection.id, &summary.rma_id).await?;
    Ok(known
        .is_some_and(|item| item.requested || item.credit.is_some() || !is_left_alone(summary, connection)))
}

/// Whether an RMA is left alone until a person asks for it, also when it is known.
fn is_left_alone(summary: &RmaSummary, connection: &Connection) -> bool {
    let approved = summary.events.iter().filter(|event| event.event_name == EventName::Approved);
    let approved_at = approved.filter_map(|event| Some(event.event_date?.timestamp())).min();
    approved_at.zip(connection.synchronise_from).is_some_and(|(approved_at, from)| approved_at < from)
}

fn of_the_period(days: &Days, zone: &TimeZone) -> RmaFilter {
    let filter = RmaFilter::new().order(RmaOrder::OldestFirst);
    let filter = days.begin(zone).into_iter().fold(filter, RmaFilter::created_since);
    days.end(zone).into_iter().fold(filter, RmaFilter::created_before)
}

/// That both bounds of a list hold is unconfirmed (docs/evidence/returngo.md#paging-and-filters).
fn was_made_on(summary: &RmaSummary, days: &Days, zone: &TimeZone) -> bool {
    let made = summary.events.iter().filter_map(|event| Some(event.event_date?.timestamp())).min();
    made.is_none_or(|made| days.contains(made.to_zoned(zone.clone()).date()))
}
