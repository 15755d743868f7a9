//! Checks the connection between a ReturnGO shop and a Brightpearl account:
//! `cargo run --example check_connection -- [--settings FILE] [--json]`

use std::{path::PathBuf, process::ExitCode};

use brightpearl::{client::SystemClock, integration::NewWebhook};
use clap::Parser;
use returngo::webhook::NewWebhook as Registration;
use returngo_brightpearl_mapping::{
    ConnectionSettings,
    check::{self, Finding, Mark, Receiver},
};
use returngo_brightpearl_sync::{Receivers, read_connection};
use support::{
    environment,
    output::{remark, run, say},
    settings,
    systems::Both,
};

/// Checks the connection between a ReturnGO shop and a Brightpearl account.
///
/// Uses the systems in the BRIGHTPEARL_ and RETURNGO_ variables, or mocks of both if none of them is set. Does not change
/// real systems.
#[derive(Parser)]
struct Arguments {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// The settings of the connection
    #[arg(long)]
    settings: Option<PathBuf>,
    /// The URL for Brightpearl's deliveries, including the receiver's secret
    #[arg(long)]
    brightpearl_webhook: Option<String>,
    /// The URL for ReturnGO's deliveries, including the receiver's secret
    #[arg(long)]
    returngo_webhook: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(async {
        let findings = findings(&arguments).await?;
        show(&findings, arguments.json)?;
        let of = |mark| findings.iter().filter(|finding| finding.mark == mark).count();
        let (failures, all) = (of(Mark::Failure), findings.len());
        anyhow::ensure!(
            failures == 0,
            "{failures} of {all} checks failed: correct them before returns are synchronized"
        );
        Ok(())
    })
    .await
}

async fn findings(arguments: &Arguments) -> anyhow::Result<Vec<Finding>> {
    // The entered values are checked before the first request.
    let real = environment::names_both()?;
    let mut findings = environment::check_inputs();
    if check::worst(&findings) == Mark::Failure {
        return Ok(findings);
    }
    let for_mocks = (!real).then_some(include_str!("worlds/settings.json"));
    let settings = settings::given(arguments.settings.as_deref(), for_mocks)?;
    let systems = Both::from_environment().await?;
    if arguments.json {
        remark(systems.introduction())?;
    } else {
        say(systems.introduction())?;
    }
    let mut receivers = Receivers {
        brightpearl: arguments.brightpearl_webhook.clone().map(Receiver::at),
        returngo: arguments.returngo_webhook.clone().map(Receiver::at),
    };
    if systems.mocks.is_some() && receivers.brightpearl.is_none() && receivers.returngo.is_none() {
        receivers = subscribe(&systems, &settings).await?;
    }
    let connection = read_connection(&systems.brightpearl, &systems.returngo, receivers, &SystemClock).await;
    findings.extend(check::check(&connection, &settings));
    Ok(findings)
}

/// Subscribes to webhooks in the mocks, as a configured connection does.
async fn subscribe(systems: &Both, settings: &ConnectionSettings) -> anyhow::Result<Receivers> {
    let brightpearl = "https://hooks.example.test/webhooks/brightpearl/a-long-random-secret";
    let returngo = "https://hooks.example.test/webhooks/returngo/a-long-random-secret";
    let wanted: Vec<NewWebhook> = check::brightpearl_events(settings)
        .into_iter()
        .map(|event| NewWebhook::post(event, brightpearl))
        .collect();
    systems.brightpearl.webhooks().ensure(&wanted).await?;
    for event in check::returngo_events() {
        systems.returngo.webhooks().create(&Registration::new(event, returngo)).await?;
    }
    Ok(Receivers { brightpearl: Some(Receiver::at(brightpearl)), returngo: Some(Receiver::at(returngo)) })
}

fn show(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    if json {
        say(serde_json::to_string_pretty(findings)?)?;
        return Ok(());
    }
    for Finding { mark, subject, message, advice } in findings {
        say(format_args!("{mark} {subject}: {message}"))?;
        if let Some(advice) = advice {
            say(format_args!("    → {advice}"))?;
        }
    }
    let of = |mark| findings.iter().filter(|finding| finding.mark == mark).count();
    say(format_args!(
        "{} passed, {} warnings, {} failed",
        of(Mark::Pass),
        of(Mark::Warning),
        of(Mark::Failure)
    ))?;
    Ok(())
}
