//! The program `returngo-brightpearl`: its configuration, its commands, what it serves.

mod assembly;
mod cli;
mod commands;
mod environment;
mod file;
mod output;
mod web;

pub use cli::Cli;
pub use file::{Configuration, DEFAULT_FILE, FileError};

use std::process::ExitCode;

/// Runs a command. Errors become one line on stderr with their causes, and exit code 1; a reader that closes the
/// pipe early is no error.
pub async fn run(cli: Cli) -> ExitCode {
    output::exit_code(commands::run(cli).await)
}
