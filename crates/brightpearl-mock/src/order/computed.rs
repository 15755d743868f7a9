//! Totals and statuses that Brightpearl computes from rows, receipts and payments.

use brightpearl::{
    OrderId, OrderRowId,
    accounting::PaymentType,
    order::{
        AllocationStatusCode, Order, OrderPaymentStatus, OrderRow, OrderStockStatusCode, OrderTypeCode,
        ShippingStatusCode, TotalValue,
    },
    warehouse::GoodsNoteStatus,
};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{decimals::two_decimals, records::Event, state::Account};

/// Recomputes totals and statuses of an order.
pub(crate) fn compute(account: &mut Account, id: OrderId) {
    let Some(order) = account.orders.get(&id) else { return };
    let totals = totals(order);
    let stock = stock_status(account, order);
    let has_stock = order.order_rows.values().any(|row| is_received_row(account, row));
    let payment = payment_status(account, order, totals.total);
    if let Some(order) = account.orders.get_mut(&id) {
        order.total_value = Some(totals);
        order.stock_status_code = Some(stock);
        order.order_payment_status = Some(payment);
        if has_stock && order.shipping_status_code == Some(ShippingStatusCode::NoStock) {
            order.shipping_status_code = Some(ShippingStatusCode::NotShipped);
            if order.order_type_code == OrderTypeCode::SalesOrder {
                order.allocation_status_code = Some(AllocationStatusCode::None);
            }
        }
    }
}

/// Records a change of an order and raises its event.
pub(crate) fn modified(account: &mut Account, id: OrderId, now: Timestamp) {
    touch(account, id, now);
    account.raise(Event::order_modified(id));
}

/// Records a receipt or a payment. Whether it counts as a change of the order is not known
/// (docs/evidence/brightpearl-warehouse.md#open-questions-on-goods).
pub(crate) fn received_or_paid(account: &mut Account, id: OrderId, now: Timestamp) {
    compute(account, id);
    if account.switches.receipts_and_payments_modify_the_order {
        modified(account, id, now);
    }
}

/// Records a change of an order.
pub(crate) fn touch(account: &mut Account, id: OrderId, now: Timestamp) {
    let now = account.local(now);
    if let Some(order) = account.orders.get_mut(&id) {
        order.version = order.version.map(|version| version + 1);
    }
    account.set_updated(id, now);
}

/// Returns receipts minus refunds, without holds.
pub(crate) fn paid(account: &Account, order: OrderId) -> Decimal {
    account
        .payments_on(order)
        .map(|payment| match payment.payment_type {
            PaymentType::Receipt | PaymentType::Capture => payment.amount_paid,
            PaymentType::Payment => -payment.amount_paid,
            _ => Decimal::ZERO,
        })
        .sum()
}

fn payment_status(account: &Account, order: &Order, total: Decimal) -> OrderPaymentStatus {
    // A credit is paid by a refund (docs/evidence/brightpearl-orders.md#payment-statuses).
    let paid = if order.is_sales_credit() { -paid(account, order.id) } else { paid(account, order.id) };
    // A credit whose fees exceed its goods has a negative total and is settled by a receipt.
    let (paid, total) = if total.is_sign_negative() { (-paid, -total) } else { (paid, total) };
    if total.is_zero() {
        OrderPaymentStatus::NotApplicable
    } else if paid >= total {
        OrderPaymentStatus::Paid
    } else if paid > Decimal::ZERO {
        OrderPaymentStatus::PartiallyPaid
    } else {
        OrderPaymentStatus::Unpaid
    }
}

fn stock_status(account: &Account, order: &Order) -> OrderStockStatusCode {
    use OrderStockStatusCode as Code;
    let expected: Vec<_> = order.order_rows.iter().filter(|(_, row)| is_received_row(account, row)).collect();
    if expected.is_empty() {
        return Code::NotApplicable;
    }
    let shipped = order.shipping_status_code == Some(ShippingStatusCode::AllShipped);
    let (none, part, all) = match order.order_type_code {
        OrderTypeCode::SalesCredit => (Code::CreditNone, Code::CreditPart, Code::CreditAll),
        OrderTypeCode::PurchaseOrder => (Code::PurchaseNone, Code::PurchasePart, Code::PurchaseAll),
        OrderTypeCode::PurchaseCredit => return Code::PurchaseCreditNone,
        _ if shipped => return Code::SaleAll,
        _ => return Code::SaleNone,
    };
    let received = |id: OrderRowId| Decimal::from(received_on_row(account, order.id, id));
    if expected.iter().all(|(id, row)| received(**id) >= row.quantity.magnitude) {
        all
    } else if expected.iter().any(|(id, _)| received(**id) > Decimal::ZERO) {
        part
    } else {
        none
    }
}

/// Whether goods can be received on this row. Not on free text, bundles and products without stock.
pub(crate) fn is_received_row(account: &Account, row: &OrderRow) -> bool {
    !row.composition.bundle_parent && row.product().is_some_and(|product| account.is_stock_tracked(product))
}

/// Returns the number of units received on a row so far.
pub(crate) fn received_on_row(account: &Account, order: OrderId, row: OrderRowId) -> i64 {
    account
        .goods_in_notes_of(order)
        .filter(|note| note.goods_note_status != GoodsNoteStatus::Cancelled)
        .flat_map(|note| &note.goods_moved)
        .filter(|line| line.purchase_order_row_id == Some(row))
        .map(|line| line.quantity)
        .sum()
}

/// Returns the sums of the rows, rounded to two decimals, halves away from zero.
fn totals(order: &Order) -> TotalValue {
    let sum = |value: fn(&OrderRow) -> Decimal| two_decimals(order.order_rows.values().map(value).sum());
    let (net, tax) = (sum(|row| row.row_value.row_net.value), sum(|row| row.row_value.row_tax.value));
    let rate = order.currency.exchange_rate.filter(|rate| !rate.is_zero()).unwrap_or(Decimal::ONE);
    let base = |amount: Decimal| two_decimals(amount / rate);
    TotalValue {
        net,
        tax_amount: tax,
        total: net + tax,
        base_net: Some(base(net)),
        base_tax_amount: Some(base(tax)),
        base_total: Some(base(net) + base(tax)),
    }
}
