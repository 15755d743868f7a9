//! The chart of accounts: nominal codes and tax codes (docs/evidence/brightpearl-accounting.md#nominal-codes,
//! docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).

use brightpearl::accounting::NominalAccount;
use serde_json::json;

use crate::{
    gateway::{Answer, Call, Problem},
    search::{Column, Kind, Table, no_names},
    state::Account,
};

const NOMINAL_CODES: Table<NominalAccount> = Table {
    columns: &[
        Column::new("code", Kind::SearchText, |nominal| json!(nominal.code)),
        Column::new("name", Kind::SearchText, |nominal| json!(nominal.name)),
        Column::new("type", Kind::IdSet, |nominal| json!(nominal.kind.as_ref().map(|kind| kind.id))),
        Column::new("bank", Kind::Boolean, |nominal| json!(nominal.bank)),
        Column::new("currencyId", Kind::IdSet, |nominal| json!(nominal.currency_id)),
        Column::new("active", Kind::Boolean, |nominal| json!(nominal.active)),
    ],
    sort: "code",
};

/// `GET /nominal-code[/{ids}]`, by internal id, not by the four-digit code.
pub(crate) fn list_nominal_codes(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let wanted = |nominal: &&NominalAccount| ids.as_ref().is_none_or(|ids| ids.contains(nominal.id));
    let found: Vec<_> = account.nominal_codes.iter().filter(wanted).collect();
    Answer::non_empty(found, "No nominal codes found")
}

/// `GET /nominal-code-search`: without an id column.
pub(crate) fn search_nominal_codes(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    NOMINAL_CODES.search(account.nominal_codes.iter(), call, &no_names)
}

/// `GET /tax-code[/{ids}]`: a zero `rate` is omitted.
pub(crate) fn list_tax_codes(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let found: Vec<_> = account
        .tax_codes
        .iter()
        .filter(|rate| ids.as_ref().is_none_or(|ids| ids.contains(rate.id)))
        .collect();
    Answer::non_empty(found, "No tax codes found")
}
