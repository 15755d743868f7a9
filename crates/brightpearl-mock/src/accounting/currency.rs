//! Currencies, exchange rates and their history
//! (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).

use api_client_core::wire;
use brightpearl::{CurrencyId, OffsetDateTime, accounting::Currency};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    number,
    records::StoredRate,
    search::{Column, Kind, Table, no_names},
    state::{API_USER, Account},
    text,
};

const CURRENCIES: Table<Currency> = Table {
    columns: &[
        Column::new("id", Kind::IdSet, |currency| json!(currency.id)),
        Column::new("title", Kind::SearchText, |currency| json!(currency.title)),
        Column::new("code", Kind::Text, |currency| json!(currency.code)),
        Column::new("symbol", Kind::Text, |currency| json!(currency.symbol)),
        Column::new("exchangeRate", Kind::Text, |currency| text(currency.exchange_rate)),
        Column::new("isDefault", Kind::Boolean, |currency| json!(currency.is_default)),
        Column::new("exchangeRateVarianceNominalCode", Kind::Text, |_| Value::Null),
    ],
    sort: "id",
};

/// `GET /currency-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    CURRENCIES.search(account.currencies.iter(), call, &no_names)
}

/// `GET /exchange-rate`: all currencies except the base currency, newest rate first.
pub(crate) fn list_rates(account: &mut Account, _call: &Call<'_>) -> Result<Answer, Problem> {
    let mut rates: Vec<&StoredRate> = account.exchange_rates.iter().collect();
    rates.sort_by_key(|rate| (rate.currency, std::cmp::Reverse(rate.active_from)));
    let found: Vec<Value> = rates.into_iter().map(|rate| view(account, rate)).collect();
    Answer::non_empty(found, "No exchange rates found")
}

fn view(account: &Account, rate: &StoredRate) -> Value {
    let is_initial = rate.active_from == Timestamp::UNIX_EPOCH;
    json!({
        "currencyId": rate.currency,
        "rateActiveFrom": account.local(rate.active_from),
        "rate": number(rate.rate),
        "addedById": (!is_initial).then_some(API_USER),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateBody {
    rate_active_from: Option<OffsetDateTime>,
    #[serde(default, with = "wire::optional_decimal")]
    rate: Option<Decimal>,
}

/// The maximum number of decimals of a rate.
const MAX_DECIMALS: u32 = 6;

/// `POST` and `PUT /currency/{id}/exchange-rate`: answers with the number of rates set, which is 1.
pub(crate) fn set_rate(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: RateBody = call.body()?;
    let currency: CurrencyId = call.id(0)?;
    let refused = |message: String| Problem::client(placeholder_codes::EXCHANGE_RATE, message);
    let known = |known: &&Currency| known.id == currency;
    if account.currencies.iter().find(known).is_none_or(|known| known.code == account.base_currency()) {
        return Err(refused(format!("Currency {currency} does not exist or is the base currency")));
    }
    let active_from = body.rate_active_from.map(OffsetDateTime::timestamp).filter(|from| *from >= call.now);
    let active_from = active_from.ok_or_else(|| refused("rateActiveFrom must not be past".to_owned()))?;
    let rate = body.rate.filter(|rate| *rate > Decimal::ZERO && rate.normalize().scale() <= MAX_DECIMALS);
    let rate =
        rate.ok_or_else(|| refused(format!("rate must be above 0, {MAX_DECIMALS} decimals at most")))?;
    account.exchange_rates.retain(|old| old.currency != currency || old.active_from != active_from);
    account.exchange_rates.push(StoredRate { currency, active_from, rate });
    Ok(Answer::of(1))
}
