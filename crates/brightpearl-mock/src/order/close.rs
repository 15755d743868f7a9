//! Closing a sales credit or a sales order: invoicing it
//! (docs/evidence/brightpearl-orders.md#closing-a-sales-credit,
//! docs/evidence/brightpearl-orders.md#sales-orders).

use brightpearl::{
    IdSet, OffsetDateTime, OrderId,
    order::{Order, OrderTypeCode, TaxState, order::OrderState},
};
use jiff::Timestamp;
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

/// A close that accounting has not answered yet.
pub(crate) struct PendingClose {
    tax_date: Option<OffsetDateTime>,
    /// How often the order still reads as pending.
    reads: u32,
}

/// `POST /{type}/{id}/close`. Whether accounting answers at once is not known: it does here, unless a switch makes
/// the order read as pending for a while. Where the books are closed at the tax date it never answers, and the
/// order stays pending until it is closed again with another date.
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
    let is_open = account.books_are_open(tax_date.map_or(call.now, OffsetDateTime::timestamp));
    let reads = call.switches.pending_reads_after_close;
    account.pending_closes.remove(&id);
    if is_open && reads == 0 {
        account.invoice(id, tax_date, call.now);
        return Ok(Answer::nothing());
    }
    if let Some(order) = account.orders.get_mut(&id) {
        set_invoice(order, PENDING, tax_date);
    }
    if is_open {
        account.pending_closes.insert(id, PendingClose { tax_date, reads });
    }
    account.modified(id, call.now);
    Ok(Answer::nothing())
}

impl Account {
    /// Somebody reads orders: accounting may have answered by now.
    pub(super) fn answer_pending_closes(&mut self, ids: &IdSet, now: Timestamp) {
        let read = self.pending_closes.iter_mut().filter(|(id, _)| ids.contains(**id));
        let mut answered = Vec::new();
        for (id, close) in read {
            match close.reads.checked_sub(1) {
                Some(reads) => close.reads = reads,
                None => answered.push((*id, close.tax_date)),
            }
        }
        for (id, tax_date) in answered {
            self.pending_closes.remove(&id);
            self.invoice(id, tax_date, now);
        }
    }

    fn invoice(&mut self, id: OrderId, tax_date: Option<OffsetDateTime>, now: Timestamp) {
        let Some(order) = self.orders.get(&id) else { return };
        let reference = if order.is_sales_credit() {
            format!("SC-{}", take(&mut self.next.credit_invoice))
        } else {
            format!("SI-{}", take(&mut self.next.sale_invoice))
        };
        let closed_on = self.local(now);
        if let Some(order) = self.orders.get_mut(&id) {
            set_invoice(order, &reference, tax_date);
            order.closed_on = Some(closed_on);
            order.original_invoice_date = Some(closed_on);
            order.state = Some(OrderState { tax: TaxState::Invoiced });
        }
        self.post_invoice(id, tax_date.map_or(now, OffsetDateTime::timestamp), now);
        self.modified(id, now);
    }
}

fn set_invoice(order: &mut Order, reference: &str, tax_date: Option<OffsetDateTime>) {
    for invoice in &mut order.invoices {
        reference.clone_into(&mut invoice.invoice_reference);
        invoice.tax_date = tax_date.or(invoice.tax_date);
    }
}
