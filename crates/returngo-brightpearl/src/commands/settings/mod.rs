//! What is stored of a connection, without its secrets.

mod fields;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

pub(crate) use self::fields::{changes, in_words};
use self::fields::{fields, shown};
use crate::{
    args,
    assembly::Assembly,
    options::{ConnectionArg, GlobalOptions},
    output::{print, print_json, print_table},
};
use returngo_brightpearl_connector::store::{ConnectionChange, RecordedChange};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  returngo-brightpearl settings show acme
  returngo-brightpearl settings export acme > acme.json
  returngo-brightpearl connect acme --settings acme.json";

#[derive(Debug, Subcommand)]
enum What {
    /// Show the settings of a connection, and who changed them when
    #[command(after_help = "\
Tokens and keys are never shown.

Examples:
  returngo-brightpearl settings show
  returngo-brightpearl settings show acme --json")]
    Show(ConnectionArg),
    /// Print the settings of a connection as JSON, for `connect --settings FILE`
    #[command(after_help = "\
Credentials are no settings: they are not exported.

Examples:
  returngo-brightpearl settings export acme > acme.json
  returngo-brightpearl connect acme --settings acme.json")]
    Export(ConnectionArg),
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    let (What::Show(ConnectionArg { connection }) | What::Export(ConnectionArg { connection })) =
        &arguments.what;
    let id = args::connection(&assembly.store, connection.as_ref()).await?;
    let configuration = assembly.registry.configuration(&id).await?;
    if matches!(arguments.what, What::Export(_)) {
        return print_json(&configuration.settings);
    }
    let changes = assembly.store.connection_changes(&id).await?;
    let fields = fields(&configuration);
    if options.json {
        let fields: Map<String, Value> = fields.into_iter().collect();
        let changes: Vec<Value> = changes.iter().map(as_json).collect();
        return print_json(&json!({"connection": id.as_str(), "fields": fields, "changes": changes}));
    }
    print_table(["field", "value"], fields.iter().map(|(name, value)| [name.clone(), shown(value)]))?;
    for RecordedChange { at, change } in &changes {
        let at = at.strftime("%F %TZ");
        if is_creation(change) {
            print(format_args!("Created {at} by {}", change.by))?;
            continue;
        }
        print(format_args!("Changed {at} by {}:", change.by))?;
        for field in &change.fields {
            print(format_args!("  {}", in_words(field)))?;
        }
    }
    Ok(())
}

/// Whether every field was set by it: the fields themselves tell little then.
fn is_creation(change: &ConnectionChange) -> bool {
    change.fields.iter().any(|field| field.field == "account_id" && field.before.is_none())
}

fn as_json(RecordedChange { at, change }: &RecordedChange) -> Value {
    json!({"at": at, "by": change.by, "fields": change.fields})
}
