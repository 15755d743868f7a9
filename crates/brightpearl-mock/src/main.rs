//! A Brightpearl account to run beside anything that talks to Brightpearl.

use std::{fs, path::PathBuf};

use anyhow::Context;
use brightpearl_mock::{Brightpearl, MockCore, Seed, Switches, run_until_ctrl_c};
use clap::Parser;

/// A Brightpearl account that behaves, on the loopback interface. Ctrl-C ends it.
#[derive(Parser)]
#[command(version, after_long_help = switches_help())]
struct Arguments {
    /// The port; 0 picks a free one.
    #[arg(long, default_value_t = 4010)]
    port: u16,
    /// A JSON file to start from, instead of the built-in account.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Another account code than the seed's.
    #[arg(long, value_name = "CODE")]
    account: Option<String>,
    /// Another assumption about what is not known of Brightpearl; may be given several times. --help lists them.
    #[arg(long = "switch", value_name = "NAME=VALUE")]
    switches: Vec<String>,
}

fn switches_help() -> String {
    format!("Switches, with what they are unless told otherwise:\n{}", Switches::help())
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
                fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            Seed::from_json(&text).with_context(|| path.display().to_string())?
        }
        None => Seed::built_in(),
    };
    if let Some(account) = account {
        seed.account = account;
    }
    let core = MockCore::new(Brightpearl::new(seed, switches)?);
    run_until_ctrl_c(core, port).await.with_context(|| format!("port {port} cannot be served"))
}
