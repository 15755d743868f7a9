use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};

use crate::Refusal;

/// What goes wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The request is applied, then the connection is cut: the caller cannot know.
    DropAfterCommit,
    /// The connection is cut; nothing is applied.
    DropBefore,
    /// The API's internal error; nothing is applied.
    Status500,
    /// The API's answer when it is not available; nothing is applied.
    Status503,
    /// The API's answer to too many requests; nothing is applied.
    Throttle,
    /// The HTML page of a gateway in front of the API, status 502; nothing is applied.
    Html502,
    /// The API's answer to an expired token; nothing is applied.
    TokenExpired,
    /// The request is applied and answered, but only after this time.
    Delay(Duration),
    /// A webhook is sent twice.
    DuplicateWebhooks,
    /// Webhooks are held until as many as `times` have come, then sent in reverse order: `times` of 2 swaps the
    /// next two. When no more come for a second, what is held is sent.
    ReorderWebhooks,
    /// A webhook is never sent.
    LoseWebhooks,
}

const NAMES: [(&str, FaultKind); 10] = [
    ("dropAfterCommit", FaultKind::DropAfterCommit),
    ("dropBefore", FaultKind::DropBefore),
    ("status500", FaultKind::Status500),
    ("status503", FaultKind::Status503),
    ("throttle", FaultKind::Throttle),
    ("html502", FaultKind::Html502),
    ("tokenExpired", FaultKind::TokenExpired),
    ("duplicateWebhooks", FaultKind::DuplicateWebhooks),
    ("reorderWebhooks", FaultKind::ReorderWebhooks),
    ("loseWebhooks", FaultKind::LoseWebhooks),
];

impl FaultKind {
    /// The refusal that the API itself must word, if this is one.
    pub const fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Status500 => Some(Refusal::Status500),
            Self::Status503 => Some(Refusal::Status503),
            Self::Throttle => Some(Refusal::Throttle),
            Self::TokenExpired => Some(Refusal::TokenExpired),
            _ => None,
        }
    }

    const fn is_about_webhooks(self) -> bool {
        matches!(self, Self::DuplicateWebhooks | Self::ReorderWebhooks | Self::LoseWebhooks)
    }
}

/// A fault that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault `{name}`: use one of {}, delayMs:2000", names())]
pub struct UnknownFault {
    name: String,
}

fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

impl FromStr for FaultKind {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = NAMES.iter().find(|(name, _)| *name == text).map(|&(_, kind)| kind);
        let delay = || {
            text.strip_prefix("delayMs:")?
                .trim()
                .parse()
                .ok()
                .map(|ms| Self::Delay(Duration::from_millis(ms)))
        };
        named.or_else(delay).ok_or_else(|| UnknownFault { name: text.to_owned() })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, NAMES.iter().find(|(_, kind)| kind == self)) {
            (Self::Delay(delay), _) => write!(f, "delayMs:{}", delay.as_millis()),
            (_, Some((name, _))) => f.pad(name),
            (other, None) => write!(f, "{other:?}"),
        }
    }
}

impl<'de> Deserialize<'de> for FaultKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A fault, what it strikes, and how often.
///
/// ```
/// use api_mock_core::{Fault, FaultKind};
///
/// let fault = Fault::on("post-sales-credit", FaultKind::DropAfterCommit).times(2);
/// let same: Fault = serde_json::from_str(r#"{"match":"post-sales-credit","times":2,"fault":"dropAfterCommit"}"#)?;
/// assert_eq!(fault, same);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(rename = "match")]
    pattern: String,
    #[serde(default = "once")]
    times: u32,
    #[serde(rename = "fault")]
    kind: FaultKind,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// The next request of this operation, or the next webhook of this full event name; `*` is any.
    pub fn on(pattern: impl Into<String>, kind: FaultKind) -> Self {
        Self { pattern: pattern.into(), times: 1, kind }
    }

    /// The next of any kind.
    pub fn on_any(kind: FaultKind) -> Self {
        Self::on("*", kind)
    }

    /// As often as this.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn strikes(&self, name: &str) -> bool {
        self.times > 0 && (self.pattern == "*" || self.pattern == name)
    }
}

/// The faults that are waiting to strike. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Adds a fault. Of several that match, the one added first strikes.
    pub fn add(&self, fault: Fault) {
        self.list().push(fault);
    }

    /// Those that still wait.
    pub fn pending(&self) -> Vec<Fault> {
        self.list().clone()
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.list().clear();
    }

    pub(crate) fn strike_request(&self, operation: &str) -> Option<FaultKind> {
        self.strike(|fault| !fault.kind.is_about_webhooks() && fault.strikes(operation)).map(|(kind, _)| kind)
    }

    /// The fault that strikes one part of a batch: a refusal or a cut, as only the whole batch can be late.
    pub fn strike_part(&self, operation: &str) -> Option<FaultKind> {
        let is_of_a_part =
            |kind: FaultKind| !kind.is_about_webhooks() && !matches!(kind, FaultKind::Delay(_));
        self.strike(|fault| is_of_a_part(fault.kind) && fault.strikes(operation)).map(|(kind, _)| kind)
    }

    /// The fault that strikes this webhook, and how often it will strike after that.
    pub(crate) fn strike_webhook(&self, event: &str) -> Option<(FaultKind, u32)> {
        self.strike(|fault| fault.kind.is_about_webhooks() && fault.strikes(event))
    }

    fn strike(&self, matches: impl Fn(&Fault) -> bool) -> Option<(FaultKind, u32)> {
        let mut faults = self.list();
        let fault = faults.iter_mut().find(|fault| matches(fault))?;
        fault.times -= 1;
        let struck = (fault.kind, fault.times);
        faults.retain(|fault| fault.times > 0);
        Some(struck)
    }

    fn list(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_and_prints_under_its_name() {
        for (name, kind) in NAMES {
            assert_eq!(name.parse::<FaultKind>(), Ok(kind));
            assert_eq!(kind.to_string(), name);
        }
        assert_eq!("delayMs:250".parse::<FaultKind>(), Ok(FaultKind::Delay(Duration::from_millis(250))));
        for unknown in ["dropafter", "delayMs:", "delayMs:-1"] {
            assert!(unknown.parse::<FaultKind>().unwrap_err().to_string().contains(unknown));
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_its_own_kind() {
        let faults = Faults::default();
        faults.add(Fault::on("post-order", FaultKind::Status500).times(2));
        faults.add(Fault::on_any(FaultKind::LoseWebhooks));
        assert_eq!(faults.strike_request("get-order"), None);
        assert_eq!(faults.strike_request("post-order"), Some(FaultKind::Status500));
        assert_eq!(faults.strike_request("post-order"), Some(FaultKind::Status500));
        assert_eq!(faults.strike_request("post-order"), None);
        assert_eq!(faults.strike_webhook("order.modified"), Some((FaultKind::LoseWebhooks, 0)));
        assert_eq!(faults.pending(), []);
    }

    #[test]
    fn a_part_of_a_batch_is_refused_or_cut_but_not_late() {
        let faults = Faults::default();
        faults.add(Fault::on_any(FaultKind::Delay(Duration::from_secs(1))));
        faults.add(Fault::on("post-order", FaultKind::DropBefore));
        assert_eq!(faults.strike_part("post-order"), Some(FaultKind::DropBefore));
        assert_eq!(faults.strike_part("post-order"), None);
        assert_eq!(faults.pending().len(), 1, "the delay waits for a whole request");
    }
}
