//! Reads a Brightpearl account: `cargo run --example look_up -- statuses`, `… -- order 300871`,
//! `… -- --json order-search parentOrderId=300871`.

mod columns;
mod read;
mod what;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use support::{
    output::{json_table, remark, run, say},
    systems::Brightpearl,
};

use self::{
    read::{Found, read},
    what::{Asked, What},
};

/// Reads a Brightpearl account.
///
/// Reads the account in BRIGHTPEARL_DATACENTER (or BRIGHTPEARL_URL), BRIGHTPEARL_ACCOUNT, BRIGHTPEARL_APP_REF and
/// BRIGHTPEARL_TOKEN, or a mock if none of them is set.
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Arguments {
    /// Print JSON with the names of the API instead of a table
    #[arg(long)]
    json: bool,
    /// The kind of object to read
    what: What,
    /// An id set such as 1,320-321, filters for searches such as parentOrderId=300871, or a warehouse id before the ids of
    /// objects in a warehouse
    ids: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Asked::read(arguments.what, &arguments.ids) {
        Ok(asked) => run(look_up(&arguments, &asked)).await,
        Err(problem) => Arguments::command().error(ErrorKind::ValueValidation, problem).exit(),
    }
}

async fn look_up(arguments: &Arguments, asked: &Asked) -> anyhow::Result<()> {
    let brightpearl = Brightpearl::from_environment().await?;
    if arguments.json {
        remark(brightpearl.introduction())?;
    } else {
        say(brightpearl.introduction())?;
    }
    let Found { rows, missing } = read(&brightpearl.client, arguments.what, asked).await?;
    if arguments.json {
        say(serde_json::to_string_pretty(&rows)?)?;
    } else {
        say(json_table(&rows, arguments.what.columns()))?;
    }
    if !missing.is_empty() {
        remark(format!("not found: {missing}"))?;
    }
    Ok(())
}
