//! Plans a return offline and prints the writes, the reviews, and the reasons:
//! `cargo run --example plan -- [--explain] examples/worlds/approved.json examples/worlds/settings.json`

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;
use returngo_brightpearl_mapping::{ConnectionSettings, World, explain};
use support::output::{remark, run, say};

/// Prints the plan for a snapshot as JSON.
#[derive(Parser)]
struct Arguments {
    /// A snapshot of both systems, in the format of their responses
    world: PathBuf,
    /// The settings as JSON or TOML; without them, the defaults and no payment method
    settings: Option<PathBuf>,
    /// Explain each row, amount and update in words instead of JSON
    #[arg(long)]
    explain: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(async { plan(&arguments) }).await
}

fn plan(arguments: &Arguments) -> anyhow::Result<()> {
    let world = World::from_json(&text_of(&arguments.world)?)
        .with_context(|| format!("{} is not a snapshot", arguments.world.display()))?;
    let settings = settings(arguments.settings.as_ref())?;
    let plan = returngo_brightpearl_mapping::plan(&world, &settings);
    if arguments.explain {
        say(explain(&world, &settings, &plan).to_string().trim_end())?;
    } else {
        say(serde_json::to_string_pretty(&plan)?)?;
    }
    Ok(())
}

fn settings(path: Option<&PathBuf>) -> anyhow::Result<ConnectionSettings> {
    let Some(path) = path else {
        remark("no settings: the defaults are used, and refunds have no payment method")?;
        return Ok(ConnectionSettings::new("acmeoutdoors".parse()?, ""));
    };
    let text = text_of(path)?;
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let read =
        if is_toml { ConnectionSettings::from_toml(&text) } else { ConnectionSettings::from_json(&text) };
    read.with_context(|| format!("{} does not contain valid settings", path.display()))
}

fn text_of(path: &PathBuf) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
