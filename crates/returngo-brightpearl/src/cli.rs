use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use returngo::RmaId;

use crate::commands::{backfill, connect, disconnect, plan, reconcile, replay, reviews, settings, sync};
use returngo_brightpearl_connector::store::ConnectionId;

/// Synchronizes returns in ReturnGO with their credits, refunds and goods in Brightpearl.
///
/// CONNECTION is optional when there is only one. Results go to stdout, everything else to stderr;
/// the exit code is 0, 1 when something failed, 2 when the arguments are wrong.
///
/// The configuration is the file that --config names, else RETURNGO_BRIGHTPEARL_CONFIG, else the first
/// returngo-brightpearl.toml of these: in the working directory, in returngo-brightpearl/ of the user's configuration
/// directory ($XDG_CONFIG_HOME or ~/.config), in /etc/returngo-brightpearl/. Relative paths in it start at its folder.
#[derive(Debug, Parser)]
#[command(name = "returngo-brightpearl", version, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// One JSON value on stdout instead of tables
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    /// What is logged unless `RUST_LOG` says otherwise: a service tells of its work, a command of trouble.
    pub(super) fn log_filter(&self) -> &'static str {
        match self.command {
            Command::Serve => "info,sqlx=warn,sqlx_core=warn",
            Command::Sync(_) => "error",
            #[cfg(feature = "demo")]
            Command::Demo(_) => "error",
            _ => "warn",
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  returngo-brightpearl demo           try it against built-in mocks
  returngo-brightpearl init           write a configuration and a key
  returngo-brightpearl connect acme   create a connection; asks for what it needs
  returngo-brightpearl plan 4410021   show what would be written for an RMA
  returngo-brightpearl serve          run the connector
  returngo-brightpearl status         show the state of every connection
  returngo-brightpearl reviews        list what a person has to decide

Help and examples of a command: returngo-brightpearl help COMMAND";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a commented configuration and a key for stored credentials
    #[command(after_help = "\
Examples:
  returngo-brightpearl init
  returngo-brightpearl init --config returns/returngo-brightpearl.toml")]
    Init,
    /// Create or change a connection: check it, store it, subscribe its webhooks
    Connect(connect::Arguments),
    /// Show or export the settings of a connection
    Settings(settings::Arguments),
    /// Check a connection, finding by finding
    #[command(after_help = "\
Exit code 1 when a check failed.

Examples:
  returngo-brightpearl check
  returngo-brightpearl check acme --json")]
    Check(ConnectionArg),
    /// Run the connector: receive webhooks, poll both systems, process returns
    #[command(after_help = "\
Ctrl-C or SIGTERM stops it, within ten seconds. RMAs in progress are finished or
released first.

Examples:
  returngo-brightpearl serve
  RUST_LOG=debug returngo-brightpearl serve")]
    Serve,
    /// Synchronize RMAs now
    Sync(sync::Arguments),
    /// Show what would be written for an RMA, and why; writes nothing
    #[command(after_help = "\
Examples:
  returngo-brightpearl plan 4410021
  returngo-brightpearl plan acme 4410021 --json")]
    Plan(plan::Arguments),
    /// Queue returns from before the connection was created
    Backfill(backfill::Arguments),
    /// List, show, resolve and retry what a person has to decide
    Reviews(reviews::Arguments),
    /// Compare what ReturnGO refunded with what Brightpearl recorded
    Reconcile(reconcile::Arguments),
    /// Show what happened to an RMA, oldest first
    #[command(after_help = "\
Examples:
  returngo-brightpearl audit 4410021
  returngo-brightpearl audit acme 4410021 --json")]
    Audit(RmaArg),
    /// Show the state of every connection
    #[command(after_help = "\
Examples:
  returngo-brightpearl status
  returngo-brightpearl status --json")]
    Status,
    /// Process a stored webhook again
    Replay(replay::Arguments),
    /// Remove a connection, its credentials and its webhooks; what was written stays
    Disconnect(disconnect::Arguments),
    /// Encrypt the stored credentials with another key
    Rekey(Rekey),
    /// Play returns from approval to restocking against built-in mocks
    #[cfg(feature = "demo")]
    #[command(after_help = "\
Examples:
  returngo-brightpearl demo
  returngo-brightpearl demo --rmas 1000 --faults 7
  returngo-brightpearl demo --json")]
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(super) struct ConnectionArg {
    /// Name of the connection; optional when there is only one
    pub connection: Option<ConnectionId>,
}

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct RmaArg {
    /// Name of the connection; optional when there is only one
    pub connection: Option<ConnectionId>,
    /// The RMA, such as 4410021
    pub rma: RmaId,
}

#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How many returns
    #[arg(long, default_value_t = 100)]
    pub rmas: u64,
    /// Inject faults (lost answers, errors, throttling, repeated and lost webhooks) by this random seed
    #[arg(long, value_name = "SEED")]
    pub faults: Option<u64>,
    /// Keep the data in this new database instead of a temporary one
    #[arg(long, value_name = "URL", value_parser = |text: &str| Ok::<_, std::convert::Infallible>(returngo_brightpearl_connector::configuration::Secret::new(text)))]
    pub database: Option<returngo_brightpearl_connector::configuration::Secret>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Stop `serve` first, in every process that uses the database. The new key is
written to FILE; if FILE exists, the key in it is used. Put it in the place of
the old one, then start `serve` again.

Asks for confirmation. Without a terminal, --yes is required.

Example:
  returngo-brightpearl rekey --to new.key
  mv new.key returngo-brightpearl.key")]
pub(super) struct Rekey {
    /// The file with the new key
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Encrypt them without asking for confirmation
    #[arg(long)]
    pub yes: bool,
}
