use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use returngo::RmaId;

use crate::ledger::{ConnectionId, InboxId};

/// Keeps returns in ReturnGO and their credits, refunds and goods in Brightpearl in step.
#[derive(Debug, Parser)]
#[command(name = "returngo-brightpearl", version, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE", default_value = "returngo-brightpearl.toml")]
    pub(super) config: PathBuf,
    /// JSON on stdout instead of tables.
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    /// What is logged unless `RUST_LOG` says otherwise: a service tells of its work, a command of trouble.
    pub fn log_filter(&self) -> &'static str {
        match self.command {
            Command::Serve => "info",
            Command::Demo(_) => "error",
            _ => "warn",
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  returngo-brightpearl demo                          watch it work, with a Brightpearl and a ReturnGO of its own
  returngo-brightpearl init                          write a configuration and a key
  returngo-brightpearl connect acme --settings settings.toml
  returngo-brightpearl serve
  returngo-brightpearl status
  returngo-brightpearl plan acme 4410021             what would be done about an RMA, and why";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a commented configuration and a key for stored credentials.
    Init,
    /// Make a connection, check it, subscribe to webhooks. Credentials come from BRIGHTPEARL_… and RETURNGO_…
    /// variables.
    Connect(Connect),
    /// Check a connection, finding by finding.
    Check(Of),
    /// Receive webhooks, sweep, work, until told to stop.
    Serve,
    /// Bring RMAs into step now.
    Sync(Sync),
    /// What would be done about an RMA, and why. Writes nothing.
    Plan(OfRma),
    /// What waits for a person.
    Reviews(Reviews),
    /// What happened about an RMA.
    Audit(OfRma),
    /// How every connection stands.
    Status,
    /// Handle a webhook again.
    Replay(Replay),
    /// Remove a connection and its webhooks. What was written stays.
    Disconnect(Of),
    /// Returns from approval to restocking, against a Brightpearl and a ReturnGO of its own.
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(super) struct Of {
    /// The connection.
    pub connection: ConnectionId,
}

#[derive(Debug, Args)]
pub(super) struct OfRma {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMA, such as 4410021.
    pub rma: RmaId,
}

#[derive(Debug, Args)]
pub(super) struct Connect {
    /// A name for the connection: lower-case letters, digits, hyphens.
    pub connection: ConnectionId,
    /// The settings of the connection, TOML or JSON.
    #[arg(long, value_name = "FILE")]
    pub settings: PathBuf,
    /// Make it although the check fails.
    #[arg(long)]
    pub anyway: bool,
}

#[derive(Debug, Args)]
pub(super) struct Sync {
    /// The connection.
    pub connection: ConnectionId,
    /// The RMAs.
    #[arg(required = true)]
    pub rmas: Vec<RmaId>,
}

#[derive(Debug, Args)]
pub(super) struct Reviews {
    #[command(subcommand)]
    pub what: Option<Review>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Review {
    /// All of them; what is shown without a command.
    List,
    /// One, with what is to be decided.
    Show(OfRma),
    /// A person has decided: look again, and forget the failures.
    Resolve(OfRma),
    /// Try again now.
    Retry(OfRma),
}

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// The webhook's number in the inbox.
    #[arg(value_parser = |text: &str| text.parse().map(InboxId))]
    pub delivery: InboxId,
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How many returns.
    #[arg(long, default_value_t = 100)]
    pub rmas: u64,
    /// Lose answers, fail, throttle, repeat and lose webhooks: by this seed.
    #[arg(long, value_name = "SEED")]
    pub faults: Option<u64>,
    /// Remember in this database, a new one, instead of one that is thrown away.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}
