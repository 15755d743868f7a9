use clap::Args;

use crate::{
    args,
    assembly::Assembly,
    options::{GlobalOptions, RmaArg},
    output::{print, print_json, print_table},
};
use returngo_brightpearl_connector::operations;

#[derive(Debug, Args)]
#[command(after_help = "\
Use it to find out when and why something was written for an RMA, or was not.

Events:
  queued        the RMA has to be processed; the detail says why
  started       a worker took it
  intended      a write was recorded, before it was sent
  applied       the write was applied
  refused       the write was rejected
  doubtful      the result of the write is unknown; the next attempt looks it up
  settled       the attempt ended, in sync or with reviews
  failed        the attempt failed
  released      the process stopped before the attempt
  needs-review  every attempt failed
  resolved      a user resolved the reviews
  reopened      a user reopened resolved reviews
  retried       a user queued it again, with all attempts
  reset         a user allowed a write to be repeated

Examples:
  returngo-brightpearl audit 4410021
  returngo-brightpearl audit acme 4410021 --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: RmaArg,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { of: RmaArg { connection, rma } } = arguments;
    let context = Assembly::open(options).await?.context();
    let connection = args::connection(&context.store, connection.as_ref()).await?;
    let entries = operations::audit::show(&context, &connection, rma).await?;
    if options.json {
        return print_json(&entries);
    }
    if entries.is_empty() {
        return Ok(print(format_args!(
            "RMA {rma} of {connection} is unknown. Run `sync {connection} {rma}` to synchronize it."
        ))?);
    }
    let rows = entries.into_iter().map(|entry| {
        let attempt = entry.attempt.map(|attempt| attempt.to_string()).unwrap_or_default();
        [operations::status::moment(entry.at), attempt, entry.event.to_owned(), entry.detail]
    });
    Ok(print_table(["at", "attempt", "event", "detail"], rows)?)
}
