use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use returngo_brightpearl_sync::{ReadError, WriteResult};

use super::error_scope;
use crate::{
    Failure,
    store::{EffectRecord, JobOutcome, Lease},
    with_causes,
};

/// Batching, lease and retry settings.
#[derive(Debug, Clone)]
pub struct Policy {
    /// RMAs in one batch, which are read and written together.
    pub batch: u32,
    /// How long the writes of a bundle may take. Writes without an answer by then are doubtful.
    pub writes_within: Duration,
    /// How long a write may take to appear after it was abandoned, or its answer was lost. It is not sent again before a
    /// snapshot that is taken that much later.
    pub appears_within: Duration,
    /// The wait for a write that is not shown yet, or for another return of the same sales order that is in progress.
    pub short_wait: Duration,
    /// How long the process waits for answers to its writes when it stops.
    pub grace: Duration,
    /// Writes that are sent together before the engine checks whether to stop.
    pub writes_at_once: usize,
    /// The wait after a first failure; it doubles with every further one.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// The wait when a whole connection fails: a system is unavailable, or rejects the credentials. That does not count as a
    /// failure of its RMAs, so they do not need review.
    pub out_of_service_wait: Duration,
    /// Consecutive failures before an RMA needs review.
    pub failures_allowed: u32,
    /// Consecutive rejected writes before an RMA needs review: a retry seldom helps.
    pub refusals_allowed: u32,
    /// Consecutive runs of an RMA that may end with their process before it needs review: the RMA may be the cause.
    pub abandonments_allowed: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            batch: 500,
            writes_within: Duration::from_secs(300),
            appears_within: Duration::from_secs(300),
            short_wait: Duration::from_secs(10),
            grace: Duration::from_secs(6),
            writes_at_once: 100,
            first_wait: Duration::from_secs(30),
            longest_wait: Duration::from_secs(3600),
            out_of_service_wait: Duration::from_secs(300),
            failures_allowed: 20,
            refusals_allowed: 3,
            abandonments_allowed: 5,
        }
    }
}

impl Policy {
    /// After a failure: retry later, or review after too many failures.
    pub(super) fn after_failure(&self, lease: &Lease, failure: Failure, now: Timestamp) -> JobOutcome {
        self.again(lease, failure, now, self.failures_allowed)
    }

    /// After a rejection, which someone may have corrected in the other system by the next attempt.
    pub(super) fn after_refusal(&self, lease: &Lease, failure: Failure, now: Timestamp) -> JobOutcome {
        self.again(lease, failure, now, self.refusals_allowed)
    }

    /// After a write that did not succeed.
    pub(super) fn after_write_error(
        &self,
        lease: &Lease,
        failure: Failure,
        result: &WriteResult,
        now: Timestamp,
    ) -> JobOutcome {
        if let Some(not_before) = result.not_before {
            return self.after_connection_failure(lease, failure.message, now, Some(not_before));
        }
        let allowed = if result.may_pass { self.failures_allowed } else { self.refusals_allowed };
        self.again(lease, failure, now, allowed)
    }

    /// After a write that an earlier attempt may have made, so recently that it may still appear. It is not a failure.
    pub(super) fn after_doubt(&self, earlier: &EffectRecord, now: Timestamp) -> JobOutcome {
        let since = earlier.doubtful_since().unwrap_or(now);
        JobOutcome::Postponed {
            why: format!(
                "{} may have been written at {} and may still appear",
                earlier.key,
                since.strftime("%F %TZ")
            ),
            until: since.saturating_add(self.appears_within).unwrap_or(Timestamp::MAX),
        }
    }

    /// After a snapshot that does not show a write that was made, or may have been: nothing is planned before it must have
    /// appeared.
    pub(super) fn after_not_shown(&self, effect: &EffectRecord, now: Timestamp) -> JobOutcome {
        let Some(recorded_at) = effect.recorded_at.filter(|_| effect.doubtful_since().is_none()) else {
            return self.after_doubt(effect, now);
        };
        let why =
            format!("{} was written at {} and is not shown yet", effect.key, recorded_at.strftime("%F %TZ"));
        self.soon(why, now)
    }

    /// Retry soon. It is not a failure.
    pub(super) fn soon(&self, why: String, now: Timestamp) -> JobOutcome {
        JobOutcome::Postponed { why, until: now.saturating_add(self.short_wait).unwrap_or(Timestamp::MAX) }
    }

