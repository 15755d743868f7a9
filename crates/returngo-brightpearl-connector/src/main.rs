//! The program `returngo-brightpearl`.

use std::{io, process::ExitCode};

use clap::Parser;
use returngo_brightpearl_connector::program::{self, Cli};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(cli.log_filter()));
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry().with(filter).with(log).init();
    program::run(cli).await
}
