use clap::Args;

use crate::{
    assembly::Assembly,
    options::GlobalOptions,
    output::{print, print_json},
};
use returngo_brightpearl_connector::{operations, store::InboxId};

#[derive(Debug, Args)]
#[command(after_help = "\
Use it after an error in the processing of a webhook was fixed. `audit` names the
webhooks that queued an RMA, by their inbox IDs.

Example:
  returngo-brightpearl replay 4711")]
pub(crate) struct Arguments {
    /// Inbox ID of the webhook
    #[arg(value_name = "INBOX-ID", value_parser = |text: &str| text.parse().map(InboxId))]
    delivery: InboxId,
}

pub(super) async fn run(options: &GlobalOptions, Arguments { delivery }: &Arguments) -> anyhow::Result<()> {
    let context = Assembly::open(options).await?.context();
    let replayed = operations::replay::run(&context, *delivery).await?;
    if options.json {
        return print_json(&replayed);
    }
    Ok(print(format_args!(
        "Queued webhook {delivery} from {} for {}. `serve` processes it.",
        replayed.source, replayed.connection
    ))?)
}
