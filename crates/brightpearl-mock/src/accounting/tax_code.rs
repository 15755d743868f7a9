//! Tax codes (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).

use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

/// `GET /tax-code[/{ids}]`: `rate` is left out where it is zero.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let found: Vec<_> = account
        .tax_codes
        .iter()
        .filter(|rate| ids.as_ref().is_none_or(|ids| ids.contains(rate.id)))
        .collect();
    if found.is_empty() { Err(Problem::not_found("No tax codes found")) } else { Ok(Answer::of(found)) }
}
