//! What was paid on sales and credits (docs/evidence/brightpearl-accounting.md#sale-payment-totals).

use brightpearl::{
    OrderId,
    accounting::{CustomerPayment, PaymentType},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    number, order,
    state::Account,
};

/// `GET /sale-payment-total/{ids}`: an order without payments has zeroes.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?;
    let ids =
        ids.ok_or_else(|| Problem::client(placeholder_codes::PAYMENT, "At least one order ID is required"))?;
    Ok(Answer::of(ids.iter().map(|id| total(account, OrderId::new(id))).collect::<Vec<_>>()))
}

/// Amounts are JSON numbers here, and negative where more went out than came in.
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
