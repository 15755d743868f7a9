use std::{fmt, time::Duration};

use crate::{Backoff, Idempotency};

/// Why an attempt failed, as far as a retry depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// The request was not sent.
    NeverSent,
    /// The rate limit rejected the request before it was applied.
    Throttled,
    /// The request may have arrived; there is no complete response.
    AnswerLost,
    /// The server failed; it may have applied the request.
    ServerFailed,
    /// The server failed, perhaps because of the request's body, so that a retry of a write would fail as well;
    /// it may have applied the request.
    ServerFailedPermanently,
    /// The server rejected the request before applying it because its credentials have expired; the policy can
    /// get new ones.
    CredentialsExpired,
    /// The server understood and rejected the request.
    Refused,
}

impl FailureClass {
    /// Whether it is uncertain that a request of this idempotency was applied, and a retry could apply it
    /// twice.
    pub const fn is_ambiguous_for(self, idempotency: Idempotency) -> bool {
        self.leaves_doubt() && !idempotency.is_repeatable()
    }

    /// Whether the server may have applied the request.
    pub const fn leaves_doubt(self) -> bool {
        matches!(self, Self::AnswerLost | Self::ServerFailed | Self::ServerFailedPermanently)
    }
}

/// Why a failed request was not retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRetried {
    /// The server would reject it again.
    Refused,
    /// A retry would fail in the same way.
    Pointless,
    /// It may have been applied, and applying it twice would be wrong.
    MayHaveBeenApplied,
    /// All attempts that the policy allows were made.
    AttemptsUsedUp,
    /// The next wait is longer than allowed: one that the server asks for, or one that exceeds the longest wait
    /// of a call.
    WaitTooLong,
    /// Something that the request needs, such as an access token, is unavailable.
    NotPrepared,
}

impl fmt::Display for NotRetried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the server would reject it again",
            Self::Pointless => "it would fail in the same way again",
            Self::MayHaveBeenApplied => "it may have been applied and must not be applied twice",
            Self::AttemptsUsedUp => "all attempts were made",
            Self::NotPrepared => "something that it needs, such as an access token, is unavailable",
            Self::WaitTooLong => "the next wait is longer than allowed",
        })
    }
}

/// When a request is retried, and how often.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// The attempts for one request. Rejections by the rate limit, and the one attempt that finds its
    /// credentials expired, are not counted.
    pub attempts: u32,
    /// The waits between attempts, shortened at random by up to a half.
    pub backoff: Backoff,
    /// How many rejections by the rate limit are waited for.
    pub throttle_waits: u32,
    /// The longest wait that the server may ask for; beyond it the request fails.
    pub longest_server_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(10)),
            throttle_waits: 5,
            longest_server_wait: Duration::from_secs(120),
        }
    }
}

/// The decision after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryDecision {
    Retry { after: Duration },
    GiveUp(NotRetried),
}

/// The attempts of a request so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AttemptCounts {
    pub(super) attempts: u32,
    pub(super) throttled: u32,
    pub(super) expired: u32,
}

impl AttemptCounts {
    pub(super) fn record(&mut self, class: FailureClass) {
        self.throttled += u32::from(class == FailureClass::Throttled);
        self.expired += u32::from(class == FailureClass::CredentialsExpired);
    }
}

