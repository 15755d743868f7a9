//! A Brightpearl account as a server, for manual tests and other languages.

use std::{fs, path::PathBuf};

use anyhow::Context;
use brightpearl_mock::{Brightpearl, MockCore, Seed, Switches, run_until_ctrl_c};
use clap::Parser;

/// Serve a mock Brightpearl account
///
/// Listens on the loopback interface until Ctrl-C. The first line of output shows the address, the account and its
/// credentials.
#[derive(Parser)]
#[command(version, after_long_help = example_and_switches())]
struct Arguments {
    /// Listen on this port of 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 4010)]
    port: u16,
    /// Start from this JSON seed file instead of the built-in account
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Use this account code instead of the seed's
    #[arg(long, value_name = "CODE")]
    account: Option<String>,
    /// Change an assumption about Brightpearl; repeatable, --help lists the names
    #[arg(long = "switch", value_name = "NAME=VALUE")]
    switches: Vec<String>,
}

fn example_and_switches() -> String {
    format!(
        "Example:\n  brightpearl-mock --port 0 --switch partialReceipts=false\n\nSwitches and their defaults:\n{}",
        Switches::help()
    )
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { port, seed, account, switches: assignments } = Arguments::parse();
    let mut switches = Switches::default();
    for assignment in assignments {
        switches.set(&assignment)?;
    }
    let mut seed = match seed {
        Some(path) => {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Seed::from_json(&text).with_context(|| path.display().to_string())?
        }
        None => Seed::built_in(),
    };
    if let Some(account) = account {
        seed.account = account;
    }
    let core = MockCore::new(Brightpearl::new(seed, switches)?);
    run_until_ctrl_c(core, port).await.with_context(|| format!("cannot listen on port {port}"))
}
