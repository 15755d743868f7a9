//! Balances of customers, and payment totals of orders
//! (docs/evidence/brightpearl-accounting.md#periods-rates-taxes-and-balances,
//! docs/evidence/brightpearl-accounting.md#sale-payment-totals).

use brightpearl::{
    ContactId, OrderId,
    accounting::{CustomerPayment, PaymentType},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::journal::DEBTORS;
use crate::{
    decimals::two_decimals,
    gateway::{Answer, Call, Problem, placeholder_codes},
    number, order,
    records::Journal,
    state::Account,
};

/// `GET /contact/{id}/currency/{code}/balance`: the balance of the debtors' account, or null. Never an error.
pub(crate) fn of_contact(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
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
        .filter(|line| line.nominal.as_str() == DEBTORS)
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

/// `GET /sale-payment-total/{ids}`: zeroes for an order without payments.
pub(crate) fn payment_totals(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let ids =
        ids.ok_or_else(|| Problem::client(placeholder_codes::PAYMENT, "At least one order ID is required"))?;
    Ok(Answer::of(ids.iter().map(|id| total(account, OrderId::new(id))).collect::<Vec<_>>()))
}

/// The payment totals of an order. Amounts are JSON numbers, and negative if refunds exceed receipts.
fn total(account: &Account, order: OrderId) -> Value {
    let payments: Vec<&CustomerPayment> = account.payments_on(order).collect();
    let sum = |kind: &PaymentType, amount: fn(&CustomerPayment) -> Decimal| -> Decimal {
        payments.iter().filter(|payment| payment.payment_type == *kind).map(|payment| amount(payment)).sum()
    };
    let paid = |payment: &CustomerPayment| payment.amount_paid;
    let held = |payment: &CustomerPayment| payment.amount_authorized.unwrap_or_default();
    json!({
        "orderId": order,
        "paymentCurrency": payments.first().map(|payment| &payment.currency_code),
        "amountPaid": number(order::paid(account, order)),
        "amountAuthorized": number(sum(&PaymentType::Auth, held) - sum(&PaymentType::Void, held)),
        "amountCaptured": number(sum(&PaymentType::Capture, paid)),
    })
}
