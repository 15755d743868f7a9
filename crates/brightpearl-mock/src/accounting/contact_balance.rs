//! What a customer owes or is owed (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances).

use brightpearl::ContactId;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::journal::{DEBTORS, Journal};
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    order::two_decimals,
    state::Account,
};

/// `GET /contact/{id}/currency/{code}/balance`: the debtors' account, or null; never an error.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let (customer, currency) = (call.id::<ContactId>(0).ok(), call.text(1));
    let (from, until) = (day(call, "dateFrom")?, day(call, "dateTo")?);
    let counts = |journal: &&Journal| {
        let posting = &journal.posting;
        let day = posting.date.to_zoned(account.time_zone.clone()).date();
        customer.is_some()
            && posting.contact == customer
            && posting.currency.as_str() == currency
            && from.is_none_or(|from| from <= day)
            && until.is_none_or(|until| day <= until)
    };
    let journals: Vec<&Journal> = account.journals.values().filter(counts).collect();
    let lines = journals.iter().flat_map(|journal| &journal.posting.lines);
    let owed: Decimal = lines
        .filter(|line| line.nominal().as_str() == DEBTORS)
        .map(|line| line.sides())
        .map(|(debit, credit)| debit.unwrap_or_default() - credit.unwrap_or_default())
        .sum();
    Ok(Answer::of((!journals.is_empty()).then(|| two_decimals(owed).to_string())))
}

fn day(call: &Call<'_>, name: &str) -> Result<Option<Date>, Problem> {
    let read = |text: &str| {
        text.parse()
            .map_err(|_| Problem::client(placeholder_codes::PAYMENT, format!("{name} is no day: {text}")))
    };
    call.request.query(name).map(read).transpose()
}
