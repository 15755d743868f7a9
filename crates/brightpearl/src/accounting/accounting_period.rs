//! Accounting periods, and the lock before which nothing can be posted
//! (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).
//!
//! A transaction that is dated in a closed or missing period, or on or before the lock, gets no journal.
//! Whether Brightpearl then rejects a customer payment or records it without a journal is not documented: check
//! [`CustomerPayment::journal_id`](super::CustomerPayment::journal_id) afterwards.
//!
//! ```
//! use brightpearl::accounting::{AccountingPeriodLock, accounting_period};
//!
//! assert_eq!(accounting_period::lock().to_string(), "GET /accounting-service/accounting-period-lock");
//! let lock: AccountingPeriodLock = serde_json::from_str(r#"{"lockedBy":4,"lockedUntil":"2026-03-31"}"#)?;
//! assert!(lock.covers("2026-03-31".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use api_client_core::{Endpoint, Idempotency, Method, OffsetDateTime};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet, answer,
    ids::{AccountingPeriodId, ContactId},
    request::Request,
};

const GET: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/accounting-period/{periodIds}", Idempotency::Read);
const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/accounting-service/accounting-period", Idempotency::UnkeyedWrite);
const LOCK: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/accounting-period-lock", Idempotency::Read);

/// An accounting period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccountingPeriod {
    /// The period.
    pub id: AccountingPeriodId,
    /// Its beginning.
    pub start_date: OffsetDateTime,
    /// Its end, the last millisecond of it.
    pub end_date: OffsetDateTime,
    /// When it was closed; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_date: Option<OffsetDateTime>,
    /// Who closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by_user_id: Option<ContactId>,
}

impl AccountingPeriod {
    /// Whether a transaction of this time can be posted in the period.
    pub fn takes(&self, time: impl Into<OffsetDateTime>) -> bool {
        let time = time.into().timestamp();
        self.closed_date.is_none() && self.start_date.timestamp() <= time && time <= self.end_date.timestamp()
    }
}

/// An accounting period to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAccountingPeriod {
    /// Its beginning.
    pub start_date: OffsetDateTime,
    /// Its end.
    pub end_date: OffsetDateTime,
}

impl NewAccountingPeriod {
    /// Creates a period from one time to another.
    pub fn new(start: impl Into<OffsetDateTime>, end: impl Into<OffsetDateTime>) -> Self {
        Self { start_date: start.into(), end_date: end.into() }
    }
}

/// The lock date of the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccountingPeriodLock {
    /// Who set the lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_by: Option<ContactId>,
    /// The last locked day.
    pub locked_until: Date,
}

impl AccountingPeriodLock {
    /// Whether a transaction of this day can no longer be posted.
    pub fn covers(&self, day: Date) -> bool {
        day <= self.locked_until
    }
}

/// Requests all accounting periods.
#[inline]
pub fn list() -> Request<Vec<AccountingPeriod>> {
    Request::new(GET, &[], answer::payload).empty_when_absent()
}

/// Requests these accounting periods.
#[inline]
pub fn get(ids: &IdSet<AccountingPeriodId>) -> Request<Vec<AccountingPeriod>> {
    Request::new(GET, &[ids], answer::payload).empty_when_absent()
}

/// Creates an accounting period. There is no key: list the periods before sending it again.
#[inline]
pub fn create(period: &NewAccountingPeriod) -> Request<AccountingPeriodId> {
    Request::new(CREATE, &[], answer::payload)
        .body(period)
        .with_verification_hint("list the accounting periods")
}

/// Requests the lock date of the accounts, if there is one.
#[inline]
pub fn lock() -> Request<Option<AccountingPeriodLock>> {
    Request::new(LOCK, &[], answer::payload).empty_when_absent()
}

/// The accounting periods of an account: [`Client::accounting_periods`](crate::Client::accounting_periods).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct AccountingPeriods<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl AccountingPeriods<'_> {
    /// Lists all accounting periods.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn list(&self) -> Result<Vec<AccountingPeriod>, crate::Error> {
        self.0.send(&list()).await
    }

    /// Gets these accounting periods; those that do not exist are left out.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self, ids: &IdSet<AccountingPeriodId>) -> Result<Vec<AccountingPeriod>, crate::Error> {
        self.0.in_chunks(ids, get).await
    }

    /// Creates an accounting period.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, period: &NewAccountingPeriod) -> Result<AccountingPeriodId, crate::Error> {
        self.0.send(&create(period)).await
    }

    /// Gets the lock date of the accounts, if there is one.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn lock(&self) -> Result<Option<AccountingPeriodLock>, crate::Error> {
        self.0.send(&lock()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_period_takes_its_own_times() {
        let open = r#"{"id":12,"startDate":"2026-03-01T00:00:00:000Z","endDate":"2026-03-31T23:59:59:999Z"}"#;
        let open: AccountingPeriod = serde_json::from_str(open).unwrap();
        let march = "2026-03-31T23:59:59.500Z".parse().unwrap();
        assert!(open.takes(march) && !open.takes("2026-04-01T00:00:00Z".parse::<OffsetDateTime>().unwrap()));
        let closed = AccountingPeriod { closed_date: Some(march), ..open };
        assert!(!closed.takes(march));
    }

    #[test]
    fn the_lock_holds_its_last_day_too() {
        let wire = r#"{"lockedBy":4,"lockedUntil":"2026-03-31"}"#;
        let lock: AccountingPeriodLock = serde_json::from_str(wire).unwrap();
        assert!(lock.covers("2026-03-31".parse().unwrap()) && !lock.covers("2026-04-01".parse().unwrap()));
        assert_eq!(serde_json::to_string(&lock).unwrap(), wire);
    }
}
