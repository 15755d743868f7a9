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
    Plan(plan::Arguments),
    /// Queue returns from before the connection was created
    Backfill(backfill::Arguments),
    /// List, show, resolve and retry what a person has to decide
    Reviews(reviews::Arguments),
    /// Compare what ReturnGO refunded with what Brightpearl recorded
    Reconcile(reconcile::Arguments),
    /// Show what happened to an RMA, oldest first
    Audit(audit::Arguments),
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
    Rekey(rekey::Arguments),
    /// Play returns from approval to restocking against built-in mocks
    #[cfg(feature = "demo")]
    #[command(after_help = "\
Examples:
  returngo-brightpearl demo
  returngo-brightpearl demo --rmas 1000 --faults 7
  returngo-brightpearl demo --json")]
    Demo(demo::Arguments),
}
