//! The program `returngo-brightpearl`: its configuration, its commands, what it serves.

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

/// What the arguments say; else they are explained, or what is wrong with them is, and this is the exit code.
///
/// # Errors
/// The exit code, when there is no command to run.
pub fn arguments() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(output::explain_arguments)
}

/// Runs a command. Errors become one line on stderr with their causes, and exit code 1; a reader that closes the
/// pipe early is no error.
pub async fn run(cli: Cli) -> ExitCode {
    output::exit_code(commands::run(cli).await)
}
