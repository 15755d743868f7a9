//! Reconciles refunds in ReturnGO with payments in Brightpearl:
//! `cargo run --example reconcile -- --from 2026-05-18 --to 2026-05-24 [--csv | --json]`

mod scene;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use jiff::civil::Date;
use returngo::RmaId;
use returngo_brightpearl_mapping::reconcile::{Days, Line, Report, TABLE_COLUMNS};
use returngo_brightpearl_sync::Synchronizer;
use support::{
    output::{remark, run, say, table},
    settings,
    systems::Both,
};

/// Reconciles refunds.
///
/// Uses the systems in the BRIGHTPEARL_ and RETURNGO_ variables. If none of them is set, uses mocks of both with two days of
/// an invented shop in May 2026 that have every kind of difference. Does not change real systems.
#[derive(Parser)]
struct Arguments {
    /// The first day, in the account's time zone
    #[arg(long)]
    from: Option<Date>,
    /// The last day
    #[arg(long)]
    to: Option<Date>,
    /// Print CSV, with a line for each refund and each difference
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON, with totals
    #[arg(long)]
    json: bool,
    /// The settings of the connection
    #[arg(long)]
    settings: Option<PathBuf>,
    /// Only these RMAs
    rmas: Vec<RmaId>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Days::new(arguments.from, arguments.to) {
        Ok(days) => run(reconcile(&arguments, days)).await,
        Err(problem) => Arguments::command().error(ErrorKind::ValueValidation, problem).exit(),
    }
}

async fn reconcile(arguments: &Arguments, days: Days) -> anyhow::Result<()> {
    let systems = Both::from_environment().await?;
    if arguments.csv || arguments.json {
        remark(systems.introduction())?;
    } else {
        say(systems.introduction())?;
    }
    let for_mocks = systems.mocks.is_some().then_some(scene::SETTINGS);
    let settings = settings::given(arguments.settings.as_deref(), for_mocks)?;
    let synchronizer = Synchronizer::new(systems.brightpearl, systems.returngo, settings);
    let reader = synchronizer.reader().await?;
    if let Some((brightpearl, returngo)) = &systems.mocks {
        scene::play(&synchronizer, brightpearl, returngo).await?;
    }
    let report = match arguments.rmas.as_slice() {
        [] => reader.reconcile(days).await?,
        rmas => reader.reconcile_rmas(days, rmas).await?,
    };
    if arguments.csv {
        io::stdout().write_all(report.to_csv().as_bytes())?;
        return Ok(());
    }
    if arguments.json {
        say(serde_json::to_string_pretty(&report)?)?;
        return Ok(());
    }
    print_table(&report)
}

fn print_table(report: &Report) -> anyhow::Result<()> {
    say(table(TABLE_COLUMNS, report.lines.iter().map(Line::table_cells)))?;
    for total in &report.totals {
        say(total)?;
    }
    say(report)?;
    Ok(())
}
