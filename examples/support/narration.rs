//! Narration of an example: numbered steps and what happens in each.

use std::{fmt::Display, io};

use crate::output::{remark, say};

/// Prints the steps of an example to stdout, or to stderr if stdout is for JSON only.
pub struct Narration {
    is_on_stderr: bool,
}

impl Narration {
    /// Creates a narration.
    pub const fn new(is_on_stderr: bool) -> Self {
        Self { is_on_stderr }
    }

    /// Prints the title of a step.
    ///
    /// # Errors
    /// If the stream is closed.
    pub fn chapter(&self, title: impl Display) -> io::Result<()> {
        self.line(format_args!("\n{title}"))
    }

    /// Prints an event of the step.
    ///
    /// # Errors
    /// If the stream is closed.
    pub fn tell(&self, what: impl Display) -> io::Result<()> {
        self.line(format_args!("   {what}"))
    }

    /// Prints a line.
    ///
    /// # Errors
    /// If the stream is closed.
    pub fn line(&self, line: impl Display) -> io::Result<()> {
        if self.is_on_stderr { remark(line) } else { say(line) }
    }
}
