use clap::Args;

use crate::{
    args,
    assembly::Assembly,
    options::GlobalOptions,
    output::{note, print, print_json},
    terminal,
};
use returngo_brightpearl_connector::{
    operations::{self, disconnect::WebhooksRemoved},
    store::ConnectionId,
};

#[derive(Debug, Args)]
#[command(after_help = "\
Use it when a shop or an account is no longer used. Everything that was written
stays, in both systems and in the audit; a connection of the same name continues
from there. Webhooks are found by their path, so public_url is not needed.

Asks for confirmation. Without a terminal, --yes is required.

Examples:
  returngo-brightpearl disconnect acme
  returngo-brightpearl disconnect acme --yes               in a script
  returngo-brightpearl disconnect acme --leave-webhooks    credentials rejected")]
pub(crate) struct Arguments {
    /// Connection name (optional if there is only one)
    connection: Option<ConnectionId>,
    /// Remove the connection even if its webhooks cannot be removed, such as when the API credentials no longer work
    #[arg(long)]
    leave_webhooks: bool,
    /// Remove without asking for confirmation
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let context = Assembly::open(options).await?.context();
    let id = args::connection(&context.store, arguments.connection.as_ref()).await?;
    let between = operations::disconnect::counterparts(&context, &id).await?;
    let between = between.map(|pair| format!(" ({pair})")).unwrap_or_default();
    let question = format!("Remove connection {id}{between}, its credentials and its webhooks?");
    terminal::confirm(&question, arguments.yes)?;
    let disconnected = operations::disconnect::run(&context, &id, arguments.leave_webhooks).await?;
    for left in &disconnected.webhooks_left {
        note(format_args!("webhooks were not removed: {left}"))?;
    }
    if options.json {
        return print_json(&disconnected);
    }
    let WebhooksRemoved { brightpearl, returngo } = disconnected.webhooks_removed;
    Ok(print(format_args!(
        "Removed connection {id}, {brightpearl} webhooks in Brightpearl and {returngo} in ReturnGO. Everything that was \
         written stays, in both systems and in the audit."
    ))?)
}
