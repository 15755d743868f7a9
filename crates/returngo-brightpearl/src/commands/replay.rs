use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::{
    assembly::Assembly,
    options::GlobalOptions,
    output::{print, print_json},
};
use returngo_brightpearl_connector::store::{Delivery, InboxId};

/// Handling a webhook again.
#[derive(Debug, Args)]
#[command(after_help = "\
`audit` names the webhooks because of which an RMA was looked at, by their numbers.

Examples:
  returngo-brightpearl replay 4711")]
pub(crate) struct Arguments {
    /// The webhook's number in the inbox
    #[arg(value_name = "INBOX-ID", value_parser = |text: &str| text.parse().map(InboxId))]
    delivery: InboxId,
}

/// Handles a webhook again: what it names is due.
pub(super) async fn run(
    options: &GlobalOptions,
    Arguments { delivery: id }: &Arguments,
) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    let stored = assembly.store.delivery(*id).await?;
    let stored = stored.with_context(|| format!("there is no webhook {id} in the inbox"))?;
    let (connection, source) = (stored.delivery.connection.clone(), stored.delivery.source);
    // It waits from now on, and is kept for as long as one that came now.
    let again = Delivery { received_at: assembly.clock.now(), ..stored.delivery };
    assembly.store.receive(&[again]).await?;
    if options.json {
        return print_json(
            &json!({"webhook": id.0, "connection": connection.as_str(), "source": source.as_str()}),
        );
    }
    Ok(print(format_args!("Webhook {id}, from {source} for {connection}, waits again: `serve` handles it."))?)
}
