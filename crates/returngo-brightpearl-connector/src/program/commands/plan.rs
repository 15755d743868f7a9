use returngo_brightpearl::{explain, plan};
use serde_json::json;

use super::super::{
    assembly::Assembly,
    chosen,
    cli::{Cli, OfRma},
    output::{say, say_json},
};

/// What would be done about an RMA, and why. Writes nothing.
pub(super) async fn run(cli: &Cli, OfRma { connection, rma }: &OfRma) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let id = chosen::connection(&*assembly.ledger, connection.as_ref()).await?;
    let connection = assembly.connection(&id).await?;
    let world = connection.reader().await?.world(rma).await?;
    let plan = plan(&world, &connection.settings);
    let explanation = explain(&world, &connection.settings, &plan);
    if cli.json {
        return say_json(&json!({"plan": plan, "explanation": explanation}));
    }
    Ok(say(explanation.to_string().trim_end())?)
}
