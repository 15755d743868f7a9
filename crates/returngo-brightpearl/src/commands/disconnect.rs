//! Removing a connection, with its credentials and its webhooks.

use anyhow::ensure;
use clap::Args;
use serde_json::json;

use crate::{
    args,
    assembly::Assembly,
    options::GlobalOptions,
    output::{note, print, print_json},
    terminal,
};
use returngo_brightpearl_connector::{
    error::with_causes,
    registry::RegistryError,
    store::{ConnectionId, Source},
};

#[derive(Debug, Args)]
#[command(after_help = "\
What was written stays, in both systems and in the audit; a connection of the same
name finds it again. Webhooks are found by their path: public_url is not needed.

Asks for confirmation. Without a terminal, --yes is required.

Examples:
  returngo-brightpearl disconnect acme
  returngo-brightpearl disconnect acme --yes               in a script
  returngo-brightpearl disconnect acme --leave-webhooks    credentials refused")]
pub(crate) struct Arguments {
    /// Name of the connection; optional when there is only one
    connection: Option<ConnectionId>,
    /// Remove the connection although webhooks cannot be removed
    #[arg(long)]
    leave_webhooks: bool,
    /// Remove it without asking for confirmation
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    let id = args::connection(&assembly.store, arguments.connection.as_ref()).await?;
    ensure!(
        assembly.store.connection(&id).await?.is_some(),
        "there is no connection {id}: `status` lists them"
    );
    let between =
        assembly.store.counterparts(&id).await?.map(|pair| format!(" ({pair})")).unwrap_or_default();
    let question = format!("Remove connection {id}{between}, its credentials and its webhooks?");
    terminal::confirm(&question, arguments.yes)?;
    let unsubscribed = assembly.spending(async { Ok(unsubscribe(&assembly, &id).await) }).await?;
    let left: Vec<String> = unsubscribed
        .iter()
        .filter_map(|(source, removed)| {
            let error = removed.as_ref().err()?;
            Some(format!("those in {source}, to …/webhooks/{source}/{id}/… ({error})"))
        })
        .collect();
    ensure!(
        left.is_empty() || arguments.leave_webhooks,
        "connection {id} stays, as not all its webhooks can be removed: {}: mend it, or leave them with --leave-webhooks",
        left.join("; ")
    );
    assembly.store.remove_connection(&id, assembly.clock.now()).await?;
    for left in &left {
        note(format_args!("webhooks were not removed: {left}"))?;
    }
    let [brightpearl, returngo] = unsubscribed.map(|(_, removed)| removed.unwrap_or_default());
    if options.json {
        return print_json(&json!({
            "connection": id.as_str(),
            "webhooksRemoved": {"brightpearl": brightpearl, "returngo": returngo},
            "webhooksLeft": left,
        }));
    }
    Ok(print(format_args!(
        "Connection {id} is removed, and {brightpearl} webhooks in Brightpearl and {returngo} in ReturnGO. What was \
         written stays, in both systems and in the audit."
    ))?)
}

/// How many webhooks each system removed, or why it did not.
async fn unsubscribe(assembly: &Assembly, id: &ConnectionId) -> [(Source, Result<usize, String>); 2] {
    let opened = async {
        let secret = assembly.registry.configuration(id).await?.webhook_secret;
        Ok::<_, RegistryError>((assembly.registry.get(id).await?, secret))
    };
    match opened.await {
        Ok((connection, secret)) => {
            let brightpearl = connection.unsubscribe_from_brightpearl(&secret).await;
            let returngo = connection.unsubscribe_from_returngo(&secret).await;
            [
                (Source::Brightpearl, brightpearl.map_err(|error| with_causes(&error))),
                (Source::Returngo, returngo.map_err(|error| with_causes(&error))),
            ]
        }
        Err(error) => Source::ALL.map(|source| (source, Err(with_causes(&error)))),
    }
}
