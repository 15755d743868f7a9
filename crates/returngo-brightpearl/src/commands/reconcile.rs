//! What ReturnGO refunded against what Brightpearl recorded.

use std::io::{self, Write as _};

use anyhow::ensure;
use clap::Args;
use returngo_brightpearl_mapping::reconcile::{Amount, Days, Report};
use returngo_brightpearl_sync::{Reader, Refunded};

use crate::{
    args,
    args::ConnectionAndRmas,
    args::Period,
    assembly::Assembly,
    options::GlobalOptions,
    output::{note, print, print_json, print_table},
    printable,
    spending::Spending,
    terminal::Progress,
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
pub(crate) struct Arguments {
    #[command(flatten)]
    of: ConnectionAndRmas,
    #[command(flatten)]
    period: Period,
    /// CSV: a line for each refund and each difference
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    spending: Spending,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let days = arguments.period.days()?;
    let (named, rmas) = arguments.of.split()?;
    let assembly = Assembly::open(options).await?;
    let id = args::connection(&assembly.store, named.as_ref()).await?;
    let connection = assembly.connection(&id).await?;
    let spending = async |what: &str, calls| arguments.spending.allow(&assembly, &id, what, calls).await;
    let report = async {
        // Listing the refunds is one call at least.
        spending("this reconciliation", rmas.len().max(1)).await?;
        let reader = connection.reader().await?;
        let refunded = match rmas.is_empty() {
            true => {
                let refunded = refunded(&reader, &days).await?;
                spending("this reconciliation", refunded.rmas.len()).await?;
                refunded
            }
            false => Refunded { rmas: rmas.into_iter().collect(), ..Refunded::default() },
        };
        report(&reader, days, refunded).await
    };
    let report = assembly.spending(report).await?;
    if arguments.csv {
        io::stdout().write_all(printable::lines(&report.to_csv()).as_bytes())?;
    } else if options.json {
        print_json(&report)?;
    } else {
        show(&report)?;
    }
    for unreconciled in &report.unreconciled {
        note(format_args!("not reconciled: {}", printable::line(&unreconciled.to_string())))?;
    }
    let left_out = report.unreconciled.len();
    ensure!(
        left_out == 0,
        "{left_out} objects could not be reconciled: compare them by hand in both systems"
    );
    Ok(())
}

/// The RMAs that were refunded on these days.
async fn refunded(reader: &Reader, days: &Days) -> anyhow::Result<Refunded> {
    let _looking = Progress::unknown("looking for refunds in both systems");
    Ok(reader.rmas_refunded(days).await?)
}

async fn report(reader: &Reader, days: Days, refunded: Refunded) -> anyhow::Result<Report> {
    let Refunded { rmas, mut unreconciled } = refunded;
    let progress = Progress::steps("RMAs", rmas.len());
    let mut lines = Vec::new();
    for (done, rma) in rmas.iter().enumerate() {
        progress.done(done);
        let report = reader.reconcile_rmas(days, [rma]).await?;
        lines.extend(report.lines);
        unreconciled.extend(report.unreconciled);
    }
    Ok(Report::new(days, lines).with_unreconciled(unreconciled))
}

fn show(report: &Report) -> anyhow::Result<()> {
    if report.lines.is_empty() {
        return Ok(print("No refunds on these days, in neither system.")?);
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
    print_table(header, rows)?;
    for total in &report.totals {
        print(total)?;
    }
    Ok(print(report)?)
}
