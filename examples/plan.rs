//! A dry run without network: what would be written for this world, what a person would be asked.
//! `cargo run --example plan -- examples/worlds/approved.json examples/worlds/settings.json`

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;
use returngo_brightpearl::{ConnectionSettings, World};
use support::output::{remark, run, say};

/// Prints the plan for a world as JSON.
#[derive(Parser)]
struct Arguments {
    /// What both systems say now: the bodies of their answers
    world: PathBuf,
    /// How the two are connected; the defaults and no payment method when absent
    settings: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(async { plan(&arguments) }).await
}

fn plan(arguments: &Arguments) -> anyhow::Result<()> {
    let world = World::from_json(&text_of(&arguments.world)?)
        .with_context(|| format!("{} is not a world", arguments.world.display()))?;
    let settings = match &arguments.settings {
        Some(path) => ConnectionSettings::from_json(&text_of(path)?)
            .with_context(|| format!("{} are not settings of a connection", path.display()))?,
        None => {
            remark("no settings were given: defaults are used, and refunds have no payment method")?;
            ConnectionSettings::new("acmeoutdoors".parse()?, "")
        }
    };
    let plan = returngo_brightpearl::plan(&world, &settings);
    say(serde_json::to_string_pretty(&plan)?)?;
    Ok(())
}

fn text_of(path: &PathBuf) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
