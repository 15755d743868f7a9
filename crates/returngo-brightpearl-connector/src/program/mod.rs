//! The program `returngo-brightpearl`: its configuration, its commands, what it serves.

mod assembly;
mod chosen;
mod cli;
mod commands;
mod file;
mod log;
mod output;
mod period;
mod progress;
mod reading;
mod spending;
mod terminal;
mod web;
mod when;
mod words;

pub use cli::Cli;
pub use file::{Configuration, DEFAULT_FILE, KeepFor, LogFormat, Sweeps, Work};
pub use reading::FileError;

use std::process::ExitCode;

/// Runs a command. Errors become one line on stderr with their causes, and exit code 1; a reader that closes the
/// pipe early is no error.
pub async fn run(cli: Cli) -> ExitCode {
    output::exit_code(commands::run(cli).await)
}
