//! Whether both systems let us in, which ones they are, and whether their clocks agree with ours.

use jiff::SignedDuration;

use super::{BrightpearlSide, Clocks, Finding, ReadFailure, RecentRmas, ReturngoSide};
use crate::settings::ConnectionSettings;

const BRIGHTPEARL: &str = "brightpearl";
const RETURNGO: &str = "returngo";

/// Beyond this much the clocks differ; an answer takes a moment, and its `Date` has whole seconds.
const AGREES: SignedDuration = SignedDuration::from_secs(10);
/// Beyond this much, looking for "what changed since" misses changes.
const MISLEADS: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn to_brightpearl(side: &BrightpearlSide, settings: &ConnectionSettings) -> Vec<Finding> {
    let code = side.account_code.as_str();
    let access = match &side.account {
        Ok(_) => Finding::pass(BRIGHTPEARL, format!("account {code} lets us in")),
        Err(unread) => unread.finding(
            BRIGHTPEARL,
            "Brightpearl",
            "check the token, the app reference and the account against each other: a token belongs to one app on one account",
        ),
    };
    let mut findings = vec![access];
    if settings.account_id != side.account_code {
        findings.push(Finding::failure(
            "account_id",
            format!("the settings are for account {}, and account {code} was called", settings.account_id),
            "take the credentials and the settings of one and the same account",
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
                (true, true) => "it has no RMAs yet",
                (true, false) => "none of its latest RMAs can be read",
                (false, _) => "its RMAs can be read",
            };
            Finding::pass(RETURNGO, format!("shop {} lets us in; {rmas}", side.shop))
        }
        Err(unread) => unread.finding(
            RETURNGO,
            "ReturnGO",
            "copy the key anew from Settings › Integrations › API, and the shop by the icon next to the store's name",
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
        format!("{unreadable} of the latest {all} rows of its list of RMAs cannot be read, such as: {first}"),
        "look at these RMAs in ReturnGO; they are skipped and `reviews` lists them",
    ))
}

impl ReadFailure {
    /// `whom` is the system's name; `unknown` is what to do about a token that it does not know.
    fn finding(&self, subject: &str, whom: &str, unknown: &str) -> Finding {
        match self {
            Self::TokenExpired => Finding::failure(
                subject,
                format!("the token for {whom} has expired"),
                "refresh it, or authorise again",
            ),
            Self::TokenUnknown => {
                Finding::failure(subject, format!("{whom} does not know the token or key"), unknown)
            }
            Self::NoAccess(said) => Finding::failure(
                subject,
                format!("{whom} refuses the credentials: {said}"),
                "see that the account has API access, and the credentials the right to read it",
            ),
            Self::Unreachable(said) => Finding::failure(
                subject,
                format!("{whom} gave no answer: {said}"),
                "check the address and the network, and try again later",
            ),
            Self::QuotaSpent(said) => Finding::failure(
                subject,
                format!("the daily quota of {whom} is used up: {said}"),
                "check again when it begins anew; until then nothing is read from it",
            ),
            Self::Failed(said) => self.of(subject, said),
        }
    }

    /// A finding about something else than being let in.
    pub(super) fn about(&self, subject: &str) -> Finding {
        match self {
            Self::TokenExpired => self.of(subject, "the token has expired"),
            Self::TokenUnknown => self.of(subject, "the credentials are not known for it"),
            Self::NoAccess(said) | Self::Unreachable(said) | Self::QuotaSpent(said) | Self::Failed(said) => {
                self.of(subject, said)
            }
        }
    }

    fn of(&self, subject: &str, said: &str) -> Finding {
        Finding::failure(subject, format!("cannot be read: {said}"), "correct what it says, and check again")
    }
}

/// Nothing in an answer says that an account is for testing. What can be told is whether it is Brightpearl that
/// answers (docs/evidence/brightpearl-platform.md#hosts-and-uris), and what the account is called.
fn server(base: &str) -> Option<Finding> {
    let host = base.split_once("://").map_or(base, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let brightpearl = host.ends_with(".brightpearlconnect.com") || host.ends_with(".brightpearl.com");
    (!brightpearl).then(|| {
        Finding::warning(
            BRIGHTPEARL,
            format!("{host} is not Brightpearl itself: a mock, or something in between"),
            "right for trying things out; set the data centre instead for a real account",
        )
    })
}

fn test_account(code: &str) -> Option<Finding> {
    const WORDS: [&str; 7] = ["test", "sandbox", "demo", "trial", "uat", "staging", "training"];
    let mut words = code.split('-').map(|word| word.trim_end_matches(|last: char| last.is_ascii_digit()));
    words.any(|word| WORDS.iter().any(|of_tests| word.eq_ignore_ascii_case(of_tests))).then(|| {
        Finding::warning(
            BRIGHTPEARL,
            format!("account {code} looks like one for testing, by its name"),
            "right for trying things out; no money that is recorded there is in the real books",
        )
    })
}

impl Clocks {
    /// How far ahead of theirs our clock is.
    fn ahead(self) -> SignedDuration {
        self.here.duration_since(self.there)
    }

    fn finding(self, whose: &str) -> Finding {
        let subject = format!("{whose}.clock");
        let ahead = self.ahead();
        if ahead.abs() <= AGREES {
            return Finding::pass(subject, "its clock and ours agree");
        }
        let direction = if ahead.is_positive() { "ahead of" } else { "behind" };
        let message = format!("our clock is {} seconds {direction} its", ahead.abs().as_secs());
        let advice = "let this machine take its time from the network (NTP)";
        if ahead.abs() <= MISLEADS {
            Finding::warning(subject, message, advice)
        } else {
            Finding::failure(
                subject,
                format!("{message}: changes would be missed when looking for new ones"),
                advice,
            )
        }
    }
}
