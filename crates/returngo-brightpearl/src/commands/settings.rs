use clap::{Args, Subcommand};

use crate::{
    args,
    assembly::Assembly,
    options::{ConnectionArg, GlobalOptions},
    output::{print, print_json, print_table},
};
use returngo_brightpearl_connector::operations::{
    self,
    settings::{SettingsReport, in_words, shown},
    status::moment,
};

#[derive(Debug, Args)]
#[command(after_help = "\
To change settings, export them, edit the file, and pass it to `connect`.

Examples:
  returngo-brightpearl settings show acme
  returngo-brightpearl settings export acme > acme.json
  returngo-brightpearl connect acme --settings acme.json")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the settings of a connection and the history of their changes
    #[command(after_help = "\
Tokens and keys are never shown.

Examples:
  returngo-brightpearl settings show
  returngo-brightpearl settings show acme --json")]
    Show(ConnectionArg),
    /// Print the settings of a connection as JSON, for `connect --settings FILE`
    #[command(after_help = "\
Credentials are not settings and are not exported.

Examples:
  returngo-brightpearl settings export acme > acme.json
  returngo-brightpearl connect acme --settings acme.json")]
    Export(ConnectionArg),
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let context = Assembly::open(options).await?.context();
    let (Action::Show(ConnectionArg { connection }) | Action::Export(ConnectionArg { connection })) =
        &arguments.action;
    let id = args::connection(&context.store, connection.as_ref()).await?;
    if matches!(arguments.action, Action::Export(_)) {
        return print_json(&operations::settings::export(&context, &id).await?);
    }
    let report = operations::settings::show(&context, &id).await?;
    if options.json {
        return print_json(&report);
    }
    show(&report)
}

fn show(SettingsReport { fields, changes, .. }: &SettingsReport) -> anyhow::Result<()> {
    print_table(["field", "value"], fields.iter().map(|(name, value)| [name.clone(), shown(value)]))?;
    for change in changes {
        let (at, by) = (moment(change.at), &change.by);
        // The table shows the fields of a new connection already.
        if change.is_creation() {
            print(format_args!("Created {at} by {by}"))?;
            continue;
        }
        print(format_args!("Changed {at} by {by}:"))?;
        for field in &change.fields {
            print(format_args!("  {}", in_words(field)))?;
        }
    }
    Ok(())
}