impl RetryPolicy {
    /// Decides whether a request is retried; the only place that does.
    ///
    /// A keyed write whose response was lost is not repeated blindly either: a caller that knows the key looks
    /// it up first and returns the existing object.
    pub(super) fn next(
        &self,
        idempotency: Idempotency,
        class: FailureClass,
        counts: AttemptCounts,
        asked: Option<Duration>,
    ) -> RetryDecision {
        match class {
            FailureClass::Refused => return RetryDecision::GiveUp(NotRetried::Refused),
            _ if class.is_ambiguous_for(idempotency) => {
                return RetryDecision::GiveUp(NotRetried::MayHaveBeenApplied);
            }
            // The cause may be the body, and a read has none.
            FailureClass::ServerFailedPermanently if idempotency != Idempotency::Read => {
                return RetryDecision::GiveUp(NotRetried::Pointless);
            }
            _ => {}
        }
        let used_up = match class {
            FailureClass::Throttled => counts.throttled > self.throttle_waits,
            // New credentials that are rejected as well will not be accepted later.
            FailureClass::CredentialsExpired => counts.expired > 1,
            _ => counts.attempts - counts.throttled - counts.expired >= self.attempts,
        };
        if used_up {
            return RetryDecision::GiveUp(NotRetried::AttemptsUsedUp);
        }
        if class == FailureClass::CredentialsExpired {
            return RetryDecision::Retry { after: Duration::ZERO };
        }
        match asked {
            Some(asked) if asked > self.longest_server_wait => RetryDecision::GiveUp(NotRetried::WaitTooLong),
            asked => {
                let own = self.backoff.jittered_wait_after(counts.attempts.saturating_sub(1));
                RetryDecision::Retry { after: own.max(asked.unwrap_or_default()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Idempotency::*;

    fn next(idempotency: Idempotency, class: FailureClass) -> RetryDecision {
        RetryPolicy::default().next(
            idempotency,
            class,
            AttemptCounts { attempts: 1, ..AttemptCounts::default() },
            None,
        )
    }

    #[test]
    fn what_never_left_or_was_throttled_may_always_go_again() {
        for idempotency in [Read, KeyedWrite, RepeatableWrite, UnkeyedWrite] {
            for class in [FailureClass::NeverSent, FailureClass::Throttled] {
                assert!(
                    matches!(next(idempotency, class), RetryDecision::Retry { .. }),
                    "{idempotency:?} {class:?}"
                );
            }
        }
    }

    #[test]
    fn a_write_that_may_have_arrived_is_never_repeated_blindly() {
        for class in
            [FailureClass::AnswerLost, FailureClass::ServerFailed, FailureClass::ServerFailedPermanently]
        {
            for idempotency in [KeyedWrite, UnkeyedWrite] {
                assert_eq!(next(idempotency, class), RetryDecision::GiveUp(NotRetried::MayHaveBeenApplied));
            }
        }
        for idempotency in [Read, RepeatableWrite] {
            for class in [FailureClass::AnswerLost, FailureClass::ServerFailed] {
                assert!(matches!(next(idempotency, class), RetryDecision::Retry { .. }));
            }
        }
    }

    #[test]
    fn a_failure_that_may_be_the_bodys_fault_is_retried_for_a_read_only() {
        let class = FailureClass::ServerFailedPermanently;
        assert!(matches!(next(Read, class), RetryDecision::Retry { .. }));
        assert_eq!(next(RepeatableWrite, class), RetryDecision::GiveUp(NotRetried::Pointless));
    }

    #[test]
    fn attempts_end_and_throttle_waits_are_counted_apart() {
        let policy = RetryPolicy::default();
        let last = AttemptCounts { attempts: policy.attempts + 3, throttled: 3, expired: 0 };
        assert_eq!(
            policy.next(Read, FailureClass::ServerFailed, last, None),
            RetryDecision::GiveUp(NotRetried::AttemptsUsedUp)
        );
        assert!(matches!(
            policy.next(Read, FailureClass::Throttled, last, None),
            RetryDecision::Retry { .. }
        ));
    }

    #[test]
    fn expired_credentials_are_renewed_once_whatever_the_request_is() {
        let policy = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
        let mut counts = AttemptCounts { attempts: 1, ..AttemptCounts::default() };
        counts.record(FailureClass::CredentialsExpired);
        for idempotency in [Read, KeyedWrite, RepeatableWrite, UnkeyedWrite] {
            let next = policy.next(idempotency, FailureClass::CredentialsExpired, counts, None);
            assert_eq!(next, RetryDecision::Retry { after: Duration::ZERO });
        }
        counts.attempts += 1;
        counts.record(FailureClass::CredentialsExpired);
        let next = policy.next(Read, FailureClass::CredentialsExpired, counts, None);
        assert_eq!(next, RetryDecision::GiveUp(NotRetried::AttemptsUsedUp));
    }

    #[test]
    fn the_servers_wait_wins_up_to_a_limit() {
        let policy = RetryPolicy::default();
        let counts = AttemptCounts { attempts: 1, throttled: 1, expired: 0 };
        let asked = Duration::from_secs(43);
        assert_eq!(
            policy.next(Read, FailureClass::Throttled, counts, Some(asked)),
            RetryDecision::Retry { after: asked }
        );
        let hour = Duration::from_secs(3600);
        assert_eq!(
            policy.next(Read, FailureClass::Throttled, counts, Some(hour)),
            RetryDecision::GiveUp(NotRetried::WaitTooLong)
        );
    }
}
