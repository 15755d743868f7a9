use std::io::{self, Write as _};

use anyhow::ensure;
use clap::Args;
use returngo_brightpearl_mapping::reconcile::{Amount, Report};

use crate::{
    args::{self, ConnectionAndRmas, Period},
    assembly::Assembly,
    options::GlobalOptions,
    output::{note, print, print_json, print_table},
    printable,
    spending::Spending,
};
use returngo_brightpearl_connector::operations;

#[derive(Debug, Args)]
#[command(after_help = "\
Reads both systems and writes nothing. Each line names a difference and what to do
about it; CSV and JSON also contain the IDs of credits, payments and journals.

Every RMA takes one call to ReturnGO. A quarter of the day's calls is reserved for
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
    /// Print CSV, one line for each refund and each difference
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    spending: Spending,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let days = arguments.period.days()?;
    let (named, rmas) = arguments.of.split()?;
    let context = Assembly::open(options).await?.context();
    let id = args::connection(&context.store, named.as_ref()).await?;
    let spending = async |calls| arguments.spending.allow(&context, &id, "this reconciliation", calls).await;
    let report = async {
        // Listing the refunds takes at least one call.
        spending(rmas.len().max(1)).await?;
        let refunded = match rmas.is_empty() {
            true => {
                let refunded = operations::reconcile::refunded(&context, &id, &days).await?;
                spending(refunded.rmas.len()).await?;
                refunded
            }
            false => operations::reconcile::named(rmas),
        };
        anyhow::Ok(operations::reconcile::compare(&context, &id, days, refunded).await?)
    };
    let report = context.calling(report).await?;
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

fn show(report: &Report) -> anyhow::Result<()> {
    if report.lines.is_empty() {
        return Ok(print("No refunds in either system on these days.")?);
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
    print_table(["day", "RMA", "refunded", "recorded", "bank", "difference and next step"], rows)?;
    for total in &report.totals {
        print(total)?;
    }
    Ok(print(report)?)
}
