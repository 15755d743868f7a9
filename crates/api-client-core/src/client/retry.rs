use std::{fmt, time::Duration};

use crate::Idempotency;

/// What went wrong with one attempt, as far as repeating it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The request never left.
    NeverSent,
    /// The server turned it away before acting on it, because of its rate limit.
    Throttled,
    /// The request may have arrived, and no complete answer came.
    AnswerLost,
    /// The server failed; it may have acted on the request.
    ServerFailed,
    /// The server failed in a way that repeating does not cure; it may have acted on the request.
    Broken,
    /// The server turned it away before acting on it, because its credentials have run out; the rules have a
    /// way to get new ones.
    CredentialsExpired,
    /// The server understood the request and refused it.
    Refused,
}

impl Trouble {
    /// Whether the server may have acted on the request all the same.
    pub const fn leaves_doubt(self) -> bool {
        matches!(self, Self::AnswerLost | Self::ServerFailed | Self::Broken)
    }
}

/// Why a failed request was not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRetried {
    /// The server would refuse it again.
    Refused,
    /// Repeating would fail the same way.
    Pointless,
    /// It may have been applied, and applying it twice would be wrong.
    MayHaveBeenApplied,
    /// It was sent as often as the policy allows.
    AttemptsUsedUp,
    /// The server asks for a longer wait than the policy allows.
    WaitTooLong,
    /// What the request needs before it can be sent, such as an access token, is not to be had.
    Unprepared,
}

impl fmt::Display for NotRetried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the server would refuse it again",
            Self::Pointless => "it would fail the same way again",
            Self::MayHaveBeenApplied => "it may have been applied, and must not be applied twice",
            Self::AttemptsUsedUp => "all attempts are used up",
            Self::Unprepared => "what it needs before it can be sent is not to be had",
            Self::WaitTooLong => "the server asks for a longer wait than allowed",
        })
    }
}

/// How often, and after what wait, a request is sent again.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Attempts in all for one request; throttle refusals and the one attempt that finds its credentials expired
    /// are not counted against it.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles from there.
    pub first_wait: Duration,
    /// No wait of our own is longer.
    pub longest_wait: Duration,
    /// How often a throttle refusal is waited out.
    pub throttle_waits: u32,
    /// A server that asks for a longer wait is not waited for.
    pub longest_server_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(10),
            throttle_waits: 5,
            longest_server_wait: Duration::from_secs(120),
        }
    }
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    SendAgain { after: Duration },
    GiveUp(NotRetried),
}

/// How often this request was tried so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tries {
    pub(super) attempts: u32,
    pub(super) throttled: u32,
    pub(super) expired: u32,
}

impl Tries {
    pub(super) fn count(&mut self, trouble: Trouble) {
        self.throttled += u32::from(trouble == Trouble::Throttled);
        self.expired += u32::from(trouble == Trouble::CredentialsExpired);
    }
}

impl RetryPolicy {
    /// The one place that decides whether a request is sent again.
    ///
    /// A keyed write whose answer was lost is not repeated blindly either: whoever knows the key looks it up
    /// first and gives back what is there.
    pub(super) fn next(
        &self,
        idempotency: Idempotency,
        trouble: Trouble,
        tries: Tries,
        asked: Option<Duration>,
    ) -> Next {
        let harmless = matches!(idempotency, Idempotency::Read | Idempotency::RepeatableWrite);
        match trouble {
            Trouble::Refused => return Next::GiveUp(NotRetried::Refused),
            _ if trouble.leaves_doubt() && !harmless => return Next::GiveUp(NotRetried::MayHaveBeenApplied),
            Trouble::Broken => return Next::GiveUp(NotRetried::Pointless),
            _ => {}
        }
        let used_up = match trouble {
            Trouble::Throttled => tries.throttled > self.throttle_waits,
            // New credentials that are refused as well will not get better.
            Trouble::CredentialsExpired => tries.expired > 1,
            _ => tries.attempts - tries.throttled - tries.expired >= self.attempts,
        };
        if used_up {
            return Next::GiveUp(NotRetried::AttemptsUsedUp);
        }
        if trouble == Trouble::CredentialsExpired {
            return Next::SendAgain { after: Duration::ZERO };
        }
        match asked {
            Some(asked) if asked > self.longest_server_wait => Next::GiveUp(NotRetried::WaitTooLong),
            asked => Next::SendAgain { after: self.own_wait(tries).max(asked.unwrap_or_default()) },
        }
    }

