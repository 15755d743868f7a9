//! Expressions, which are compiled and checked when a field map is loaded, and run with limits.
//!
//! The engine is minijinja, without templates: it has no access to files, the environment or the network. Every operation
//! costs fuel, and so does every byte of output.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, LazyLock},
};

use brightpearl::order::{Order, OrderRow};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};
use returngo::{Item, Rma};

use super::names::{self, UnknownName};
use crate::settings::{ConnectionSettings, nearest};

/// The largest number of characters in an expression.
const LONGEST: usize = 1_000;

/// The fuel of one run. An operation costs 1, as do 64 bytes of output.
const FUEL: u64 = 10_000;

/// The list of filters.
const FILTERS: &str = "https://docs.rs/minijinja/latest/minijinja/filters/#functions";

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    let functions: Vec<String> = engine.globals().map(|(name, _)| name.to_owned()).collect();
    functions.iter().for_each(|name| engine.remove_global(name));
    engine.set_fuel(Some(FUEL));
    engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    engine.set_debug(true);
    engine
});

/// The documents that an expression can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The credit as a whole: `rma`, `order`, `settings`.
    Credit,
    /// A credit row: also `item` and `row`.
    Row,
}

impl Scope {
    fn roots(self) -> &'static [&'static str] {
        match self {
            Self::Credit => &["rma", "order", "settings"],
            Self::Row => &["rma", "order", "settings", "item", "row"],
        }
    }
}

/// A compiled expression.
#[derive(Clone)]
pub(super) struct Expression {
    source: String,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
}

impl Expression {
    /// Compiles an expression and checks every name in it.
    ///
    /// # Errors
    /// The problem and its column.
    pub(super) fn compile(source: &str, scope: Scope) -> Result<Self, String> {
        let length = source.chars().count();
        if length > LONGEST {
            return Err(format!("the expression has {length} characters; the maximum is {LONGEST}"));
        }
        let compiled = ENGINE
            .compile_expression_owned(source.to_owned())
            .map_err(|error| located(source, &error, error.detail().unwrap_or("invalid expression")))?;
        check_variables(source, &compiled.undeclared_variables(true), scope)?;
        check_words(source)?;
        Ok(Self { source: source.to_owned(), compiled: Arc::new(compiled) })
    }

    /// Runs the expression.
    ///
    /// # Errors
    /// The problem, without the values: they may be personal data of a shopper.
    pub(super) fn run(&self, context: &Value) -> Result<Value, String> {
        self.compiled.eval(context.clone()).map_err(|error| {
            let problem = match error.kind() {
                ErrorKind::UndefinedError => {
                    "it uses a value that does not exist; add a default with `|default('…')`"
                }
                ErrorKind::OutOfFuel => "it exceeds the limit of operations",
                _ => "it cannot be evaluated with the values of this return",
            };
            located(&self.source, &error, problem)
        })
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

fn located(source: &str, error: &minijinja::Error, problem: &str) -> String {
    at_byte(source, error.range().map_or(0, |range| range.start), problem)
}

fn at_byte(source: &str, byte: usize, problem: &str) -> String {
    let column = source.get(..byte).map_or(0, |before| before.chars().count()) + 1;
    format!("`{source}`, column {column}: {problem}")
}

fn check_variables(source: &str, paths: &HashSet<String>, scope: Scope) -> Result<(), String> {
    let mut paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    paths.sort_unstable();
    paths.into_iter().try_for_each(|path| check_path(source, path, scope))
}

fn check_path(source: &str, path: &str, scope: Scope) -> Result<(), String> {
    let names: Vec<&str> = path.split('.').collect();
    let Some((&root, inside)) = names.split_first() else { return Ok(()) };
    let unknown_name = match root {
        _ if !scope.roots().contains(&root) => {
            return Err(at_byte(source, source.find(path).unwrap_or(0), &unknown_root(root, scope)));
        }
        "rma" => names::unknown_name::<Rma>(inside),
        "item" => names::unknown_name::<Item>(inside),
        "order" => names::unknown_name::<Order>(inside),
        "row" => names::unknown_name::<OrderRow>(inside),
        _ => names::unknown_name::<ConnectionSettings>(inside),
    };
    let Some(UnknownName { at, known }) = unknown_name else { return Ok(()) };
    let (name, parent) = (inside.get(at).copied().unwrap_or_default(), names[..=at].join("."));
    let near = nearest(name, known);
    let advice = match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => format!("; `{parent}` is a list or a plain value"),
        None => format!("; known names: {}", known.join(", ")),
    };
    let byte = source.find(path).map_or(0, |start| start + parent.len() + 1);
    Err(at_byte(source, byte, &format!("there is no `{name}` in `{parent}`{advice}")))
}

fn unknown_root(root: &str, scope: Scope) -> String {
    match scope {
        Scope::Credit if Scope::Row.roots().contains(&root) => {
            format!("`{root}` is available in row fields only; use `rma.items` or `order.orderRows` instead")
        }
        _ => format!(
            "unknown name `{root}`; known names: {}; for a fixed text, use quotes: `'{root}'`",
            scope.roots().join(", ")
        ),
    }
}

/// Checks for unknown filters and tests, which the engine only reports when they run, and for multiplication, which can
/// repeat a list millions of times for the fuel of one operation.
fn check_words(source: &str) -> Result<(), String> {
    for Word { at, text, role } in words(source) {
        let (trial, kind, missing) = match role {
            Role::Filter => (format!("''|{text}"), "filter", ErrorKind::UnknownFilter),
            Role::Test if text == "not" => continue,
            Role::Test => (format!("'' is {text}"), "test", ErrorKind::UnknownTest),
            Role::Times => return Err(at_byte(source, at, "multiplication is not supported")),
            Role::Other => continue,
        };
        let outcome = ENGINE.compile_expression_owned(trial).and_then(|trial| trial.eval(()));
        if outcome.is_err_and(|error| error.kind() == missing) {
            return Err(at_byte(source, at, &format!("unknown {kind} `{text}`; see {FILTERS}")));
        }
    }
    Ok(())
}

struct Word<'s> {
    at: usize,
    text: &'s str,
    role: Role,
}

enum Role {
    Filter,
    Test,
    Times,
    Other,
}

/// Lists the words and asterisks of an expression outside its quoted texts, with their roles.
fn words(source: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let (mut quote, mut escaped, mut before) = (None, false, Before::Anything);
    let mut rest = source.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => (quote, before) = (Some(c), Before::Anything),
            None if is_word(c) => {
                let mut end = at + c.len_utf8();
                while let Some((next, c)) = rest.next_if(|(_, c)| is_word(*c)) {
                    end = next + c.len_utf8();
                }
                let text = source.get(at..end).unwrap_or_default();
                let role = before.role();
                before = before.then(text);
                words.push(Word { at, text, role });
            }
            None if c == '|' => before = Before::Bar,
            None if c == '*' => words.push(Word { at, text: "*", role: Role::Times }),
            None if c.is_whitespace() => {}
            None => before = Before::Anything,
        }
    }
    words
}

/// The token before a word, which decides the word's role.
#[derive(Clone, Copy)]
enum Before {
    Bar,
    Is,
    Anything,
}

impl Before {
    fn role(self) -> Role {
        match self {
            Self::Bar => Role::Filter,
            Self::Is => Role::Test,
            Self::Anything => Role::Other,
        }
    }

    fn then(self, word: &str) -> Self {
        match (self, word) {
            (Self::Is, "not") => Self::Is,
            (Self::Anything, "is") => Self::Is,
            _ => Self::Anything,
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
