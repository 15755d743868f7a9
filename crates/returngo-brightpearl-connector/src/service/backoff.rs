use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::store::ConnectionId;

/// The wait after a first failure; it doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Connections that failed, each left alone for a while: asking them again and again keeps others waiting.
#[derive(Debug, Default)]
pub(super) struct Backoff(Mutex<HashMap<ConnectionId, Failed>>);

#[derive(Debug, Clone, Copy)]
struct Failed {
    times: u32,
    suspended_until: Timestamp,
}

impl Backoff {
    pub(super) fn failed(&self, id: &ConnectionId, now: Timestamp) {
        let mut failed = self.lock();
        let times = failed.get(id).map_or(0, |failed| failed.times).saturating_add(1);
        let wait = FIRST_WAIT.saturating_mul(1 << (times - 1).min(16)).min(LONGEST_WAIT);
        let suspended_until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        failed.insert(id.clone(), Failed { times, suspended_until });
    }

    pub(super) fn worked(&self, id: &ConnectionId) {
        self.lock().remove(id);
    }

    /// Those that are to be left alone now.
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
    fn who_fails_is_left_alone_longer_each_time_until_it_works() {
        let patience = Backoff::default();
        let acme: ConnectionId = "acme".parse().unwrap();
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        patience.failed(&acme, at(0));
        assert!(patience.suspended(at(4)).contains(&acme));
        assert!(patience.suspended(at(5)).is_empty());
        patience.failed(&acme, at(5));
        assert!(patience.suspended(at(14)).contains(&acme));
        for _ in 0..100 {
            patience.failed(&acme, at(15));
        }
        assert!(patience.suspended(at(315)).is_empty());
        patience.worked(&acme);
        patience.failed(&acme, at(400));
        assert!(patience.suspended(at(405)).is_empty());
    }
}
