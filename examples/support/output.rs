//! Output, errors and exit codes.

use std::{
    future::Future,
    io::{self, Write},
    process::ExitCode,
};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use terminal_size::{Width, terminal_size_of};

/// Runs an example. An error is printed to stderr as one line with its causes, with exit code 1. A closed pipe is not an
/// error.
pub async fn run(example: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    match example.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed too, there is no way to report the error.
            let _ = writeln!(io::stderr(), "error: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Returns the error and its causes, without repetitions.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !line.contains(&cause) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&cause);
        }
    }
    line.replace('\n', " ")
}

/// Prints a line to stdout.
///
/// # Errors
/// If stdout is closed.
pub fn say(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Prints a line to stderr.
///
/// # Errors
/// If stderr is closed.
pub fn remark(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stderr(), "{line}")
}

/// Formats JSON objects as a table: a header and a JSON pointer for each column.
pub fn json_table(rows: &[Value], columns: &[(&str, &str)]) -> String {
    let cells = rows.iter().map(|row| columns.iter().map(|(_, pointer)| cell(row.pointer(pointer))));
    table(columns.iter().map(|(header, _)| *header), cells)
}

/// Formats a table.
pub fn table<'h>(
    header: impl IntoIterator<Item = &'h str>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    // Lines are only wrapped on a terminal.
    if let Some((Width(width), _)) = terminal_size_of(io::stdout()) {
        table.set_width(width);
    }
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => if *flag { "yes" } else { "no" }.to_owned(),
        Some(Value::Array(list)) => list.iter().map(|value| cell(Some(value))).collect::<Vec<_>>().join(", "),
        Some(Value::Object(fields)) => {
            fields.values().map(|value| cell(Some(value))).collect::<Vec<_>>().join(" ")
        }
        Some(number) => number.to_string(),
    }
}
