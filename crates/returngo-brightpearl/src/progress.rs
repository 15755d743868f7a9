//! How far long work has got, on stderr when that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::printable;

/// A bar or a spinner that goes when it is dropped. Nothing is shown where nobody watches.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of work that nobody knows the length of.
    pub(super) fn unknown(what: &str) -> Self {
        Self::of(ProgressBar::new_spinner(), "{spinner} {msg}", what)
    }

    /// Of this many steps.
    pub(super) fn steps(what: &str, steps: usize) -> Self {
        Self::of(ProgressBar::new(steps as u64), "{msg} {bar:30} {pos}/{len}, {eta} left", what)
    }

    fn of(bar: ProgressBar, template: &str, what: &str) -> Self {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// What is being done now.
    pub(super) fn now(&self, what: String) {
        self.0.set_message(printable::line(&what).into_owned());
    }

    /// So many steps are done.
    pub(super) fn done(&self, steps: usize) {
        self.0.set_position(steps as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
