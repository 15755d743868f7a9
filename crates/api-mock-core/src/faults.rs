use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Deserializer, de};

use crate::Refusal;

/// The kinds of injected faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The request is processed, then the connection is closed: the caller cannot know the outcome.
    DropAfterCommit,
    /// The connection is closed. The request is not processed.
    DropBefore,
    /// The API's internal error. The request is not processed.
    Status500,
    /// The API's answer when it is unavailable. The request is not processed.
    Status503,
    /// The API's answer to too many requests. The request is not processed.
    Throttle,
    /// The HTML page of a gateway in front of the API, with status 502. The request is not processed.
    Html502,
    /// The API's answer to an expired token. The request is not processed.
    TokenExpired,
    /// The request is processed at once and answered after this time.
    Delay(Duration),
    /// A webhook is sent twice.
    DuplicateWebhooks,
    /// Webhooks are held until there are `times` of them, then sent in reverse order: `times` of 2 swaps the next
    /// two. By chance, a webhook is held until the next one is sent. Held webhooks are sent after one second without
    /// another.
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
    /// The error answer that the API itself must build. None for all other faults.
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

/// An unknown fault name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown fault `{name}`: use one of {}, delayMs:2000", names())]
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

/// An injected fault: its kind, the requests or webhooks it applies to, and how often.
///
/// ```
/// use api_mock_core::{Fault, FaultKind};
///
/// let fault = Fault::on("post-sales-credit", FaultKind::DropAfterCommit).times(2);
/// let same: Fault = serde_json::from_str(r#"{"match":"post-sales-credit","times":2,"fault":"dropAfterCommit"}"#)?;
/// assert_eq!(fault, same);
///
/// // One webhook in ten, until the fault is removed. The same seed selects the same webhooks.
/// let fault = Fault::on_any(FaultKind::LoseWebhooks).by_chance(0.1, 7);
/// let same: Fault = serde_json::from_str(r#"{"match":"*","fault":"loseWebhooks","probability":0.1,"seed":7}"#)?;
/// assert_eq!(fault, same);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "FaultBody")]
pub struct Fault {
    pattern: String,
    kind: FaultKind,
    /// How often it still applies. None is without end.
    times: Option<u32>,
    /// None applies always.
    chance: Option<Chance>,
}

/// The body of `POST /_mock/faults`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    #[serde(rename = "match")]
    pattern: String,
    times: Option<u32>,
    fault: FaultKind,
    probability: Option<f64>,
    seed: Option<u64>,
}

/// A fault with invalid numbers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
enum InvalidFault {
    #[error("invalid `probability` {0}: it must be between 0 and 1")]
    Probability(f64),
    #[error("`seed` needs `probability`")]
    SeedAlone,
}

impl TryFrom<FaultBody> for Fault {
    type Error = InvalidFault;

    fn try_from(body: FaultBody) -> Result<Self, Self::Error> {
        let fault = Self::on(body.pattern, body.fault);
        let fault = match (body.probability, body.seed) {
            (None, None) => fault,
            (None, Some(_)) => return Err(InvalidFault::SeedAlone),
            (Some(probability), _) if !(0.0..=1.0).contains(&probability) => {
                return Err(InvalidFault::Probability(probability));
            }
            (Some(probability), seed) => fault.by_chance(probability, seed.unwrap_or_default()),
        };
        Ok(match body.times {
            Some(times) => fault.times(times),
            None => fault,
        })
    }
}

impl Fault {
    /// Applies to the next request of this operation, or to the next webhook with this full event name. `*` is any.
    pub fn on(pattern: impl Into<String>, kind: FaultKind) -> Self {
        Self { pattern: pattern.into(), kind, times: Some(1), chance: None }
    }

    /// Applies to the next request or webhook.
    pub fn on_any(kind: FaultKind) -> Self {
        Self::on("*", kind)
    }

    /// Applies this many times.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Applies to each match with this probability (0 never, 1 always), without end unless [`times`](Self::times) is
    /// called afterwards. The same seed selects the same ones if they arrive in the same order.
    #[must_use]
    pub const fn by_chance(mut self, probability: f64, seed: u64) -> Self {
        self.times = None;
        self.chance = Some(Chance { probability, state: seed });
        self
    }

    fn matches(&self, name: &str) -> bool {
        self.times != Some(0) && (self.pattern == "*" || self.pattern == name)
    }

    /// Whether the fault applies to this match. Draws a random number for a fault by chance.
    fn applies(&mut self) -> bool {
        self.chance.as_mut().is_none_or(Chance::draw)
    }
}

/// A reproducible random source (SplitMix64).
#[derive(Debug, Clone, PartialEq)]
struct Chance {
    probability: f64,
    state: u64,
}

impl Chance {
    fn draw(&mut self) -> bool {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        // The fraction of an f64 has 53 bits.
        #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
        let fraction = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        fraction < self.probability
    }
}

