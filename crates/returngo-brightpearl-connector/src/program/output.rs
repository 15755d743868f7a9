use std::{
    io::{self, Write},
    process::ExitCode,
};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::terminal;
use crate::error::with_causes;

/// The exit code of a command, and its error on stderr.
pub(super) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let code = if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE };
            // Nothing is left to tell if stderr is gone too.
            let _ = writeln!(io::stderr(), "error: {}", with_causes(error.as_ref()));
            code
        }
    }
}

/// The arguments do not make sense together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub String);

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// A line on stdout.
pub(super) fn say(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// A line beside the result, on stderr.
pub(super) fn remark(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stderr(), "{line}")
}

/// JSON on stdout.
pub(super) fn say_json(value: &impl Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(value)?)?;
    Ok(())
}

/// A table with these columns.
pub(super) fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = terminal::width() {
        table.set_width(width);
    }
    table.set_header(header);
    table.add_rows(rows);
    table.to_string()
}
