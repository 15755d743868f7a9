use std::convert::Infallible;

use anyhow::Context as _;
use clap::Args;

use crate::{
    LogFormat, log,
    options::GlobalOptions,
    output::{note, print, print_json},
};
use returngo_brightpearl_connector::configuration::Secret;
use returngo_brightpearl_demo::{Demo, Figures};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Number of returns
    #[arg(long, default_value_t = 100)]
    rmas: u64,
    /// Inject faults (lost responses, errors, throttling, duplicate and lost webhooks) using this random seed
    #[arg(long, value_name = "SEED")]
    faults: Option<u64>,
    /// RetentionPeriods the data in this new database instead of a temporary one
    #[arg(long, value_name = "URL", value_parser = |text: &str| Ok::<_, Infallible>(Secret::new(text)))]
    database: Option<Secret>,
}

/// Plays returns from approval to restocking, and prints figures.
pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    log::start(options.log_filter, LogFormat::Text);
    let temporary = tempfile::tempdir().context("cannot create a temporary folder for the database")?;
    let file = format!("sqlite://{}", temporary.path().join("demo.db").display());
    let database = arguments.database.as_ref().map_or(&*file, Secret::reveal);
    let mut demo = Demo::start(arguments.rmas, database, arguments.faults).await?;
    if options.json {
        return print_json(&demo.run(|_| {}).await?);
    }
    note(format_args!("Playing {} returns against mocks of both systems.", arguments.rmas))?;
    let figures = demo
        .run(|line| {
            // Only the figures have to be printed.
            let _ = note(line);
        })
        .await?;
    Ok(print(page(&figures))?)
}

fn page(figures: &Figures) -> String {
    let Figures {
        rmas,
        credits,
        payments,
        rmas_validated,
        duplicates,
        lost,
        needs_review,
        brightpearl_requests,
        requests_per_approval,
        throttle_windows,
        seconds,
    } = figures;
    [
        ("RMAs", rmas.to_string()),
        ("sales credits", credits.to_string()),
        ("payments", payments.to_string()),
        ("RMAs validated", rmas_validated.to_string()),
        ("duplicates", duplicates.to_string()),
        ("lost", lost.to_string()),
        ("needs review", needs_review.to_string()),
        (
            "requests to Brightpearl",
            format!("{brightpearl_requests} (at 200 a minute: {throttle_windows} min)"),
        ),
        ("requests per approval", format!("{requests_per_approval:.3}")),
        ("seconds", format!("{seconds:.1}")),
    ]
    .map(|(name, value)| format!("{name:<24} {value}"))
    .join("\n")
}
