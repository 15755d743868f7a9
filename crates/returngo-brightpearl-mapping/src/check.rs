//! The connection check: finds problems of a connection before the first return is processed.
//!
//! The check has two steps. [`check_inputs`] checks the entered values, so that a token with a trailing space is reported
//! as such rather than as rejected credentials. Then both systems are read into a [`Connection`], and [`check`] returns
//! the findings. Nothing here reads from the systems: use `returngo-brightpearl-sync` or your own program.

mod access;
mod account;
mod field_map;
mod inputs;
mod other_credits;
mod webhooks;

use std::fmt;

use brightpearl::{AccountCode, integration, order::OrderSummary};
use jiff::Timestamp;
use returngo::{RmaId, webhook};
use serde::Serialize;

use crate::{settings::ConnectionSettings, world::AccountFacts};
pub use account::check_settings;
pub use inputs::{InputKind, check_inputs};
pub use webhooks::{brightpearl_events, returngo_events};

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The outcome.
    pub mark: Mark,
    /// The subject of the check: the name of a setting, or a fact of one of the systems.
    pub subject: String,
    /// The result in words.
    pub message: String,
    /// What to do. `None` if no action is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// No problem was found.
    Pass,
    /// Returns are processed, but the finding should be examined.
    Warning,
    /// Returns would fail or be processed incorrectly.
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

/// Returns the worst outcome of findings; a pass if there are none.
pub fn worst<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Mark {
    findings.into_iter().map(|finding| finding.mark).max().unwrap_or(Mark::Pass)
}

/// The facts of both systems that [`check`] uses.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The Brightpearl account.
    pub brightpearl: BrightpearlSide,
    /// The ReturnGO shop.
    pub returngo: ReturngoSide,
}

/// The facts of a Brightpearl account.
#[derive(Debug, Clone)]
pub struct BrightpearlSide {
    /// The base URL of the API, such as `https://euw1.brightpearlconnect.com`.
    pub server: String,
    /// The code of the account.
    pub account_code: AccountCode,
    /// The account's configuration.
    pub account: ReadResult<AccountFacts>,
    /// All webhook subscriptions of the account, including those of other integrations.
    pub webhooks: ReadResult<Vec<integration::Webhook>>,
    /// The receiver of the connector's deliveries. `None` without a receiver.
    pub receiver: Option<Receiver>,
    /// The sales credits of the last weeks from all sources.
    pub recent_credits: ReadResult<Vec<OrderSummary>>,
    /// The clocks of this machine and of the system.
    pub clocks: Option<Clocks>,
}

/// The facts of a ReturnGO shop.
#[derive(Debug, Clone)]
pub struct ReturngoSide {
    /// The shop.
    pub shop: String,
    /// Its latest RMAs.
    pub recent_rmas: ReadResult<RecentRmas>,
    /// All webhook registrations of the shop, including those of other programs.
    pub webhooks: ReadResult<Vec<webhook::Webhook>>,
    /// The receiver of the connector's deliveries. `None` without a receiver.
    pub receiver: Option<Receiver>,
    /// The clocks of this machine and of the system.
    pub clocks: Option<Clocks>,
}

/// The latest RMAs in the list of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecentRmas {
    /// Their numbers.
    pub ids: Vec<RmaId>,
    /// The reasons why rows of the list cannot be decoded.
    pub unreadable: Vec<String>,
}

/// The receiver of webhook deliveries. Its URL contains a secret, because deliveries are not signed, and is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Receiver(String);

impl Receiver {
    /// Creates the receiver at this URL, which includes the secret.
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

/// A value that was read, or the reason why it could not be read.
pub type ReadResult<T> = Result<T, ReadFailure>;

/// The reason why a value could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadFailure {
    /// The token has expired.
    TokenExpired,
    /// The token or key is unknown to the system.
    TokenUnknown,
    /// The credentials were rejected although they may be correct, with the system's message.
    NoAccess(String),
    /// The server is unreachable or its rate limit is exceeded, with the message.
    Unreachable(String),
    /// The daily quota is used up, with the message.
    QuotaSpent(String),
    /// Any other failure, with the message.
    Failed(String),
}

/// The time of two clocks at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// The time of this machine when the response arrived.
    pub here: Timestamp,
    /// The `Date` of the response, in whole seconds.
    pub there: Timestamp,
}

/// Checks a connection. If a system rejects the credentials, its other findings are left out.
pub fn check(connection: &Connection, settings: &ConnectionSettings) -> Vec<Finding> {
    let Connection { brightpearl, returngo } = connection;
    let mut findings = access::to_brightpearl(brightpearl, settings);
    if let Ok(account) = &brightpearl.account {
        findings.extend(check_settings(account, settings));
        findings.extend(webhooks::of_brightpearl(brightpearl, settings));
        findings.extend(other_credits::check(brightpearl, account, returngo, settings));
    }
    findings.extend(access::to_returngo(returngo));
    if returngo.recent_rmas.is_ok() {
        findings.extend(webhooks::of_returngo(returngo));
    }
    findings
}
