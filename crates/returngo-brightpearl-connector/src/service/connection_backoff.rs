use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::store::ConnectionId;

/// The wait after the first failure. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Connections that failed. Each is suspended for a growing time, so that it does not keep others waiting.
#[derive(Debug, Default)]
pub(super) struct ConnectionBackoff(Mutex<HashMap<ConnectionId, Failed>>);

#[derive(Debug, Clone, Copy)]
struct Failed {
    times: u32,
    suspended_until: Timestamp,
}

impl ConnectionBackoff {
    pub(super) fn record_failure(&self, id: &ConnectionId, now: Timestamp) {
        let mut failed = self.lock();
        let times = failed.get(id).map_or(0, |failed| failed.times).saturating_add(1);
        let wait = FIRST_WAIT.saturating_mul(1 << (times - 1).min(16)).min(LONGEST_WAIT);
        let suspended_until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        failed.insert(id.clone(), Failed { times, suspended_until });
    }

    pub(super) fn reset(&self, id: &ConnectionId) {
        self.lock().remove(id);
    }

    /// The connections in backoff.
    pub(super) fn suspended(&self, now: Timestamp) -> Vec<ConnectionId> {
        let failed = self.lock();
        failed.iter().filter(|(_, failed)| now < failed.suspended_until).map(|(id, _)| id.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Failed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_fails_is_suspended_longer_each_time_until_it_succeeds() {
        let backoff = ConnectionBackoff::default();
        let acme: ConnectionId = "acme".parse().unwrap();
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        backoff.record_failure(&acme, at(0));
        assert!(backoff.suspended(at(4)).contains(&acme));
        assert!(backoff.suspended(at(5)).is_empty());
        backoff.record_failure(&acme, at(5));
        assert!(backoff.suspended(at(14)).contains(&acme));
        for _ in 0..100 {
            backoff.record_failure(&acme, at(15));
        }
        assert!(backoff.suspended(at(315)).is_empty());
        backoff.reset(&acme);
        backoff.record_failure(&acme, at(400));
        assert!(backoff.suspended(at(405)).is_empty());
    }
}
