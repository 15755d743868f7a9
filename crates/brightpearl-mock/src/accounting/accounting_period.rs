//! Accounting periods and their lock (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).

use brightpearl::OffsetDateTime;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    records::StoredPeriod,
    state::{API_USER, Account},
};

/// Whether an entry of this date can be posted: it lies after the lock, and in an open period where the account has
/// periods.
pub(crate) fn is_open(account: &Account, date: Timestamp) -> bool {
    let day = date.to_zoned(account.time_zone.clone()).date();
    let is_locked = account.locked_until.is_some_and(|until| day <= until);
    let includes =
        |period: &StoredPeriod| period.closed_on.is_none() && period.start <= date && date <= period.end;
    !is_locked && (account.accounting_periods.is_empty() || account.accounting_periods.iter().any(includes))
}

/// `GET /accounting-period[/{ids}]`.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let wanted = |period: &&StoredPeriod| ids.as_ref().is_none_or(|ids| ids.contains(period.id));
    let periods = account.accounting_periods.iter().filter(wanted);
    let found: Vec<Value> = periods.map(|period| view(account, period)).collect();
    Answer::non_empty(found, "No accounting periods found")
}

fn view(account: &Account, period: &StoredPeriod) -> Value {
    json!({
        "id": period.id,
        "startDate": account.local(period.start),
        "endDate": account.local(period.end),
        "closedDate": period.closed_on.map(|time| account.local(time)),
        "closedByUserId": period.closed_on.map(|_| API_USER),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PeriodBody {
    start_date: Option<OffsetDateTime>,
    end_date: Option<OffsetDateTime>,
}

/// `POST /accounting-period`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: PeriodBody = call.body()?;
    let (start, end) =
        (body.start_date.map(OffsetDateTime::timestamp), body.end_date.map(OffsetDateTime::timestamp));
    let (start, end) = start.zip(end).filter(|(start, end)| start < end).ok_or_else(|| {
        Problem::client(
            placeholder_codes::ACCOUNTING_PERIOD,
            "startDate and endDate are required, in this order",
        )
    })?;
    let id = account.accounting_periods.iter().map(|period| period.id).max().unwrap_or_default() + 1;
    account.accounting_periods.push(StoredPeriod { id, start, end, closed_on: None });
    Ok(Answer::of(id))
}

/// Closes a period now, or opens it again.
///
/// # Errors
/// There is no such period.
pub(crate) fn set_closed(account: &mut Account, id: u64, closed: bool, now: Timestamp) -> Result<(), String> {
    let period = account.accounting_periods.iter_mut().find(|period| period.id == id);
    let period = period.ok_or_else(|| format!("accounting period {id} not found"))?;
    period.closed_on = closed.then_some(period.closed_on.unwrap_or(now));
    Ok(())
}

/// `GET /accounting-period-lock`: one object, or 404 when there is no lock.
pub(crate) fn lock(account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    let until =
        account.locked_until.ok_or_else(|| Problem::not_found("There is no accounting period lock"))?;
    Ok(Answer::of(json!({ "lockedBy": API_USER, "lockedUntil": until })))
}
