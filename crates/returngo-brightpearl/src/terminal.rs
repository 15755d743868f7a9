//! The user at the terminal: questions, and the progress of long work.

use std::{
    io::{self, IsTerminal as _, Write as _, stderr, stdin},
    sync::{
        Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use dialoguer::{Confirm, Input, Password, Select, console::Term, theme::ColorfulTheme};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::{
    output::{self, Usage},
    printable,
};
use returngo_brightpearl_connector::operations::Progress;

/// Asks for confirmation, unless `yes` confirms in advance. Without a terminal, `yes` is required.
pub(super) fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    let Some(mut prompter) = TerminalPrompter::if_attended() else {
        let refused = format!(
            "nothing was changed, as there is no terminal to confirm on: {question} Add --yes to confirm"
        );
        return Err(Usage(refused).into());
    };
    ensure!(prompter.confirm(question)?, "nothing was changed");
    Ok(())
}

/// Asks a user for values.
pub(super) trait Prompter {
    /// Asks for a text until `check` accepts it; the error of `check` is shown. An empty text stands for the default.
    fn text(
        &mut self,
        prompt: &str,
        default: Option<&str>,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> anyhow::Result<String>;

    /// Asks for a text that is not shown.
    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> anyhow::Result<String>;

    /// Asks for one of these choices, and returns its position.
    fn choose(&mut self, prompt: &str, from: &[String]) -> anyhow::Result<usize>;

    /// Asks a yes-or-no question.
    fn confirm(&mut self, question: &str) -> anyhow::Result<bool>;

    /// Shows a line before the next question.
    fn note(&mut self, line: &str) -> anyhow::Result<()>;
}

/// Asks the user at the terminal.
pub(super) struct TerminalPrompter {
    theme: ColorfulTheme,
    /// The settings of the terminal before the first question.
    before: Option<Termios>,
}

impl TerminalPrompter {
    /// Returns `None` if stdin or stderr is not a terminal.
    pub(super) fn if_attended() -> Option<Self> {
        if !stdin().is_terminal() || !stderr().is_terminal() {
            return None;
        }
        let before = tcgetattr(stdin()).ok();
        let at_the_end = before.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                end_interrupted(at_the_end.as_ref());
            }
        });
        Some(Self { theme: ColorfulTheme::default(), before })
    }

    fn ask<T>(&self, question: impl FnOnce(&ColorfulTheme) -> dialoguer::Result<T>) -> anyhow::Result<T> {
        ASKING.store(true, Ordering::SeqCst);
        let answer = question(&self.theme);
        if let Err(dialoguer::Error::IO(error)) = &answer
            && error.kind() == io::ErrorKind::Interrupted
        {
            end_interrupted(self.before.as_ref());
        }
        ASKING.store(false, Ordering::SeqCst);
        answer.inspect_err(|_| show_cursor()).context("nothing was changed: the question was not answered")
    }
}

/// Whether a question is open. Commands change nothing before the last answer.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Ends the program as Ctrl-C does, and restores the terminal: a question for a secret turns its echo off.
fn end_interrupted(before: Option<&Termios>) -> ! {
    static REPORTED: Once = Once::new();
    REPORTED.call_once(|| {
        // A terminal that is closed needs no restoring.
        let _ = before.map(|before| tcsetattr(stdin(), OptionalActions::Now, before));
        show_cursor();
        if ASKING.load(Ordering::SeqCst) {
            let _ = writeln!(stderr(), "\nerror: interrupted, and nothing was changed");
        }
    });
    std::process::exit(INTERRUPTED)
}

/// The exit code that shells give a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Shows the cursor again: questions hide it, and an interrupted question leaves it hidden.
fn show_cursor() {
    // A terminal that is closed has no cursor.
    let _ = Term::stderr().show_cursor();
}

impl Prompter for TerminalPrompter {
    fn text(
        &mut self,
        prompt: &str,
        default: Option<&str>,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> anyhow::Result<String> {
        self.ask(|theme| {
            let input = Input::<String>::with_theme(theme).with_prompt(prompt).allow_empty(true);
            let input = match default {
                Some(default) => input.default(default.to_owned()),
                None => input,
            };
            input.validate_with(|text: &String| check(text)).interact_text()
        })
    }

    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> anyhow::Result<String> {
        let prompt = format!("{prompt} (not shown)");
        self.ask(|theme| {
            let password = Password::with_theme(theme).with_prompt(prompt).allow_empty_password(true);
            password.validate_with(|text: &String| check(text)).interact()
        })
    }

    fn choose(&mut self, prompt: &str, from: &[String]) -> anyhow::Result<usize> {
        let from: Vec<_> = from.iter().map(|choice| printable::line(choice)).collect();
        self.ask(|theme| Select::with_theme(theme).with_prompt(prompt).items(&from).default(0).interact())
    }

    fn confirm(&mut self, question: &str) -> anyhow::Result<bool> {
        let question = printable::line(question);
        self.ask(|theme| Confirm::with_theme(theme).with_prompt(question).default(false).interact())
    }

    fn note(&mut self, line: &str) -> anyhow::Result<()> {
        Ok(output::note(line)?)
    }
}

/// Shows a spinner on stderr until it is dropped.
pub(super) fn spinner(text: &str) -> Spinner {
    let progress = TerminalProgress::default();
    progress.start(text, None);
    Spinner(progress)
}

/// A spinner on stderr.
pub(super) struct Spinner(TerminalProgress);

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Shows progress on stderr: a bar, or a spinner for work of unknown length. Without a terminal it shows nothing.
#[derive(Debug, Default)]
pub(super) struct TerminalProgress(Mutex<Option<ProgressBar>>);

impl TerminalProgress {
    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for TerminalProgress {
    fn start(&self, text: &str, steps: Option<usize>) {
        let (bar, template) = match steps {
            Some(steps) => (ProgressBar::new(steps as u64), "{msg} {bar:30} {pos}/{len}, {eta} left"),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}"),
        };
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(printable::line(text).into_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        *self.bar() = Some(bar);
    }

    fn describe(&self, text: &str) {
        if let Some(bar) = &*self.bar() {
            bar.set_message(printable::line(text).into_owned());
        }
    }

    fn advance(&self, done: usize) {
        if let Some(bar) = &*self.bar() {
            bar.set_position(done as u64);
        }
    }

    fn end(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }
}
