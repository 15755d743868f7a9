//! Printing, errors and exit codes.

use std::{
    future::Future,
    io::{self, Write},
    process::ExitCode,
};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use terminal_size::{Width, terminal_size_of};

/// Runs an example: errors become one line on stderr with their causes and exit code 1. A reader that closes
/// the pipe early is no error.
pub async fn run(example: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    match example.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell if stderr is gone too.
            let _ = writeln!(io::stderr(), "error: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The error and its causes, each said once.
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

/// A line for the reader.
///
/// # Errors
/// When stdout is gone.
pub fn say(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// A line beside the result, on stderr.
///
/// # Errors
/// When stderr is gone.
pub fn remark(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stderr(), "{line}")
}

/// A table of JSON objects: a header and a JSON pointer for each column.
pub fn table(rows: &[Value], columns: &[(&str, &str)]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    // Somebody who pipes it gets whole lines.
    if let Some((Width(width), _)) = terminal_size_of(io::stdout()) {
        table.set_width(width);
    }
    table.set_header(columns.iter().map(|(header, _)| *header));
    for row in rows {
        table.add_row(columns.iter().map(|(_, pointer)| cell(row.pointer(pointer))));
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
