//! Telling what happens, in words a merchant understands.

use std::{fmt::Display, io};

use crate::output::{remark, say};

/// Tells the story on stdout, or on stderr where stdout is for JSON alone.
pub struct Story {
    aside: bool,
}

impl Story {
    /// A story; told on stderr when `aside`.
    pub const fn new(aside: bool) -> Self {
        Self { aside }
    }

    /// A new chapter.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub fn chapter(&self, title: impl Display) -> io::Result<()> {
        self.line(format_args!("\n{title}"))
    }

    /// Something that happened.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub fn tell(&self, what: impl Display) -> io::Result<()> {
        self.line(format_args!("   {what}"))
    }

    /// A line as it is.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub fn line(&self, line: impl Display) -> io::Result<()> {
        if self.aside { remark(line) } else { say(line) }
    }
}
