//! Asking the person at the terminal.

use std::{
    io::{self, IsTerminal as _, Write as _, stderr, stdin},
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context as _, ensure};
use dialoguer::{Confirm, Input, Password, Select, console::Term, theme::ColorfulTheme};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::{output::Usage, printable};

/// Lets whoever is at the terminal say no. `yes` was said before; where nobody is, it has to be.
pub(super) fn go_on(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    let Some(mut prompter) = TerminalPrompter::if_attended() else {
        let refused = format!(
            "nothing was changed, as there is no terminal to confirm on: {question} Add --yes to confirm"
        );
        return Err(Usage(refused).into());
    };
    ensure!(prompter.agrees(question)?, "nothing was changed");
    Ok(())
}

/// How wide what is shown may be; none where it is read by a program.
pub(super) fn width() -> Option<u16> {
    width_of(&Term::stdout())
}

/// The same of what is said beside the result.
pub(super) fn width_of_stderr() -> Option<u16> {
    width_of(&Term::stderr())
}

fn width_of(terminal: &Term) -> Option<u16> {
    terminal
        .is_term()
        .then(|| terminal.size_checked())
        .flatten()
        .map(|(_, columns)| columns)
        .filter(|columns| *columns > 0)
}

/// Somebody who can be asked for what is needed.
pub(super) trait Prompter {
    /// A text that passes the check, which says what is wrong with another.
    fn text(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> anyhow::Result<String>;

    /// A text that is not shown.
    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> anyhow::Result<String>;

    /// Which of these.
    fn choose(&mut self, prompt: &str, from: &[String]) -> anyhow::Result<usize>;

    /// Whether to go on.
    fn agrees(&mut self, question: &str) -> anyhow::Result<bool>;

    /// Something to know before the next question.
    fn hears(&mut self, line: &str) -> anyhow::Result<()>;
}

/// Who sits at the terminal.
pub(super) struct TerminalPrompter {
    theme: ColorfulTheme,
    /// How the terminal was before anything was asked.
    before: Option<Termios>,
}

impl TerminalPrompter {
    /// None when nobody is there to be asked.
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

/// Whether a question is open. Nothing is changed before the last one is answered.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Ends the program as Ctrl-C does, with the terminal as it was: a hidden answer turns its echo off.
fn end_interrupted(before: Option<&Termios>) -> ! {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        // A terminal that is gone needs nothing.
        let _ = before.map(|before| tcsetattr(stdin(), OptionalActions::Now, before));
        show_cursor();
        if ASKING.load(Ordering::SeqCst) {
            let _ = writeln!(stderr(), "\nerror: interrupted, and nothing was changed");
        }
    });
    std::process::exit(INTERRUPTED)
}

/// What shells make of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Questions hide it; one that is broken off leaves it so.
fn show_cursor() {
    // A terminal that is gone has none.
    let _ = Term::stderr().show_cursor();
}

impl Prompter for TerminalPrompter {
    fn text(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> anyhow::Result<String> {
        self.ask(|theme| {
            let input = Input::<String>::with_theme(theme).with_prompt(prompt).allow_empty(true);
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

    fn agrees(&mut self, question: &str) -> anyhow::Result<bool> {
        let question = printable::line(question);
        self.ask(|theme| Confirm::with_theme(theme).with_prompt(question).default(false).interact())
    }

    fn hears(&mut self, line: &str) -> anyhow::Result<()> {
        Ok(super::output::remark(line)?)
    }
}
