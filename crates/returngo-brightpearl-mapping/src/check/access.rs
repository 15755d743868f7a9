//! Checks of the credentials, the servers and the clocks of both systems.

use jiff::SignedDuration;

use super::{BrightpearlSide, Clocks, Finding, ReadFailure, RecentRmas, ReturngoSide};
use crate::settings::ConnectionSettings;

const BRIGHTPEARL: &str = "brightpearl";
const RETURNGO: &str = "returngo";

/// The largest difference of clocks that are in sync: a response takes a moment, and its `Date` has whole seconds.
const MAX_IN_SYNC: SignedDuration = SignedDuration::from_secs(10);
/// The largest difference of clocks at which polling for changes misses none.
const MAX_HARMLESS: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn to_brightpearl(side: &BrightpearlSide, settings: &ConnectionSettings) -> Vec<Finding> {
    let code = side.account_code.as_str();
    let access = match &side.account {
        Ok(_) => Finding::pass(BRIGHTPEARL, format!("authenticated to account {code}")),
        Err(unread) => unread.finding(
            BRIGHTPEARL,
            "Brightpearl",
            "check that the token, the app reference and the account belong together: a token is valid for one app on one account",
        ),
    };
    let mut findings = vec![access];
    if settings.account_id != side.account_code {
        findings.push(Finding::failure(
            "account_id",
            format!(
                "the settings are for account {}, but the credentials are for {code}",
                settings.account_id
            ),
            "use the credentials and the settings of the same account",
        ));
    }
    findings.extend(server(&side.server));
    findings.extend(test_account(code));
    findings.extend(side.clocks.map(|clocks| clocks.finding(BRIGHTPEARL)));
    findings
}

pub(super) fn to_returngo(side: &ReturngoSide) -> Vec<Finding> {
    let access = match &side.recent_rmas {
        Ok(RecentRmas { ids, unreadable }) => {
            let rmas = match (ids.is_empty(), unreadable.is_empty()) {
                (true, true) => "the shop has no RMAs yet",
                (true, false) => "none of its latest RMAs can be decoded",
                (false, _) => "its RMAs can be read",
            };
            Finding::pass(RETURNGO, format!("authenticated to shop {}; {rmas}", side.shop))
        }
        Err(unread) => unread.finding(
            RETURNGO,
            "ReturnGO",
            "copy the key again from Settings › Integrations › API, and the shop domain with the icon next to the store's name",
        ),
    };
    let clocks = side.clocks.map(|clocks| clocks.finding(RETURNGO));
    let unreadable = side.recent_rmas.iter().filter_map(unreadable_rows);
    [access].into_iter().chain(unreadable).chain(clocks).collect()
}

fn unreadable_rows(recent: &RecentRmas) -> Option<Finding> {
    let first = recent.unreadable.first()?;
    let (unreadable, all) = (recent.unreadable.len(), recent.ids.len() + recent.unreadable.len());
    Some(Finding::warning(
        "returngo.rmas",
        format!(
            "{unreadable} of the latest {all} entries in the list of RMAs cannot be decoded, for example: {first}"
        ),
        "check these RMAs in ReturnGO; they are skipped, and `reviews` lists them",
    ))
}

impl ReadFailure {
    /// Returns the finding for a system. `unknown` is the advice for an unknown token or key.
    fn finding(&self, subject: &str, whom: &str, unknown: &str) -> Finding {
        match self {
            Self::TokenExpired => Finding::failure(
                subject,
                format!("the token for {whom} has expired"),
                "refresh the token, or authorize the app again",
            ),
            Self::TokenUnknown => {
                Finding::failure(subject, format!("{whom} does not recognize the token or key"), unknown)
            }
            Self::NoAccess(said) => Finding::failure(
                subject,
                format!("{whom} rejected the credentials: {said}"),
                "check that the account has API access, and that the credentials have read permission",
            ),
            Self::Unreachable(said) => Finding::failure(
                subject,
                format!("{whom} did not respond: {said}"),
                "check the address and the network, and retry later",
            ),
            Self::QuotaSpent(said) => Finding::failure(
                subject,
                format!("the daily quota of {whom} is used up: {said}"),
                "check again after the quota is reset; until then, nothing is read from the system",
            ),
            Self::Failed(said) => self.of(subject, said),
        }
    }

    /// Returns the finding for a value other than the system's credentials.
    pub(super) fn about(&self, subject: &str) -> Finding {
        match self {
            Self::TokenExpired => self.of(subject, "the token has expired"),
            Self::TokenUnknown => self.of(subject, "the credentials are not recognized"),
            Self::NoAccess(said) | Self::Unreachable(said) | Self::QuotaSpent(said) | Self::Failed(said) => {
                self.of(subject, said)
            }
        }
    }

    fn of(&self, subject: &str, said: &str) -> Finding {
        Finding::failure(subject, format!("cannot be read: {said}"), "correct the cause, and check again")
    }
}

/// Warns if the server is not one of Brightpearl's (docs/evidence/brightpearl-platform.md#hosts-and-uris). Responses do not
/// show whether an account is for testing.
fn server(base: &str) -> Option<Finding> {
    let host = base.split_once("://").map_or(base, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let brightpearl = host.ends_with(".brightpearlconnect.com") || host.ends_with(".brightpearl.com");
    (!brightpearl).then(|| {
        Finding::warning(
            BRIGHTPEARL,
            format!("{host} is not a Brightpearl server: it is a mock or a proxy"),
            "this is fine for testing; for a live account, set the data center instead",
        )
    })
}

fn test_account(code: &str) -> Option<Finding> {
    const WORDS: [&str; 7] = ["test", "sandbox", "demo", "trial", "uat", "staging", "training"];
    let mut words = code.split('-').map(|word| word.trim_end_matches(|last: char| last.is_ascii_digit()));
    words.any(|word| WORDS.iter().any(|of_tests| word.eq_ignore_ascii_case(of_tests))).then(|| {
        Finding::warning(
            BRIGHTPEARL,
            format!("account {code} appears to be a test account, according to its name"),
            "this is fine for testing; refunds recorded there are not part of the live accounts",
        )
    })
}

impl Clocks {
    /// Returns by how much the clock of this machine is ahead.
    fn ahead(self) -> SignedDuration {
        self.here.duration_since(self.there)
    }

    fn finding(self, whose: &str) -> Finding {
        let subject = format!("{whose}.clock");
        let ahead = self.ahead();
        if ahead.abs() <= MAX_IN_SYNC {
            return Finding::pass(subject, "its clock and the local clock are in sync");
        }
        let direction = if ahead.is_positive() { "ahead of" } else { "behind" };
        let message = format!("the local clock is {} seconds {direction} its clock", ahead.abs().as_secs());
        let advice = "synchronize the clock of this machine (NTP)";
        if ahead.abs() <= MAX_HARMLESS {
            Finding::warning(subject, message, advice)
        } else {
            Finding::failure(subject, format!("{message}: polling for changes would miss some"), advice)
        }
    }
}
