use std::{convert::Infallible, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use returngo::RmaId;

use super::commands::{backfill, connect, disconnect, plan, reconcile, replay, reviews, settings, sync};
use crate::{configuration::Secret, ledger::ConnectionId};

/// Keeps returns in ReturnGO and their credits, refunds and goods in Brightpearl in step.
///
/// Where there is one connection only, CONNECTION may be left out. Results go to stdout, everything else to stderr;
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
            Command::Demo(_) | Command::Sync(_) => "error",
            _ => "warn",
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  returngo-brightpearl demo                 watch it work, with a Brightpearl and a ReturnGO of its own
  returngo-brightpearl init                 write a configuration and a key
  returngo-brightpearl connect acme         make a connection; asks for what it needs
  returngo-brightpearl plan 4410021         what would be done about an RMA, and why
  returngo-brightpearl serve                keep every connection in step
  returngo-brightpearl status               how they stand
  returngo-brightpearl reviews              what waits for a person

Every command explains itself: returngo-brightpearl help COMMAND";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a commented configuration and a key for stored credentials
    #[command(after_help = "\
Examples:
  returngo-brightpearl init
  returngo-brightpearl init --config /etc/returngo-brightpearl/returngo-brightpearl.toml")]
    Init,
    /// Make a connection or change one: check it, store it, subscribe its webhooks
    Connect(connect::Arguments),
    /// Show or export the settings of a connection
    Settings(settings::Arguments),
    /// Check a connection, finding by finding
    #[command(after_help = "\
Exit code 1 when a check failed.

Examples:
  returngo-brightpearl check
  returngo-brightpearl check acme --json")]
    Check(Of),
    /// Receive webhooks, sweep, work, until told to stop
    #[command(after_help = "\
Ctrl-C or SIGTERM stops it; what it has claimed is finished or released.

Examples:
  returngo-brightpearl serve
  RUST_LOG=debug returngo-brightpearl serve")]
    Serve,
    /// Bring RMAs into step now
    Sync(sync::Arguments),
    /// What would be done about an RMA, and why; writes nothing
    #[command(after_help = "\
Examples:
  returngo-brightpearl plan 4410021
  returngo-brightpearl plan acme 4410021 --json")]
    Plan(plan::Arguments),
    /// Mark the returns of a period as due: those from before the connection was made
    Backfill(backfill::Arguments),
    /// What waits for a person: list, show, resolve, retry
    Reviews(reviews::Arguments),
    /// Compare what ReturnGO refunded with what Brightpearl recorded
    Reconcile(reconcile::Arguments),
    /// What happened about an RMA, oldest first
    #[command(after_help = "\
Examples:
  returngo-brightpearl audit 4410021
  returngo-brightpearl audit acme 4410021 --json")]
    Audit(OfRma),
    /// How every connection stands
    #[command(after_help = "\
Examples:
  returngo-brightpearl status
  returngo-brightpearl status --json")]
    Status,
    /// Handle a webhook of the inbox again
    Replay(replay::Arguments),
    /// Remove a connection, its credentials and its webhooks; what was written stays
    Disconnect(disconnect::Arguments),
    /// Encrypt the stored credentials with another key
    Rekey(Rekey),
    /// Returns from approval to restocking, against a Brightpearl and a ReturnGO of its own
    #[command(after_help = "\
Examples:
  returngo-brightpearl demo
  returngo-brightpearl demo --rmas 1000 --faults 7
  returngo-brightpearl demo --json")]
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(super) struct Of {
    /// The connection; may be left out when there is only one
    pub connection: Option<ConnectionId>,
}

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct OfRma {
    /// The connection; may be left out when there is only one
    pub connection: Option<ConnectionId>,
    /// The RMA, such as 4410021
    pub rma: RmaId,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How many returns
    #[arg(long, default_value_t = 100)]
    pub rmas: u64,
    /// Lose answers, fail, throttle, repeat and lose webhooks: by this seed
    #[arg(long, value_name = "SEED")]
    pub faults: Option<u64>,
    /// Remember in this database, a new one, instead of one that is thrown away
    #[arg(long, value_name = "URL", value_parser = |text: &str| Ok::<_, Infallible>(Secret::new(text)))]
    pub database: Option<Secret>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Stop `serve` first, in every process that uses the database. The new key is written to FILE; when FILE is there
already, the key in it is used. Put it in the place of the old one, then start `serve` again.
Asks for confirmation; where there is no terminal, --yes has to be given.

Example:
  returngo-brightpearl rekey --to new.key && mv new.key returngo-brightpearl.key")]
pub(super) struct Rekey {
    /// The file with the new key
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Encrypt them without asking for confirmation
    #[arg(long)]
    pub yes: bool,
}