/// How a webhook is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryMode {
    Once,
    Never,
    Twice,
    /// Held until this many more are held, then sent in reverse order.
    AfterMore(u32),
    /// Sent after the next one.
    AfterNext,
}

/// The pending faults. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Adds a fault. If several match, the one added first applies.
    pub fn add(&self, fault: Fault) {
        self.list().push(fault);
    }

    /// Returns the faults that still apply.
    pub fn pending(&self) -> Vec<Fault> {
        self.list().clone()
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.list().clear();
    }

    pub(crate) fn take_for_request(&self, operation: &str) -> Option<FaultKind> {
        self.take(operation, |kind| !kind.is_about_webhooks()).map(|fault| fault.kind)
    }

    /// Takes the fault for one part of a batch. A delay applies to whole batches only.
    pub fn take_for_part(&self, operation: &str) -> Option<FaultKind> {
        let applies_to_parts =
            |kind: FaultKind| !kind.is_about_webhooks() && !matches!(kind, FaultKind::Delay(_));
        self.take(operation, applies_to_parts).map(|fault| fault.kind)
    }

    pub(crate) fn delivery_mode(&self, event: &str) -> DeliveryMode {
        let Some(fault) = self.take(event, FaultKind::is_about_webhooks) else { return DeliveryMode::Once };
        match (fault.kind, fault.times) {
            (FaultKind::LoseWebhooks, _) => DeliveryMode::Never,
            (FaultKind::DuplicateWebhooks, _) => DeliveryMode::Twice,
            (_, Some(more)) if fault.chance.is_none() => DeliveryMode::AfterMore(more),
            _ => DeliveryMode::AfterNext,
        }
    }

    /// Takes the fault that applies, and counts the application.
    fn take(&self, name: &str, is_candidate: impl Fn(FaultKind) -> bool) -> Option<Fault> {
        let mut faults = self.list();
        let mut candidates =
            faults.iter_mut().filter(|fault| is_candidate(fault.kind) && fault.matches(name));
        let fault = candidates.find_map(|fault| fault.applies().then_some(fault))?;
        fault.times = fault.times.map(|times| times - 1);
        let applied = fault.clone();
        faults.retain(|fault| fault.times != Some(0));
        Some(applied)
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
        assert_eq!(faults.take_for_request("get-order"), None);
        assert_eq!(faults.take_for_request("post-order"), Some(FaultKind::Status500));
        assert_eq!(faults.take_for_request("post-order"), Some(FaultKind::Status500));
        assert_eq!(faults.take_for_request("post-order"), None);
        assert_eq!(faults.delivery_mode("order.modified"), DeliveryMode::Never);
        assert_eq!(faults.pending(), []);
        assert_eq!(faults.delivery_mode("order.modified"), DeliveryMode::Once);
    }

    #[test]
    fn chance_strikes_about_as_often_as_it_says_and_the_same_ones_for_the_same_seed() {
        let applied = |probability: f64, seed: u64| -> Vec<bool> {
            let faults = Faults::default();
            faults.add(Fault::on_any(FaultKind::Status500).by_chance(probability, seed));
            (0..1_000).map(|_| faults.take_for_request("get-order").is_some()).collect()
        };
        let count = |applied: &[bool]| applied.iter().filter(|applied| **applied).count();
        assert!((200..300).contains(&count(&applied(0.25, 7))), "{}", count(&applied(0.25, 7)));
        assert_eq!(applied(0.25, 7), applied(0.25, 7));
        assert_ne!(applied(0.25, 7), applied(0.25, 8));
        assert_eq!((count(&applied(0.0, 7)), count(&applied(1.0, 7))), (0, 1_000));
    }

    #[test]
    fn chance_ends_after_its_times_and_leaves_room_for_the_next_fault() {
        let faults = Faults::default();
        faults.add(Fault::on_any(FaultKind::Status500).by_chance(0.5, 1).times(3));
        faults.add(Fault::on_any(FaultKind::Throttle).times(100));
        let applied: Vec<_> = (0..100).filter_map(|_| faults.take_for_request("get-order")).collect();
        assert_eq!(applied.iter().filter(|kind| **kind == FaultKind::Status500).count(), 3);
        assert_eq!(applied.len(), 100);
    }

    #[test]
    fn a_part_of_a_batch_is_refused_or_cut_but_not_late() {
        let faults = Faults::default();
        faults.add(Fault::on_any(FaultKind::Delay(Duration::from_secs(1))));
        faults.add(Fault::on("post-order", FaultKind::DropBefore));
        assert_eq!(faults.take_for_part("post-order"), Some(FaultKind::DropBefore));
        assert_eq!(faults.take_for_part("post-order"), None);
        assert_eq!(faults.pending().len(), 1, "the delay waits for a whole request");
    }
}
