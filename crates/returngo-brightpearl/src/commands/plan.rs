use clap::Args;
use returngo_brightpearl_mapping::{explain, plan};
use serde_json::json;

use crate::{
    args,
    assembly::Assembly,
    options::{GlobalOptions, RmaArg},
    output::{print, print_json},
    spending::Spending,
};

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: RmaArg,
    #[command(flatten)]
    spending: Spending,
}

/// What would be done about an RMA, and why. Writes nothing.
pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { of: RmaArg { connection, rma }, spending } = arguments;
    let assembly = Assembly::open(options).await?;
    let id = args::connection(&assembly.store, connection.as_ref()).await?;
    let connection = assembly.connection(&id).await?;
    let world = async {
        spending.allow(&assembly, &id, "this plan", 1).await?;
        Ok(connection.reader().await?.world(rma).await?)
    };
    let world = assembly.spending(world).await?;
    let plan = plan(&world, &connection.settings);
    let explanation = explain(&world, &connection.settings, &plan);
    if options.json {
        return print_json(&json!({"plan": plan, "explanation": explanation}));
    }
    Ok(print(explanation.to_string().trim_end())?)
}
