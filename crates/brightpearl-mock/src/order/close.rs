//! Closing a sales credit or a sales order: invoicing it (brightpearl-orders.md §1.6, §8).

use brightpearl::{
    OffsetDateTime, OrderId,
    order::{Order, OrderTypeCode, TaxState, order::OrderState},
};
use serde::Deserialize;

use crate::{
    gateway::{Answer, Call, Problem, invented},
    state::{Account, take},
};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CloseBody {
    tax_date: Option<OffsetDateTime>,
}

/// The invoice reference while accounting has not answered.
const PENDING: &str = "pending";

/// `POST /{type}/{id}/close`. Accounting answers at once here; where the books are closed at the tax date it never
/// does, and the order stays pending until it is closed again with another date.
pub(crate) fn close(account: &mut Account, call: &Call<'_>, kind: &OrderTypeCode) -> Result<Answer, Problem> {
    let body: CloseBody = if call.request.body.is_empty() { CloseBody::default() } else { call.body()? };
    let id: OrderId = call.id(0)?;
    let order = account.order(id)?;
    if order.order_type_code != *kind {
        return Err(Problem::client("ORDC-003", format!("Order {id} is not of type {kind}")));
    }
    if order.is_closed() {
        return Err(Problem::client(invented::INVOICED, format!("Order {id} is invoiced already")));
    }
    let tax_date = body.tax_date.map(|date| account.local(date.timestamp()));
    let tax_date = tax_date.or_else(|| order.invoices.first()?.tax_date);
    let date = tax_date.map_or(call.now, OffsetDateTime::timestamp);
    if account.books_are_open(date) {
        let reference = reference(account, kind);
        let now = account.local(call.now);
        if let Some(order) = account.orders.get_mut(&id) {
            set_invoice(order, &reference, tax_date);
            order.closed_on = Some(now);
            order.original_invoice_date = Some(now);
            order.state = Some(OrderState { tax: TaxState::Invoiced });
        }
        account.post_invoice(id, date, call.now);
    } else if let Some(order) = account.orders.get_mut(&id) {
        set_invoice(order, PENDING, tax_date);
    }
    account.modified(id, call.now);
    Ok(Answer::nothing())
}

fn reference(account: &mut Account, kind: &OrderTypeCode) -> String {
    match kind {
        OrderTypeCode::SalesCredit => format!("SC-{}", take(&mut account.next.credit_invoice)),
        _ => format!("SI-{}", take(&mut account.next.sale_invoice)),
    }
}

fn set_invoice(order: &mut Order, reference: &str, tax_date: Option<OffsetDateTime>) {
    for invoice in &mut order.invoices {
        reference.clone_into(&mut invoice.invoice_reference);
        invoice.tax_date = tax_date.or(invoice.tax_date);
    }
}
