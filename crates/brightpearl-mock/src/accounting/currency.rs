//! Currencies, by search only (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).

use brightpearl::accounting::Currency;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    search::{Column, Kind, Table, no_names},
    state::Account,
};

const CURRENCIES: Table<Currency> = Table {
    columns: &[
        Column::new("id", Kind::IdSet, |currency| json!(currency.id)),
        Column::new("title", Kind::SearchText, |currency| json!(currency.title)),
        Column::new("code", Kind::Text, |currency| json!(currency.code)),
        Column::new("symbol", Kind::Text, |currency| json!(currency.symbol)),
        Column::new("exchangeRate", Kind::Text, |currency| json!(currency.exchange_rate)),
        Column::new("isDefault", Kind::Boolean, |currency| json!(currency.is_default)),
        Column::new("exchangeRateVarianceNominalCode", Kind::Text, |_| Value::Null),
    ],
    sort: "id",
};

/// `GET /currency-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    CURRENCIES.search(account.currencies.iter(), call, &no_names)
}