    /// Retry soon after this time, at which another RMA is retried.
    pub(super) fn after(&self, run_at: Option<Timestamp>, why: String, now: Timestamp) -> JobOutcome {
        let from = run_at.map_or(now, |run_at| run_at.max(now));
        self.soon(why, from)
    }

    /// Writes that were sent before the returned time are visible in a snapshot that was taken at `observed_at`.
    pub(super) fn known_until(&self, observed_at: Timestamp) -> Timestamp {
        observed_at.saturating_sub(self.appears_within).unwrap_or(Timestamp::MIN)
    }

    /// After a failed read. Waits until the time that the system names, if any.
    pub(super) fn after_read_error(&self, lease: &Lease, error: &ReadError, now: Timestamp) -> JobOutcome {
        let not_before = match error {
            ReadError::Returngo(source) | ReadError::Rma { source, .. } => source.try_again_at(),
            _ => None,
        };
        if error_scope::is_connection_wide(error) {
            return self.after_connection_failure(lease, with_causes(error), now, not_before);
        }
        self.again(lease, error.into(), now, self.failures_allowed)
    }

    /// After ReturnGO refused access to an RMA but not to the shop. A retry seldom helps.
    pub(super) fn after_forbidden(
        &self,
        lease: &Lease,
        error: &returngo::Error,
        now: Timestamp,
    ) -> JobOutcome {
        let request = error.request_id().map(|id| format!(" [request {id}]")).unwrap_or_default();
        let why = format!(
            "RMA {rma} cannot be read: ReturnGO refuses access to it (status 403), but not to other RMAs of the \
             shop{request}. Open the RMA in ReturnGO: if it belongs to this shop, ask ReturnGO's support why the API key \
             may not read it, then run `reviews retry {rma}`; if not, run `reviews resolve {rma}`",
            rma = lease.rma,
        );
        let failure = Failure { message: why, signature: error.signature() };
        self.after_refusal(lease, failure, now)
    }

    /// After a failure of the whole connection: retry, however long it lasts.
    pub(super) fn after_connection_failure(
        &self,
        lease: &Lease,
        why: String,
        now: Timestamp,
        not_before: Option<Timestamp>,
    ) -> JobOutcome {
        let after = now.saturating_add(spread(lease, self.out_of_service_wait)).unwrap_or(Timestamp::MAX);
        JobOutcome::Postponed { why, until: after.max(not_before.unwrap_or(Timestamp::MIN)) }
    }

    fn again(&self, lease: &Lease, failure: Failure, now: Timestamp, allowed: u32) -> JobOutcome {
        let failures = lease.failures + 1;
        let again_at = (failures < allowed).then(|| {
            let wait = self.first_wait.saturating_mul(1 << lease.failures.min(16)).min(self.longest_wait);
            now.saturating_add(spread(lease, wait)).unwrap_or(Timestamp::MAX)
        });
        JobOutcome::Failed { failure, again_at }
    }
}

/// Lengthens a wait by up to a quarter, depending on RMA and attempt, so that RMAs that failed together are not all retried
/// together.
fn spread(lease: &Lease, wait: Duration) -> SignedDuration {
    let seed =
        lease.rma.to_string().bytes().map(u64::from).sum::<u64>().wrapping_add(lease.attempt.unsigned_abs());
    let extra = wait / 4 / 97 * (seed % 97) as u32;
    SignedDuration::try_from(wait + extra).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(failures: u32) -> Lease {
        Lease {
            connection: "acme".parse().unwrap(),
            rma: "4410021".parse().unwrap(),
            attempt: 7,
            enqueued: 1,
            failures,
            abandoned: 0,
            requested: false,
            of_this_shop: true,
        }
    }

    #[test]
    fn waits_grow_to_a_limit_and_then_a_person_is_asked() {
        let policy = Policy::default();
        let now: Timestamp = "2026-05-04T10:15:20Z".parse().unwrap();
        let wait = |failures| match policy.after_failure(&lease(failures), "down".into(), now) {
            JobOutcome::Failed { again_at, .. } => again_at.map(|at| at.duration_since(now).as_secs()),
            other => panic!("{other:?}"),
        };
        assert!(wait(0).is_some_and(|wait| (30..=38).contains(&wait)), "{:?}", wait(0));
        assert!(wait(3).is_some_and(|wait| (240..=300).contains(&wait)), "{:?}", wait(3));
        assert!(wait(18).is_some_and(|wait| (3600..=4500).contains(&wait)), "{:?}", wait(18));
        assert_eq!(wait(19), None);
    }
}
