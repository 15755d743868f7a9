use std::{
    io::{self, Write},
    process::ExitCode,
};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::{printable, terminal};
use crate::error::with_causes;

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

/// A line on stdout.
pub(super) fn say(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{}", printable::lines(&line.to_string()))
}

/// A line beside the result, on stderr.
pub(super) fn remark(line: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stderr(), "{}", printable::lines(&line.to_string()))
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
    // Before it is laid out: what is not seen has no width.
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| printable::lines(&cell).into_owned())));
    table.to_string()
}
