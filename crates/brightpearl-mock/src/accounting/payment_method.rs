//! Payment methods (brightpearl-accounting-warehouse.md A3).

use brightpearl::{CurrencyCode, NominalCode, PaymentMethodCode, accounting::PaymentMethod};

use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

/// `GET /payment-method[/{ids}]`.
pub(crate) fn list(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let wanted = |method: &&PaymentMethod| {
        ids.as_ref().is_none_or(|ids| method.id.is_some_and(|id| ids.contains(id.get())))
    };
    let found: Vec<_> = account.payment_methods.iter().filter(wanted).collect();
    if found.is_empty() { Err(Problem::not_found("No payment methods found")) } else { Ok(Answer::of(found)) }
}

/// The bank account that a payment posts to: the method's own for the payment's currency, else its account for
/// the base currency (A1.4). None when no method has this code or it has no such account.
pub(crate) fn bank_account<'a>(
    account: &'a Account,
    code: &PaymentMethodCode,
    currency: &CurrencyCode,
) -> Option<&'a NominalCode> {
    let method = account.payment_methods.iter().find(|method| method.code.is(code))?;
    method.bank_account(currency).or_else(|| method.bank_account(&account.base_currency()))
}
