//! The program `returngo-brightpearl`: configuration, commands and server.

mod args;
mod assembly;
mod cli;
mod commands;
mod file;
mod location;
mod log;
mod options;
mod output;
mod printable;
mod reading;
mod spending;
mod terminal;
mod web;

pub use cli::Cli;
pub use file::{Configuration, DEFAULT_FILE, KeepFor, LogFormat, Sweeps, Work};
pub use reading::FileError;

use std::process::ExitCode;

use clap::Parser as _;

/// Parses the arguments. Prints help, or what is wrong with them, if there is no command to run.
///
/// # Errors
/// The exit code, if there is no command to run.
pub fn arguments() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(output::explain_arguments)
}

/// Runs a command. An error becomes one line on stderr with its causes, and exit code 1. A pipe that the reader closes
/// early is not an error.
pub async fn run(cli: Cli) -> ExitCode {
    output::exit_code(commands::run(cli).await)
}
