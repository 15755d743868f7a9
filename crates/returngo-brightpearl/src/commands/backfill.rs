use clap::Args;
use returngo_brightpearl_mapping::reconcile::Days;

use crate::{
    args::{self, Period},
    assembly::Assembly,
    options::GlobalOptions,
    output::{counted, note, note_skipped, print, print_json, print_table},
    spending::Spending,
    terminal,
};
use returngo_brightpearl_connector::{
    operations::{
        self, Context, UnreadableObject,
        backfill::{CallsNeeded, DryRun, Outlook, Totals},
    },
    store::ConnectionId,
};

#[derive(Debug, Args)]
#[command(after_help = "\
RMAs that were approved before the connection was created are ignored until this
command queues them. It leaves out RMAs that are synchronized already, so run it
again for the next portion. Returns that were credited by hand need review and get
no second credit, unless the settings say otherwise: start with --dry-run.

Every RMA takes one of ReturnGO's 2,000 calls a day; writes to it take more. One
run queues at most --at-most RMAs, the oldest first, so that old returns do not
delay today's. A quarter of the day's calls is reserved for `serve`; --spend
allows more.

Examples:
  returngo-brightpearl backfill --from 2026-04-01 --to 2026-04-30 --dry-run
  returngo-brightpearl backfill --from 2026-04-01 --to 2026-04-30
  returngo-brightpearl backfill acme --from 2026-04-01 --at-most 200 --yes --json")]
pub(crate) struct Arguments {
    /// Connection name (optional if there is only one)
    connection: Option<ConnectionId>,
    #[command(flatten)]
    period: Period,
    /// Show what would be written, and write nothing; reads every RMA, at one call each
    #[arg(long)]
    dry_run: bool,
    /// Queue at most this many RMAs
    #[arg(long, value_name = "RMAS", default_value_t = 500)]
    at_most: usize,
    /// Queue without asking for confirmation; required without a terminal
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    spending: Spending,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let days = arguments.period.days()?;
    let context = Assembly::open(options).await?.context();
    context.calling(of_days(options, arguments, &context, days)).await
}

async fn of_days(
    options: &GlobalOptions,
    arguments: &Arguments,
    context: &Context,
    days: Days,
) -> anyhow::Result<()> {
    let id = args::connection(&context.store, arguments.connection.as_ref()).await?;
    arguments.spending.allow(context, &id, "listing the RMAs", 1).await?;
    let portion = operations::backfill::portion(context, &id, days, arguments.at_most).await?;
    let what = if arguments.dry_run { "this dry run" } else { "synchronizing these RMAs" };
    arguments.spending.allow(context, &id, what, portion.rmas.len()).await?;
    if arguments.dry_run {
        let dry_run = operations::backfill::dry_run(context, portion).await?;
        return if options.json { print_json(&dry_run) } else { show_dry_run(&dry_run) };
    }
    if !portion.rmas.is_empty() {
        let rmas = counted(portion.rmas.len(), "RMA");
        let question = format!("Queue {rmas}? The connector then writes their credits and payments.");
        terminal::confirm(&question, arguments.yes)?;
    }
    let queued = operations::backfill::queue(context, portion).await?;
    if options.json {
        return print_json(&queued);
    }
    if queued.enqueued.is_empty() {
        print("No RMA was queued.")?;
    } else {
        let rmas = counted(queued.enqueued.len(), "RMA");
        print(format_args!("Queued {rmas}. Synchronizing takes {}.", share_of_a_day(&queued.returngo)))?;
        note(format_args!("`serve` processes them; run `sync {id}` to process them now."))?;
    }
    show_others(queued.known, queued.left, &queued.unreadable)
}

fn show_dry_run(dry_run: &DryRun) -> anyhow::Result<()> {
    if dry_run.rmas.is_empty() {
        print("No RMA would be queued.")?;
        return show_others(dry_run.known, dry_run.left, &dry_run.unreadable);
    }
    print_table(["RMA", "first writes", "reviews"], dry_run.rmas.iter().map(row))?;
    let Totals { rmas, credits, payments, updates, need_review, unreadable, .. } = &dry_run.totals;
    print(format_args!("RMAs: {rmas}"))?;
    print(format_args!("  sales credits to create: {credits}"))?;
    print(format_args!("  refunds to record: {payments}"))?;
    print(format_args!("  updates in ReturnGO, as far as known now: {updates}"))?;
    print(format_args!("  needs review: {need_review}"))?;
    if *unreadable > 0 {
        print(format_args!("  cannot be read: {unreadable}"))?;
    }
    print(format_args!("Synchronizing takes {}.", share_of_a_day(&dry_run.returngo)))?;
    show_others(dry_run.known, dry_run.left, &dry_run.unreadable)
}

fn row(outlook: &Outlook) -> [String; 3] {
    match outlook {
        Outlook::Planned { rma_id, writes, reviews, .. } => {
            let mut writes: Vec<_> = writes.iter().map(|write| write.what.clone()).collect();
            let reviews: Vec<_> =
                reviews.iter().map(|review| format!("{}: {}", review.code, review.message)).collect();
            if writes.is_empty() && reviews.is_empty() {
                writes.push("nothing to write now".to_owned());
            }
            [rma_id.to_string(), writes.join("\n"), reviews.join("\n")]
        }
        Outlook::Unreadable { rma_id, error } => {
            [rma_id.to_string(), format!("cannot be read: {error}"), String::new()]
        }
    }
}

fn show_others(known: usize, left: usize, unreadable: &[UnreadableObject]) -> anyhow::Result<()> {
    print(format_args!("Left out because they are synchronized already: {known}."))?;
    if left > 0 {
        print(format_args!("Remaining for the next run, best on another day: {left}."))?;
    }
    note_skipped(unreadable)
}

fn share_of_a_day(CallsNeeded { calls, calls_a_day }: &CallsNeeded) -> String {
    match calls_a_day {
        Some(day) => format!("at least {calls} of ReturnGO's {day} calls a day"),
        None => format!("at least {calls} calls to ReturnGO"),
    }
}
