//! What ReturnGO refunded against what Brightpearl recorded.

use std::io::{self, Write as _};

use clap::Args;
use returngo::RmaId;
use returngo_brightpearl::reconcile::{Amount, Days, Report};
use returngo_brightpearl_reader::Reader;

use super::super::{
    assembly::Assembly,
    chosen,
    cli::Cli,
    output::{say, say_json, say_whole, table},
    period::Period,
    printable,
    progress::Progress,
    spending::Spending,
    words::Words,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Reads only. Every line names a difference and what to do next; CSV and JSON also
have the ids of credits, payments and journals.

Every RMA takes a call to ReturnGO. A quarter of the day's calls is kept for
`serve`; --spend allows more.

Examples:
  returngo-brightpearl reconcile --from 2026-05-01 --to 2026-05-31
  returngo-brightpearl reconcile acme --from 2026-05-01 --csv > refunds.csv
  returngo-brightpearl reconcile --from 2026-05-01 4410021")]
pub(in crate::program) struct Arguments {
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    period: Period,
    /// CSV: a line for each refund and each difference
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    spending: Spending,
}

pub(super) async fn run(cli: &Cli, arguments: &Arguments) -> anyhow::Result<()> {
    let days = arguments.period.days()?;
    let (named, rmas) = arguments.words.split()?;
    let assembly = Assembly::open(cli).await?;
    let id = chosen::connection(&*assembly.ledger, named.as_ref()).await?;
    let connection = assembly.connection(&id).await?;
    let spending = async |what: &str, calls| arguments.spending.allow(&assembly, &id, what, calls).await;
    let report = async {
        // Listing the refunds is one call at least.
        spending("this reconciliation", rmas.len().max(1)).await?;
        let reader = connection.reader().await?;
        let refunded = match rmas.is_empty() {
            true => {
                let refunded = refunded(&reader, &days).await?;
                spending("this reconciliation", refunded.len()).await?;
                refunded
            }
            false => rmas,
        };
        report(&reader, days, refunded).await
    };
    let report = assembly.spending(report).await?;
    if arguments.csv {
        io::stdout().write_all(printable::lines(&report.to_csv()).as_bytes())?;
        return Ok(());
    }
    if cli.json {
        return say_json(&report);
    }
    print_table(&report)
}

/// The RMAs that were refunded on these days.
async fn refunded(reader: &Reader, days: &Days) -> anyhow::Result<Vec<RmaId>> {
    let _looking = Progress::unknown("looking for refunds in both systems");
    Ok(reader.rmas_refunded(days).await?.into_iter().collect())
}

async fn report(reader: &Reader, days: Days, rmas: Vec<RmaId>) -> anyhow::Result<Report> {
    let progress = Progress::steps("RMAs", rmas.len());
    let mut lines = Vec::new();
    for (done, rma) in rmas.iter().enumerate() {
        progress.done(done);
        lines.extend(reader.reconcile_rmas(days, [rma]).await?.lines);
    }
    Ok(Report::new(days, lines))
}

fn print_table(report: &Report) -> anyhow::Result<()> {
    if report.lines.is_empty() {
        return Ok(say("No refunds on these days, in neither system.")?);
    }
    let shown = |amount: &Option<Amount>| amount.as_ref().map(ToString::to_string).unwrap_or_default();
    let rows = report.lines.iter().map(|line| {
        [
            line.date.map(|date| date.to_string()).unwrap_or_default(),
            line.rma_id.to_string(),
            shown(&line.refunded),
            shown(&line.recorded),
            line.bank_account.as_ref().map(ToString::to_string).unwrap_or_default(),
            line.to_string(),
        ]
    });
    let header = ["day", "RMA", "refunded", "recorded", "bank", "what to know, what to do"];
    say_whole(table(header, rows))?;
    for total in &report.totals {
        say(total)?;
    }
    Ok(say(report)?)
}
