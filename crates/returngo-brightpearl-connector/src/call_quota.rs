//! The daily quota of calls to ReturnGO, counted per API key in the store. All processes and connections that use a key share
//! its quota; one key works for all shops of an owner.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date, tz::Offset};
use returngo::client::{CallCounter, CallCounterError, CallsMade, Quota};
use tokio::sync::Mutex as AsyncMutex;

use crate::store::{CallLimits, KeyDigest, ReservedCalls, Store, StoreError};

/// Calls per reservation. Reserving several saves a statement for each call; a process that is killed loses the unused ones
/// for the rest of the day.
const READS_PER_RESERVATION: u32 = 20;
const WRITES_PER_RESERVATION: u32 = 5;

/// The part of this process in the ReturnGO quota of one connection. Each connection reserves its own calls from the quota of
/// its key.
#[derive(Debug)]
pub struct CallQuota {
    store: Arc<Store>,
    today: Mutex<Today>,
    /// Held while a call reserves. Other calls wait, and use the same reservation.
    reserving: AsyncMutex<()>,
}

#[derive(Debug)]
struct Today {
    key: KeyDigest,
    limits: CallLimits,
    /// Calls that are reserved and not made yet.
    unused: CallsMade,
    /// The calls of all processes on this day, at the last reservation.
    spent: CallsMade,
}

/// The day in UTC, which the quota is assumed to apply to.
pub fn day_of(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

impl CallQuota {
    pub(crate) fn new(store: Arc<Store>, key: KeyDigest, quota: &Quota) -> Self {
        let nothing = CallsMade { day: Date::MIN, reads: 0, writes: 0 };
        let limits =
            CallLimits { per_day: quota.per_day, for_writes: quota.reserved_for_writes, for_others: 0 };
        let today = Mutex::new(Today { key, limits, unused: nothing, spent: nothing });
        Self { store, today, reserving: AsyncMutex::default() }
    }

    /// Applies a new key or quota. Unused calls of an old key are lost for the day.
    pub(crate) fn update(&self, key: &KeyDigest, quota: &Quota) {
        let mut today = self.today();
        (today.limits.per_day, today.limits.for_writes) = (quota.per_day, quota.reserved_for_writes);
        if today.key != *key {
            let nothing = CallsMade { day: Date::MIN, reads: 0, writes: 0 };
            (today.key, today.unused, today.spent) = (key.clone(), nothing, nothing);
        }
    }

    /// The key whose quota is used.
    pub fn key(&self) -> KeyDigest {
        self.today().key.clone()
    }

    /// The calls that this process may make in a day.
    pub fn limits(&self) -> CallLimits {
        self.today().limits
    }

    /// Leaves this number of calls per day to other processes from now on.
    pub fn leave(&self, for_others: u32) {
        self.today().limits.for_others = for_others;
    }

    /// Returns unused calls to the quota.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn give_back(&self) -> Result<(), StoreError> {
        let (key, unused) = {
            let mut today = self.today();
            let day = today.unused.day;
            let unused = std::mem::replace(&mut today.unused, CallsMade { day, reads: 0, writes: 0 });
            (today.key.clone(), unused)
        };
        if unused.reads + unused.writes == 0 {
            return Ok(());
        }
        self.store.give_back_returngo_calls(&key, &unused).await
    }

    fn today(&self) -> MutexGuard<'_, Today> {
        self.today.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CallCounter for CallQuota {
    async fn count(&self, day: Date, is_write: bool) -> Result<bool, CallCounterError> {
        if self.today().take(day, is_write) {
            return Ok(true);
        }
        let _reserving = self.reserving.lock().await;
        if self.today().take(day, is_write) {
            return Ok(true);
        }
        let wanted = if is_write { WRITES_PER_RESERVATION } else { READS_PER_RESERVATION };
        let (key, limits) = (self.key(), self.limits());
        let reserved = self.store.reserve_returngo_calls(&key, day, is_write, wanted, &limits).await?;
        let mut today = self.today();
        if today.key != key {
            // The key changed in between. This call uses the old key, and is counted for it.
            return Ok(reserved.calls > 0);
        }
        today.add(&reserved, is_write);
        Ok(today.take(day, is_write))
    }

    fn calls_made(&self, day: Date) -> CallsMade {
        let today = self.today();
        let Today { unused, spent, .. } = &*today;
        if spent.day != day {
            return CallsMade { day, reads: 0, writes: 0 };
        }
        let made = |spent: u32, unused: u32| spent.saturating_sub(unused);
        CallsMade { day, reads: made(spent.reads, unused.reads), writes: made(spent.writes, unused.writes) }
    }
}

impl Today {
    /// Uses a reserved call of this day. Returns whether one was left.
    fn take(&mut self, day: Date, is_write: bool) -> bool {
        if self.unused.day != day {
            self.unused = CallsMade { day, reads: 0, writes: 0 };
        }
        let left = if is_write { &mut self.unused.writes } else { &mut self.unused.reads };
        let taken = *left > 0;
        *left = left.saturating_sub(1);
        taken
    }

    fn add(&mut self, reserved: &ReservedCalls, are_writes: bool) {
        let unused = &mut self.unused;
        if unused.day != reserved.spent.day {
            *unused = CallsMade { day: reserved.spent.day, reads: 0, writes: 0 };
        }
        let left = if are_writes { &mut unused.writes } else { &mut unused.reads };
        *left = left.saturating_add(reserved.calls);
        self.spent = reserved.spent;
    }
}
