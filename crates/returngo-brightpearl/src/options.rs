//! Options and arguments that several commands have.

use std::path::PathBuf;

use clap::Args;
use returngo::RmaId;
use returngo_brightpearl_connector::store::{Actor, ConnectionId};

/// The options of every command.
#[derive(Debug, Clone, Args)]
pub(super) struct GlobalOptions {
    /// Use this configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the result as one JSON value
    #[arg(long, global = true)]
    pub json: bool,
    /// The filter of the log, unless `RUST_LOG` sets another one. The command decides it.
    #[arg(skip = "warn")]
    pub log_filter: &'static str,
}

#[derive(Debug, Args)]
pub(super) struct ConnectionArg {
    /// Connection name (optional if there is only one)
    pub connection: Option<ConnectionId>,
}

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct RmaArg {
    /// Connection name (optional if there is only one)
    pub connection: Option<ConnectionId>,
    /// RMA number, such as 4410021
    pub rma: RmaId,
}

/// The user who makes a change.
#[derive(Debug, Args)]
pub(super) struct UserArg {
    /// User who makes the change, for the audit
    #[arg(long, value_name = "NAME", default_value_t = user())]
    by: String,
}

impl UserArg {
    pub(super) fn actor(&self) -> Actor {
        Actor::command_line(&self.by)
    }
}

/// Returns the name of the user who is logged in.
pub(super) fn user() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"];
    let name = names.into_iter().filter_map(|name| std::env::var(name).ok()).find(|name| !name.is_empty());
    name.unwrap_or_else(|| "unknown".to_owned())
}
