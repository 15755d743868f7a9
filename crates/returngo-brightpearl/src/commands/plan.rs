use clap::Args;
use returngo_brightpearl_mapping::{explain, plan};
use serde_json::json;

use crate::{
    assembly::Assembly,
    chosen,
    cli::{Cli, RmaArg},
    output::{say, say_json},
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
pub(super) async fn run(cli: &Cli, arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { of: RmaArg { connection, rma }, spending } = arguments;
    let assembly = Assembly::open(cli).await?;
    let id = chosen::connection(&assembly.store, connection.as_ref()).await?;
    let connection = assembly.connection(&id).await?;
    let world = async {
        spending.allow(&assembly, &id, "this plan", 1).await?;
        Ok(connection.reader().await?.world(rma).await?)
    };
    let world = assembly.spending(world).await?;
    let plan = plan(&world, &connection.settings);
    let explanation = explain(&world, &connection.settings, &plan);
    if cli.json {
        return say_json(&json!({"plan": plan, "explanation": explanation}));
    }
    Ok(say(explanation.to_string().trim_end())?)
}
