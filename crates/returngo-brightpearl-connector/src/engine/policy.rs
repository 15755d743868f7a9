use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use returngo_brightpearl_sync::ReadError;

use super::error_scope;
use crate::{
    apply::Written,
    error::with_causes,
    store::{EffectRecord, JobOutcome, Lease},
};

/// How hard, and how often, the engine tries.
#[derive(Debug, Clone)]
pub struct Policy {
    /// RMAs in one batch: what is read and written together.
    pub batch: u32,
    /// How long the writes of a bundle may take. Those that are under way then are given up as doubtful.
    pub writes_within: Duration,
    /// How long a write may take to be seen after it was given up, or its answer was lost. Until the systems have
    /// been looked at that much later, it is not written again.
    pub appears_within: Duration,
    /// The wait where something that was written is not shown yet, or another return of the same sales order is worked
    /// on.
    pub short_wait: Duration,
    /// How long writes that are under way are waited for when the process is told to stop.
    pub grace: Duration,
    /// Writes that are sent together, before it is looked at whether to stop.
    pub writes_at_once: usize,
    /// The wait after a first failure; it doubles with every further one.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// The wait where a whole connection is in trouble: a system is out of service, or lets nobody in. It is no
    /// failure of an RMA, so no person is asked about it RMA by RMA.
    pub out_of_service_wait: Duration,
    /// Failures one after another before a person is asked.
    pub failures_allowed: u32,
    /// The same for writes that the system refused: trying again seldom helps.
    pub refusals_allowed: u32,
    /// Claims of an RMA that may be abandoned one after another before a person is asked: something about it may
    /// be what ends the process.
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
    /// A failure: tried again later, or put to a person when it failed too often.
    pub(super) fn after_failure(&self, lease: &Lease, error: String, now: Timestamp) -> JobOutcome {
        self.again(lease, error, now, self.failures_allowed)
    }

    /// A refusal, which may be cured in the other system by the time of the next attempt.
    pub(super) fn after_refusal(&self, lease: &Lease, error: String, now: Timestamp) -> JobOutcome {
        self.again(lease, error, now, self.refusals_allowed)
    }

    /// A write that did not succeed.
    pub(super) fn after_write_error(
        &self,
        lease: &Lease,
        error: String,
        written: &Written,
        now: Timestamp,
    ) -> JobOutcome {
        if let Some(not_before) = written.not_before {
            return self.after_trouble(lease, error, now, Some(not_before));
        }
        let allowed = if written.may_pass { self.failures_allowed } else { self.refusals_allowed };
        self.again(lease, error, now, allowed)
    }

    /// A write that an earlier attempt may have made, but too lately to be sure that it would be seen. That is no
    /// failure; it is waited for.
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

    /// Something that was written, or may have been, and is not shown: before it must have appeared nothing can be
    /// planned that rests on it.
    pub(super) fn after_unseen(&self, unseen: &EffectRecord, now: Timestamp) -> JobOutcome {
        let Some(recorded_at) = unseen.recorded_at.filter(|_| unseen.doubtful_since().is_none()) else {
            return self.after_doubt(unseen, now);
        };
        let why =
            format!("{} was written at {} and is not shown yet", unseen.key, recorded_at.strftime("%F %TZ"));
        self.soon(why, now)
    }

    /// It cannot be done yet, for no fault of its own, and soon can.
    pub(super) fn soon(&self, why: String, now: Timestamp) -> JobOutcome {
        JobOutcome::Postponed { why, until: now.saturating_add(self.short_wait).unwrap_or(Timestamp::MAX) }
    }

    /// It waits for another RMA, which is tried next at this time: until soon after it.
    pub(super) fn after(&self, run_at: Option<Timestamp>, why: String, now: Timestamp) -> JobOutcome {
        let from = run_at.map_or(now, |run_at| run_at.max(now));
        self.soon(why, from)
    }

    /// Until when everything that was sent is known, to whoever looked at both systems at this time.
    pub(super) fn known_until(&self, observed_at: Timestamp) -> Timestamp {
        observed_at.saturating_sub(self.appears_within).unwrap_or(Timestamp::MIN)
    }

    /// A system could not be read. When it says until when, that is waited for.
    pub(super) fn after_read_error(&self, lease: &Lease, error: &ReadError, now: Timestamp) -> JobOutcome {
        let not_before = match error {
            ReadError::Returngo(source) | ReadError::Rma { source, .. } => source.try_again_at(),
            _ => None,
        };
        if error_scope::is_connection_wide(error) {
            return self.after_trouble(lease, with_causes(error), now, not_before);
        }
        self.again(lease, with_causes(error), now, self.failures_allowed)
    }

    /// ReturnGO refuses access to an RMA of a shop that it shows otherwise. Trying again seldom helps.
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
        self.after_refusal(lease, why, now)
    }

    /// Nothing of the connection goes: that is waited for, however long it lasts.
    pub(super) fn after_trouble(
        &self,
        lease: &Lease,
        why: String,
        now: Timestamp,
        not_before: Option<Timestamp>,
    ) -> JobOutcome {
        let after = now.saturating_add(spread(lease, self.out_of_service_wait)).unwrap_or(Timestamp::MAX);
        JobOutcome::Postponed { why, until: after.max(not_before.unwrap_or(Timestamp::MIN)) }
    }

    fn again(&self, lease: &Lease, error: String, now: Timestamp, allowed: u32) -> JobOutcome {
        let failures = lease.failures + 1;
        let again_at = (failures < allowed).then(|| {
            let wait = self.first_wait.saturating_mul(1 << lease.failures.min(16)).min(self.longest_wait);
            now.saturating_add(spread(lease, wait)).unwrap_or(Timestamp::MAX)
        });
        JobOutcome::Failed { error, again_at }
    }
}

/// Up to a quarter longer, by RMA and attempt, so that those that failed together do not all come back together.
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
        let wait = |failures| match policy.after_failure(&lease(failures), "down".to_owned(), now) {
            JobOutcome::Failed { again_at, .. } => again_at.map(|at| at.duration_since(now).as_secs()),
            other => panic!("{other:?}"),
        };
        assert!(wait(0).is_some_and(|wait| (30..=38).contains(&wait)), "{:?}", wait(0));
        assert!(wait(3).is_some_and(|wait| (240..=300).contains(&wait)), "{:?}", wait(3));
        assert!(wait(18).is_some_and(|wait| (3600..=4500).contains(&wait)), "{:?}", wait(18));
        assert_eq!(wait(19), None);
    }
}
