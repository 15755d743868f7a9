//! The output of commands: results on stdout, everything else on stderr, and the exit code.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use dialoguer::console::{Term, measure_text_width};
use serde::Serialize;

use crate::printable;
use returngo_brightpearl_connector::{operations::UnreadableObject, with_causes};

/// Returns the exit code of a command, and prints its error on stderr.
pub(super) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let code = if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE };
            let error = with_causes(error.as_ref());
            let error = printable::without_passwords(&error);
            // If stderr is closed too, the exit code is all that is left.
            let _ = writeln!(io::stderr(), "error: {}", printable::line(&error));
            code
        }
    }
}

/// Prints help on stdout, or the error in the arguments on stderr. They may contain a password.
pub(super) fn explain_arguments(error: clap::Error) -> ExitCode {
    // If the stream is closed, the exit code is all that is left.
    let _ = match error.use_stderr() {
        true => {
            let message = error.render().to_string();
            write!(io::stderr(), "{}", printable::lines(&printable::without_passwords(&message)))
        }
        false => error.print(),
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Arguments that are invalid together: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub String);

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints text on stdout, wrapped at the width of the terminal.
pub(super) fn print(text: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{}", fitted(&text.to_string(), &Term::stdout()))
}

/// Prints a note on stderr, wrapped at the width of the terminal.
pub(super) fn note(text: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stderr(), "{}", fitted(&text.to_string(), &Term::stderr()))
}

/// Prints a value as JSON on stdout.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    Ok(writeln!(io::stdout(), "{}", printable::lines(&json))?)
}

/// Prints a table on stdout, as wide as the terminal at the most. The words of its header are never broken.
pub(super) fn print_table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width(&Term::stdout()) {
        table.set_width(width);
    }
    table.set_header(header);
    for (title, column) in header.iter().zip(table.column_iter_mut()) {
        let longest_word = title.split(' ').map(measure_text_width).max().unwrap_or_default();
        let with_padding = u16::try_from(longest_word + 2).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(with_padding)));
    }
    // Escaped before the layout, because invisible characters have no width.
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| printable::lines(&cell).into_owned())));
    writeln!(io::stdout(), "{table}")
}

/// How many skipped objects are named one by one.
const NAMED: usize = 20;

/// Names on stderr the objects that a command skipped.
pub(super) fn note_skipped(unreadable: &[UnreadableObject]) -> anyhow::Result<()> {
    if unreadable.is_empty() {
        return Ok(());
    }
    note(format_args!("Skipped because they cannot be read: {}.", unreadable.len()))?;
    for UnreadableObject { kind_in_words, object, reason, .. } in unreadable.iter().take(NAMED) {
        note(format_args!("  {kind_in_words} {object}: {reason}"))?;
    }
    if unreadable.len() > NAMED {
        note(format_args!("  and {} more; --json lists them all", unreadable.len() - NAMED))?;
    }
    Ok(note("Run `sync RMA` for an RMA whose number you know. `reviews` lists all of them.")?)
}

/// A number of things: `1 RMA`, `2 RMAs`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

fn fitted(text: &str, terminal: &Term) -> String {
    let text = printable::lines(text);
    width(terminal).map_or_else(|| text.clone().into_owned(), |width| wrapped(&text, width))
}

/// The width in columns; `None` if the output does not go to a terminal.
fn width(terminal: &Term) -> Option<u16> {
    terminal
        .is_term()
        .then(|| terminal.size_checked())
        .flatten()
        .map(|(_, columns)| columns)
        .filter(|columns| *columns > 0)
}

/// Breaks lines wider than `width` between words, and indents the continuation by two columns.
fn wrapped(text: &str, width: u16) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| wrapped_line(line, width.into())).collect();
    lines.join("\n")
}

fn wrapped_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let mut broken = " ".repeat(indent);
    let mut column = indent;
    let mut words = text.split(' ');
    if let Some(first) = words.next() {
        broken.push_str(first);
        column += measure_text_width(first);
    }
    for word in words {
        let word_width = measure_text_width(word);
        if column + 1 + word_width > width {
            broken.push('\n');
            broken.push_str(&" ".repeat(indent + 2));
            column = indent + 2;
        } else {
            broken.push(' ');
            column += 1;
        }
        broken.push_str(word);
        column += word_width;
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn wide_lines_are_broken_between_words_and_the_rest_is_indented() {
        let text = "✓ account: books in GBP\n    → name other methods\nshort";
        assert_eq!(wrapped(text, 18), "✓ account: books\n  in GBP\n    → name other\n      methods\nshort");
    }

    #[test]
    fn a_word_wider_than_the_terminal_stays_whole() {
        assert_eq!(
            wrapped("at https://returns.example.test now", 10),
            "at\n  https://returns.example.test\n  now"
        );
    }

    #[test]
    fn text_that_fits_stays_as_it_is() {
        assert_eq!(wrapped("  1  2\n\n", 10), "  1  2\n\n");
    }
}
