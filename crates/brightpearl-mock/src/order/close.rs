//! Closing, which invoices a sales credit or sales order (docs/evidence/brightpearl-orders.md#closing-a-sales-credit,
//! docs/evidence/brightpearl-orders.md#sales-orders).

use brightpearl::{
    IdSet, OffsetDateTime, OrderId,
    order::{Order, OrderTypeCode, TaxState, order::OrderState},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::computed::modified;
use crate::{
    accounting::{accounting_period, journal},
    gateway::{Answer, Call, Problem, placeholder_codes},
    records::{FormerInvoice, PendingClose},
    state::Account,
};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CloseBody {
    tax_date: Option<OffsetDateTime>,
}

/// The invoice reference until accounting has processed the close.
const PENDING: &str = "pending";

/// `POST /{type}/{id}/close`. How long accounting takes is not known. Here it processes the close at once, unless a
/// switch makes the order pending for some reads. If the accounting period of the tax date is closed, the order stays
/// pending until it is closed again with another date.
pub(crate) fn close(account: &mut Account, call: &Call<'_>, kind: &OrderTypeCode) -> Result<Answer, Problem> {
    let body: CloseBody = if call.request.body.is_empty() { CloseBody::default() } else { call.body()? };
    let id: OrderId = call.id(0)?;
    let order = account.order(id)?;
    if order.order_type_code != *kind {
        return Err(Problem::client("ORDC-003", format!("Order {id} is not of type {kind}")));
    }
    if order.is_closed() {
        return Err(Problem::client(placeholder_codes::INVOICED, format!("Order {id} is invoiced already")));
    }
    let tax_date = body.tax_date.map(|date| account.local(date.timestamp()));
    let tax_date = tax_date.or_else(|| order.invoices.first()?.tax_date);
    let is_open = accounting_period::is_open(account, tax_date.map_or(call.now, OffsetDateTime::timestamp));
    let reads = call.switches.pending_reads_after_close;
    account.pending_closes.remove(&id);
    if is_open && reads == 0 {
        invoice(account, id, tax_date, call.now);
        return Ok(Answer::nothing());
    }
    if let Some(order) = account.orders.get_mut(&id) {
        set_invoice(order, PENDING, tax_date);
    }
    if is_open {
        account.pending_closes.insert(id, PendingClose { tax_date, reads });
    }
    modified(account, id, call.now);
    Ok(Answer::nothing())
}

/// Counts a read of these orders, and invoices those whose pending reads are used up.
pub(super) fn answer_pending_closes(account: &mut Account, ids: &IdSet<OrderId>, now: Timestamp) {
    let read = account.pending_closes.iter_mut().filter(|(id, _)| ids.contains(**id));
    let mut answered = Vec::new();
    for (id, close) in read {
        match close.reads.checked_sub(1) {
            Some(reads) => close.reads = reads,
            None => answered.push((*id, close.tax_date)),
        }
    }
    for (id, tax_date) in answered {
        account.pending_closes.remove(&id);
        invoice(account, id, tax_date, now);
    }
}

fn invoice(account: &mut Account, id: OrderId, tax_date: Option<OffsetDateTime>, now: Timestamp) {
    let Some(order) = account.orders.get(&id) else { return };
    let is_credit = order.is_sales_credit();
    let closed_on = account.local(now);
    let (reference, original_date) = match account.former_invoices.remove(&id) {
        Some(FormerInvoice { reference, original_date }) => (reference, original_date),
        None if is_credit => (format!("SC-{}", account.next_ids.credit_invoice.next()), None),
        None => (format!("SI-{}", account.next_ids.sale_invoice.next()), None),
    };
    if let Some(order) = account.orders.get_mut(&id) {
        set_invoice(order, &reference, tax_date);
        order.closed_on = Some(closed_on);
        order.original_invoice_date = original_date.or(Some(closed_on));
        order.state = Some(OrderState { tax: TaxState::Invoiced });
    }
    journal::post_invoice(account, id, tax_date.map_or(now, OffsetDateTime::timestamp), now);
    modified(account, id, now);
}

/// Un-invoices an order, as staff can in Brightpearl's own screens
/// (docs/evidence/brightpearl-orders.md#closing-a-sales-credit). Reference, closing date and `INVOICED` go, and the
/// journal is reversed, or removed if a switch says so. The next close uses the same reference.
///
/// # Errors
/// The order is not invoiced, or accounting is locked at the date of its journal.
pub(crate) fn uninvoice(account: &mut Account, id: OrderId, now: Timestamp) -> Result<(), String> {
    let order = account.orders.get(&id).filter(|order| order.is_closed());
    let order = order.ok_or_else(|| format!("invoiced order {id} not found"))?;
    let reference = order.invoices.first().map(|invoice| invoice.invoice_reference.clone());
    let original_date = order.original_invoice_date;
    journal::take_back_invoice(account, id, now)
        .map_err(|reason| format!("cannot un-invoice order {id}: {reason}"))?;
    if let Some(reference) = reference.filter(|reference| !reference.is_empty()) {
        account.former_invoices.insert(id, FormerInvoice { reference, original_date });
    }
    if let Some(order) = account.orders.get_mut(&id) {
        order.invoices.iter_mut().for_each(|invoice| invoice.invoice_reference.clear());
        order.closed_on = None;
        order.original_invoice_date = None;
        order.state = Some(OrderState { tax: TaxState::Ready });
    }
    modified(account, id, now);
    Ok(())
}

fn set_invoice(order: &mut Order, reference: &str, tax_date: Option<OffsetDateTime>) {
    for invoice in &mut order.invoices {
        reference.clone_into(&mut invoice.invoice_reference);
        invoice.tax_date = tax_date.or(invoice.tax_date);
    }
}