    /// Doubling with full jitter, so that clients that failed together do not come back together.
    fn own_wait(&self, tries: Tries) -> Duration {
        let doublings = (tries.attempts.saturating_sub(1)).min(16);
        let ceiling = self.first_wait.saturating_mul(1 << doublings).min(self.longest_wait);
        ceiling.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Idempotency::*;

    fn next(idempotency: Idempotency, trouble: Trouble) -> Next {
        RetryPolicy::default().next(idempotency, trouble, Tries { attempts: 1, ..Tries::default() }, None)
    }

    #[test]
    fn what_never_left_or_was_throttled_may_always_go_again() {
        for idempotency in [Read, KeyedWrite, RepeatableWrite, UnkeyedWrite] {
            for trouble in [Trouble::NeverSent, Trouble::Throttled] {
                assert!(
                    matches!(next(idempotency, trouble), Next::SendAgain { .. }),
                    "{idempotency:?} {trouble:?}"
                );
            }
        }
    }

    #[test]
    fn a_write_that_may_have_arrived_is_never_repeated_blindly() {
        for trouble in [Trouble::AnswerLost, Trouble::ServerFailed, Trouble::Broken] {
            for idempotency in [KeyedWrite, UnkeyedWrite] {
                assert_eq!(next(idempotency, trouble), Next::GiveUp(NotRetried::MayHaveBeenApplied));
            }
        }
        for idempotency in [Read, RepeatableWrite] {
            for trouble in [Trouble::AnswerLost, Trouble::ServerFailed] {
                assert!(matches!(next(idempotency, trouble), Next::SendAgain { .. }));
            }
            assert_eq!(next(idempotency, Trouble::Broken), Next::GiveUp(NotRetried::Pointless));
        }
    }

    #[test]
    fn attempts_end_and_throttle_waits_are_counted_apart() {
        let policy = RetryPolicy::default();
        let last = Tries { attempts: policy.attempts + 3, throttled: 3, expired: 0 };
        assert_eq!(
            policy.next(Read, Trouble::ServerFailed, last, None),
            Next::GiveUp(NotRetried::AttemptsUsedUp)
        );
        assert!(matches!(policy.next(Read, Trouble::Throttled, last, None), Next::SendAgain { .. }));
    }

    #[test]
    fn expired_credentials_are_renewed_once_whatever_the_request_is() {
        let policy = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
        let mut tries = Tries { attempts: 1, ..Tries::default() };
        tries.count(Trouble::CredentialsExpired);
        for idempotency in [Read, KeyedWrite, RepeatableWrite, UnkeyedWrite] {
            let next = policy.next(idempotency, Trouble::CredentialsExpired, tries, None);
            assert_eq!(next, Next::SendAgain { after: Duration::ZERO });
        }
        tries.attempts += 1;
        tries.count(Trouble::CredentialsExpired);
        let next = policy.next(Read, Trouble::CredentialsExpired, tries, None);
        assert_eq!(next, Next::GiveUp(NotRetried::AttemptsUsedUp));
    }

    #[test]
    fn the_servers_wait_wins_up_to_a_limit() {
        let policy = RetryPolicy::default();
        let tries = Tries { attempts: 1, throttled: 1, expired: 0 };
        let asked = Duration::from_secs(43);
        assert_eq!(
            policy.next(Read, Trouble::Throttled, tries, Some(asked)),
            Next::SendAgain { after: asked }
        );
        let hour = Duration::from_secs(3600);
        assert_eq!(
            policy.next(Read, Trouble::Throttled, tries, Some(hour)),
            Next::GiveUp(NotRetried::WaitTooLong)
        );
    }
}
