//! The connection check: whether returns can go through on this connection, finding by finding, before the
//! first one does.
//!
//! In two steps. What somebody filled in is looked at first ([`check_inputs`]): a token with a space at its end
//! is told as such, not as a refusal. Then both systems are read into a [`Connection`], and [`check`] says what
//! it finds. Nothing here reads: `returngo-brightpearl-sync` does, or your own program.

mod access;
mod credits_of_others;
mod field_map;
mod inputs;
mod set_up;
mod webhooks;

use std::fmt;

use brightpearl::{AccountCode, integration, order::OrderSummary};
use jiff::Timestamp;
use returngo::{RmaId, webhook};
use serde::Serialize;

use crate::{settings::ConnectionSettings, world::AccountFacts};
pub use inputs::{InputKind, check_inputs};
pub use set_up::check_settings;
pub use webhooks::{brightpearl_events, returngo_events};

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it turned out.
    pub mark: Mark,
    /// What was checked: a setting's name, or a fact of one of the two systems.
    pub subject: String,
    /// What was found.
    pub message: String,
    /// What to do about it; none when nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How a check turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// It is as it has to be.
    Pass,
    /// Returns go through; somebody should look.
    Warning,
    /// Returns would fail, or go wrong.
    Failure,
}

impl Finding {
    fn pass(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { mark: Mark::Pass, subject: subject.into(), message: message.into(), advice: None }
    }

    fn warning(subject: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { mark: Mark::Warning, subject: subject.into(), message: message.into(), advice }
    }

    fn failure(subject: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { mark: Mark::Failure, subject: subject.into(), message: message.into(), advice }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "✓",
            Self::Warning => "!",
            Self::Failure => "✗",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.mark, self.subject, self.message)?;
        match &self.advice {
            Some(advice) => write!(f, " → {advice}"),
            None => Ok(()),
        }
    }
}

/// The worst mark of these findings; a pass if there are none.
pub fn worst<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Mark {
    findings.into_iter().map(|finding| finding.mark).max().unwrap_or(Mark::Pass)
}

/// What was read of both systems: all that [`check`] looks at.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The Brightpearl account.
    pub brightpearl: BrightpearlSide,
    /// The ReturnGO shop.
    pub returngo: ReturngoSide,
}

/// What was read of a Brightpearl account.
#[derive(Debug, Clone)]
pub struct BrightpearlSide {
    /// The base of the API that was called, such as `https://euw1.brightpearlconnect.com`.
    pub server: String,
    /// The account that was called.
    pub account_code: AccountCode,
    /// Its set-up.
    pub account: ReadResult<AccountFacts>,
    /// Every subscription on it, other integrations' too.
    pub webhooks: ReadResult<Vec<integration::Webhook>>,
    /// Where our own deliveries are to go; none when nothing listens.
    pub receiver: Option<Receiver>,
    /// The sales credits of the last weeks, whoever made them.
    pub recent_credits: ReadResult<Vec<OrderSummary>>,
    /// The time here and there.
    pub clocks: Option<Clocks>,
}

/// What was read of a ReturnGO shop.
#[derive(Debug, Clone)]
pub struct ReturngoSide {
    /// The shop that was named.
    pub shop: String,
    /// Its latest RMAs.
    pub recent_rmas: ReadResult<RecentRmas>,
    /// Every registration of it, other programs' too.
    pub webhooks: ReadResult<Vec<webhook::Webhook>>,
    /// Where our own deliveries are to go; none when nothing listens.
    pub receiver: Option<Receiver>,
    /// The time here and there.
    pub clocks: Option<Clocks>,
}

/// The latest RMAs of a shop, as its list shows them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecentRmas {
    /// Their numbers.
    pub ids: Vec<RmaId>,
    /// The rows that cannot be read, each with why.
    pub unreadable: Vec<String>,
}

/// Where deliveries are to go. Its URL holds a secret, since deliveries are not signed, and never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver(String);

impl Receiver {
    /// The receiver at this URL, secret included.
    pub fn at(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    fn url(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver(hidden)")
    }
}

/// Something that was read, or why it could not be.
pub type ReadResult<T> = Result<T, ReadFailure>;

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadFailure {
    /// The token was good once.
    TokenExpired,
    /// The system does not know the token or key.
    TokenUnknown,
    /// The token may be right, and is refused all the same; what was said about it.
    NoAccess(String),
    /// No answer came: the server cannot be reached, or the request cap was reached; what was said about it.
    Unreachable(String),
    /// The calls of the day are used up; what was said about it.
    QuotaSpent(String),
    /// Anything else; what was said about it.
    Failed(String),
}

/// What time it was in two places at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// Here, when the answer came.
    pub here: Timestamp,
    /// There: the `Date` of the answer, in whole seconds.
    pub there: Timestamp,
}

/// Checks a connection. Where one of the systems lets nobody in, the rest of its findings are left out.
pub fn check(connection: &Connection, settings: &ConnectionSettings) -> Vec<Finding> {
    let Connection { brightpearl, returngo } = connection;
    let mut findings = access::to_brightpearl(brightpearl, settings);
    if let Ok(account) = &brightpearl.account {
        findings.extend(check_settings(account, settings));
        findings.extend(webhooks::of_brightpearl(brightpearl, settings));
        findings.extend(credits_of_others::check(brightpearl, account, returngo, settings));
    }
    findings.extend(access::to_returngo(returngo));
    if returngo.recent_rmas.is_ok() {
        findings.extend(webhooks::of_returngo(returngo));
    }
    findings
}
