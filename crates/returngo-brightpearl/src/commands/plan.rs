use clap::Args;

use crate::{
    args,
    assembly::Assembly,
    options::{GlobalOptions, RmaArg},
    output::{print, print_json},
    spending::Spending,
};
use returngo_brightpearl_connector::operations;

#[derive(Debug, Args)]
#[command(
    allow_missing_positional = true,
    after_help = "\
Reads both systems, at one call to ReturnGO, and writes nothing. Use it before a
backfill, or when an RMA needs review.

Examples:
  returngo-brightpearl plan 4410021
  returngo-brightpearl plan acme 4410021 --json"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: RmaArg,
    #[command(flatten)]
    spending: Spending,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { of: RmaArg { connection, rma }, spending } = arguments;
    let context = Assembly::open(options).await?.context();
    let id = args::connection(&context.store, connection.as_ref()).await?;
    let planned = async {
        spending.allow(&context, &id, "this plan", 1).await?;
        anyhow::Ok(operations::plan::show(&context, &id, rma).await?)
    };
    let planned = context.calling(planned).await?;
    if options.json {
        return print_json(&planned);
    }
    Ok(print(planned.explanation.to_string().trim_end())?)
}
