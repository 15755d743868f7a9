//! The program `returngo-brightpearl`.

use std::process::ExitCode;

use clap::Parser;
use returngo_brightpearl_connector::program::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    program::run(Cli::parse()).await
}
