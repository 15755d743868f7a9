//! The calls to ReturnGO of an API key, counted in the store: all processes, and all connections with this key, make no
//! more together than the day has. One key works for all shops of an owner.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date, tz::Offset};
use returngo::client::{CallCounter, CallCounterError, CallsMade, Quota};
use tokio::sync::Mutex as Turn;

use crate::store::{CallLimits, KeyDigest, ReservedCalls, Store, StoreError};

/// Calls are reserved so many at a time, so that a call costs no statement. A process that is killed loses those that it
/// did not make, until the day ends.
const READS_TOGETHER: u32 = 20;
const WRITES_TOGETHER: u32 = 5;

/// The calls to ReturnGO of one connection, as this process makes them.
///
/// Each connection reserves for itself; the store counts by key.
#[derive(Debug)]
pub struct ReturngoCalls {
    store: Arc<Store>,
    today: Mutex<Today>,
    /// Held by the call that reserves; the others wait, and use what it reserved.
    turn: Turn<()>,
}

#[derive(Debug)]
struct Today {
    key: KeyDigest,
    limits: CallLimits,
    /// Reserved by this key, and not made yet.
    unused: CallsMade,
    /// What was known of the day at the last reservation.
    spent: CallsMade,
}

/// The day of UTC, which ReturnGO's quota is taken to be for.
pub fn day_of(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

impl ReturngoCalls {
    pub(crate) fn new(store: Arc<Store>, key: KeyDigest, quota: &Quota) -> Self {
        let nothing = CallsMade { day: Date::MIN, reads: 0, writes: 0 };
        let limits =
            CallLimits { per_day: quota.per_day, for_writes: quota.reserved_for_writes, for_others: 0 };
        let today = Mutex::new(Today { key, limits, unused: nothing, spent: nothing });
        Self { store, today, turn: Turn::default() }
    }

    /// Follows a quota or a key that was changed. What was reserved by the old key, and not made, is lost.
    pub(crate) fn follow(&self, key: &KeyDigest, quota: &Quota) {
        let mut today = self.today();
        (today.limits.per_day, today.limits.for_writes) = (quota.per_day, quota.reserved_for_writes);
        if today.key != *key {
            let nothing = CallsMade { day: Date::MIN, reads: 0, writes: 0 };
            (today.key, today.unused, today.spent) = (key.clone(), nothing, nothing);
        }
    }

    /// Whose calls are counted together with these.
    pub fn key(&self) -> KeyDigest {
        self.today().key.clone()
    }

    /// What this process may take of a day.
    pub fn limits(&self) -> CallLimits {
        self.today().limits
    }

    /// Leaves so many calls of the day to other processes from now on.
    pub fn leave(&self, for_others: u32) {
        self.today().limits.for_others = for_others;
    }

    /// Gives back what was reserved and not used.
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
impl CallCounter for ReturngoCalls {
    async fn count(&self, day: Date, is_write: bool) -> Result<bool, CallCounterError> {
        if self.today().take(day, is_write) {
            return Ok(true);
        }
        let _turn = self.turn.lock().await;
        if self.today().take(day, is_write) {
            return Ok(true);
        }
        let wanted = if is_write { WRITES_TOGETHER } else { READS_TOGETHER };
        let (key, limits) = (self.key(), self.limits());
        let reserved = self.store.reserve_returngo_calls(&key, day, is_write, wanted, &limits).await?;
        let mut today = self.today();
        if today.key != key {
            // Another key was stored meanwhile: this call is made by the old one, and counted so.
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
    /// Uses a call that was reserved for this day; whether there was one.
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
