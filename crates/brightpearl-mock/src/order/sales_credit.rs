//! Sales credits: create once, read, close (brightpearl-orders.md §1).

use brightpearl::{
    OffsetDateTime, OrderId,
    order::{OrderTypeCode, TaxState, order::OrderState},
};
use serde::Deserialize;

use super::{creation, typed_view};
use crate::{
    gateway::{Answer, Call, Problem, invented},
    state::{Account, take},
};

/// `POST /sales-credit`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    creation::post(account, call, OrderTypeCode::SalesCredit)
}

/// `GET /sales-credit/{ids}`: 200, or 207 when only some exist.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    typed_view::get(account, call, &OrderTypeCode::SalesCredit)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CloseBody {
    tax_date: Option<OffsetDateTime>,
}

/// `POST /sales-credit/{id}/close`: accounting answers at once here, so nothing is ever seen as `pending`.
pub(crate) fn close(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: CloseBody = if call.request.body.is_empty() { CloseBody::default() } else { call.body()? };
    let id: OrderId = call.id(0)?;
    let credit = account.order(id)?;
    if !credit.is_sales_credit() {
        return Err(Problem::client("ORDC-003", format!("Order {id} is no sales credit")));
    }
    if credit.is_closed() {
        return Err(Problem::client(invented::INVOICED, format!("Sales credit {id} is invoiced already")));
    }
    let reference = format!("SC-{}", take(&mut account.next.credit_invoice));
    let (now, tax_date) =
        (account.local(call.now), body.tax_date.map(|date| account.local(date.timestamp())));
    if let Some(credit) = account.orders.get_mut(&id) {
        for invoice in &mut credit.invoices {
            invoice.invoice_reference.clone_from(&reference);
            invoice.tax_date = tax_date.or(invoice.tax_date);
        }
        credit.closed_on = Some(now);
        credit.original_invoice_date = Some(now);
        credit.state = Some(OrderState { tax: TaxState::Invoiced });
    }
    account.modified(id, call.now);
    Ok(Answer::nothing())
}
