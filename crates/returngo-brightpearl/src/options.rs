//! Options and arguments that several commands have.

use std::path::PathBuf;

use clap::Args;
use returngo::RmaId;
use returngo_brightpearl_connector::store::ConnectionId;

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
