//! The command line: all commands, and their help.

use clap::{Parser, Subcommand};

#[cfg(feature = "demo")]
use crate::commands::demo;
use crate::{
    commands::{
        audit, backfill, connect, disconnect, plan, reconcile, rekey, replay, reviews, settings, sync,
    },
    options::{ConnectionArg, GlobalOptions},
};

/// Synchronize returns in ReturnGO with their credits, refunds and goods in Brightpearl
///
/// CONNECTION is optional if there is only one. Results go to stdout, everything else to stderr. The exit code is 0 on
/// success, 1 on failure, and 2 if the arguments are invalid.
///
/// The configuration is the file in --config, otherwise in RETURNGO_BRIGHTPEARL_CONFIG, otherwise the first
/// returngo-brightpearl.toml found in the working directory, in returngo-brightpearl/ in the user's configuration directory
/// ($XDG_CONFIG_HOME or ~/.config), or in /etc/returngo-brightpearl/. Relative paths in it start at its folder.
#[derive(Debug, Parser)]
#[command(name = "returngo-brightpearl", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    pub(super) options: GlobalOptions,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Command {
    /// The log filter unless `RUST_LOG` sets another one: `serve` logs its work, other commands only warnings or errors.
    pub(super) fn log_filter(&self) -> &'static str {
        match self {
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
  returngo-brightpearl demo           try the program against built-in mocks
  returngo-brightpearl init           write a configuration and a key
  returngo-brightpearl connect acme   create a connection; prompts for its values
  returngo-brightpearl plan 4410021   show the writes planned for an RMA
  returngo-brightpearl serve          run the connector
  returngo-brightpearl status         show the state of every connection
  returngo-brightpearl reviews        list everything that needs review

Help and examples of a command: returngo-brightpearl help COMMAND";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a commented configuration and an encryption key
    #[command(after_help = "\
Run it once, in the folder where the connector will run. Existing files stay.

Examples:
  returngo-brightpearl init
  returngo-brightpearl init --config returns/returngo-brightpearl.toml")]
    Init,
    /// Create or change a connection: check it, store it, and subscribe its webhooks
    Connect(connect::Arguments),
    /// Show or export the settings of a connection
    Settings(settings::Arguments),
    /// Check a connection, finding by finding
    #[command(after_help = "\
Reads both systems, at one call to ReturnGO or two, and changes nothing. Use it
after changes in an account, or when `status` shows a problem. The exit code is 1
if a check failed.

Examples:
  returngo-brightpearl check
  returngo-brightpearl check acme --json")]
    Check(ConnectionArg),
    /// Run the connector: receive webhooks, poll both systems and process returns until stopped
    #[command(after_help = "\
Stop it with Ctrl-C or SIGTERM; it takes up to ten seconds, because RMAs in
progress are finished or released first.

Examples:
  returngo-brightpearl serve
  RUST_LOG=debug returngo-brightpearl serve")]
    Serve,
    /// Synchronize RMAs now
    Sync(sync::Arguments),
    /// Show the writes planned for an RMA and why (dry run)
    Plan(plan::Arguments),
    /// Queue returns from before the connection was created
    Backfill(backfill::Arguments),
    /// List, show, resolve and retry reviews
    Reviews(reviews::Arguments),
    /// Compare ReturnGO's refunds with Brightpearl's payments
    Reconcile(reconcile::Arguments),
    /// Show the history of an RMA, oldest first
    Audit(audit::Arguments),
    /// Show the state of every connection
    #[command(after_help = "\
Reads only the database. The exit code is 1 if a connection has a problem.

Examples:
  returngo-brightpearl status
  returngo-brightpearl status --json")]
    Status,
    /// Process a stored webhook again
    Replay(replay::Arguments),
    /// Remove a connection, its credentials and its webhooks
    Disconnect(disconnect::Arguments),
    /// Encrypt the stored credentials with another key
    Rekey(rekey::Arguments),
    /// Play returns from approval to restocking against built-in mocks
    #[cfg(feature = "demo")]
    #[command(after_help = "\
Needs no accounts and no configuration. At the end it prints how many writes were
duplicated and how many returns were lost: both are 0.

Examples:
  returngo-brightpearl demo
  returngo-brightpearl demo --rmas 1000 --faults 7
  returngo-brightpearl demo --json")]
    Demo(demo::Arguments),
}
