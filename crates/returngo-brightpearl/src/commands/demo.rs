use anyhow::Context as _;

use crate::{
    LogFormat,
    cli::{Cli, Demo as Arguments},
    log,
    output::{remark, say, say_json},
};
use returngo_brightpearl_connector::configuration::Secret;
use returngo_brightpearl_demo::{Demo, Figures};

/// Plays returns through, and shows the figures.
pub(super) async fn run(cli: &Cli, arguments: &Arguments) -> anyhow::Result<()> {
    log::start(cli.log_filter(), LogFormat::Text);
    let thrown_away = tempfile::tempdir().context("there is no place for a database")?;
    let file = format!("sqlite://{}", thrown_away.path().join("demo.db").display());
    let database = arguments.database.as_ref().map_or(&*file, Secret::reveal);
    let mut demo = Demo::start(arguments.rmas, database, arguments.faults).await?;
    if cli.json {
        return say_json(&demo.run(|_| {}).await?);
    }
    remark(format_args!("{} returns, with a Brightpearl and a ReturnGO of its own.", arguments.rmas))?;
    let figures = demo
        .run(|line| {
            // The story may go unheard; the figures may not.
            let _ = remark(line);
        })
        .await?;
    Ok(say(page(&figures))?)
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
        ("for a person", needs_review.to_string()),
        (
            "requests to Brightpearl",
            format!("{brightpearl_requests} (at 200 a minute: {throttle_windows} min)"),
        ),
        ("requests an approval", format!("{requests_per_approval:.3}")),
        ("seconds", format!("{seconds:.1}")),
    ]
    .map(|(name, value)| format!("{name:<24} {value}"))
    .join("\n")
}
