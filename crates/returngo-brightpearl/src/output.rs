use std::{
    io::{self, Write},
    process::ExitCode,
};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::{printable, terminal, wrapped::wrapped};
use returngo_brightpearl_connector::error::with_causes;

/// The exit code of a command, and its error on stderr.
pub(super) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let code = if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE };
            let error = with_causes(error.as_ref());
            let error = printable::without_passwords(&error);
            // Nothing is left to tell if stderr is gone too.
            let _ = writeln!(io::stderr(), "error: {}", printable::line(&error));
            code
        }
    }
}

/// Help on stdout, or what is wrong with the arguments on stderr. They may hold a password.
pub(super) fn explain_arguments(error: clap::Error) -> ExitCode {
    // Nothing is left to tell if there is nobody to read it.
    let _ = match error.use_stderr() {
        true => {
            let said = error.render().to_string();
            write!(io::stderr(), "{}", printable::lines(&printable::without_passwords(&said)))
        }
        false => error.print(),
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The arguments do not make sense together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub String);

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Text on stdout, wrapped at the width of the terminal.
pub(super) fn say(text: impl std::fmt::Display) -> io::Result<()> {
    let text = text.to_string();
    writeln!(io::stdout(), "{}", fitted(&printable::lines(&text), terminal::width()))
}

/// A table or JSON on stdout: its lines stay whole.
pub(super) fn say_whole(lines: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{}", printable::lines(&lines.to_string()))
}

/// Text beside the result, on stderr, wrapped at the width of the terminal.
pub(super) fn remark(text: impl std::fmt::Display) -> io::Result<()> {
    let text = text.to_string();
    writeln!(io::stderr(), "{}", fitted(&printable::lines(&text), terminal::width_of_stderr()))
}

/// How many of a thing: `1 RMA`, `2 RMAs`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

fn fitted(text: &str, width: Option<u16>) -> String {
    width.map_or_else(|| text.to_owned(), |width| wrapped(text, width))
}

/// JSON on stdout.
pub(super) fn say_json(value: &impl Serialize) -> anyhow::Result<()> {
    say_whole(serde_json::to_string_pretty(value)?)?;
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
    // Before it is laid out: what is not seen has no width.
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| printable::lines(&cell).into_owned())));
    table.to_string()
}
