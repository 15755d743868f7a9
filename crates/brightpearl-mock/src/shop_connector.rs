//! Brightpearl's connector to a shop, which reverses a sale that is refunded before it is shipped
//! (docs/evidence/brightpearl-accounting.md#refunds-booked-on-the-sale).

use std::collections::BTreeMap;

use brightpearl::{
    OrderId, PaymentId, PaymentMethodCode,
    accounting::PaymentType,
    order::{AllocationStatusCode, Order, OrderTypeCode, ShippingStatusCode},
};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::{
    accounting::customer_payment::{self, NewPayment},
    order::status,
    state::Account,
};

/// What the shop connector does with a sale that is refunded in the shop.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SaleReversal {
    /// Whether the connector's setting "create payments for sales credits" is on. Without it the sale is cancelled,
    /// and its payments stay.
    pub creates_payments: bool,
    /// The reference of the reversing payments. Which one the connector uses is not known; by default they have none.
    pub transaction_ref: Option<String>,
}

impl Default for SaleReversal {
    fn default() -> Self {
        Self { creates_payments: true, transaction_ref: None }
    }
}

/// The time from the reversal to the cancellation: about five minutes.
const CANCELLATION_DELAY: SignedDuration = SignedDuration::from_mins(5);

/// Records reversing payments on a sale, one for each payment method, and schedules its cancellation.
///
/// # Errors
/// The connector makes a sales credit for such an order instead, or none. The text says why.
pub(crate) fn reverse(
    account: &mut Account,
    id: OrderId,
    reversal: &SaleReversal,
    now: Timestamp,
) -> Result<Vec<PaymentId>, String> {
    let order = account.orders.get(&id).ok_or_else(|| format!("order {id} not found"))?;
    if let Some(reason) = obstacle(account, order) {
        return Err(format!("the shop connector does not reverse order {id}: {reason}"));
    }
    let currency = order.currency.order_currency_code.clone();
    let rate = order.currency.exchange_rate;
    let reference = reversal.transaction_ref.as_deref();
    let paid = if reversal.creates_payments { paid_by_method(account, id) } else { BTreeMap::new() };
    let is_used = |method: &PaymentMethodCode| {
        reference.is_some_and(|reference| account.index.has_payment(reference, method))
    };
    if let Some(method) = paid.keys().find(|method| is_used(method)) {
        return Err(format!(
            "payment method {method} already has a payment {}",
            reference.unwrap_or_default()
        ));
    }
    let mut payments = Vec::new();
    for (method, amount) in paid {
        let payment = NewPayment {
            transaction_ref: reversal.transaction_ref.clone(),
            payment_method_code: Some(method),
            payment_type: Some(PaymentType::Payment),
            order_id: Some(id),
            currency_iso_code: Some(currency.clone()),
            exchange_rate: rate,
            amount_paid: Some(amount),
            payment_date: Some(account.local(now)),
            ..NewPayment::default()
        };
        let recorded = customer_payment::record(account, payment, now);
        payments.push(recorded.map_err(|problem| problem.message())?);
    }
    account.pending_cancellations.insert(id, now + CANCELLATION_DELAY);
    Ok(payments)
}

/// The reason why the connector does not reverse this order. That a sales credit of the sale is an earlier refund is
/// an assumption.
fn obstacle(account: &Account, order: &Order) -> Option<&'static str> {
    let was_refunded =
        account.payments_on(order.id).any(|payment| payment.payment_type == PaymentType::Payment)
            || account.index.children(order.id).any(|child| is_credit(account, child));
    let not_out = [Some(ShippingStatusCode::NotShipped), Some(ShippingStatusCode::NoStock)];
    let is_cancelled =
        account.configured("cancelledOrderStatusId") == Some(order.order_status.order_status_id);
    if order.order_type_code != OrderTypeCode::SalesOrder {
        Some("it is not a sales order")
    } else if is_cancelled || account.pending_cancellations.contains_key(&order.id) {
        Some("it is cancelled already")
    } else if !not_out.contains(&order.shipping_status_code) {
        Some("it is shipped, so it gets a sales credit")
    } else if order.is_dropship == Some(true) {
        Some("it is a drop shipment, so it gets a sales credit")
    } else if was_refunded {
        Some("it was refunded before, so it gets a sales credit")
    } else {
        None
    }
}

fn is_credit(account: &Account, id: OrderId) -> bool {
    account.orders.get(&id).is_some_and(Order::is_sales_credit)
}

/// Returns the amounts paid on a sale.
fn paid_by_method(account: &Account, sale: OrderId) -> BTreeMap<PaymentMethodCode, Decimal> {
    let mut paid = BTreeMap::new();
    for payment in account.payments_on(sale) {
        let is_paid = matches!(payment.payment_type, PaymentType::Receipt | PaymentType::Capture);
        if let Some(method) = payment.payment_method_code.clone().filter(|_| is_paid) {
            *paid.entry(method).or_insert(Decimal::ZERO) += payment.amount_paid;
        }
    }
    paid.retain(|_, amount| !amount.is_zero());
    paid
}

/// Cancels the sale whose cancellation is scheduled first, if that time has come, and returns the time. An invoiced
/// sale keeps its status, unless a switch says otherwise.
pub(crate) fn cancel_next(account: &mut Account, now: Timestamp) -> Option<Timestamp> {
    let scheduled = account.pending_cancellations.iter().filter(|(_, time)| **time <= now);
    let (id, time) = scheduled.min_by_key(|(id, time)| (**time, **id)).map(|(id, time)| (*id, *time))?;
    account.pending_cancellations.remove(&id);
    let cancels_invoiced = account.switches.reversals_cancel_invoiced_sales;
    let order = account.orders.get(&id).filter(|order| cancels_invoiced || !order.is_closed());
    if let (Some(cancelled), Some(_)) = (account.configured("cancelledOrderStatusId"), order) {
        let note = "All items of this order were refunded in the shop before shipment";
        // An account without a usable status cannot cancel.
        if status::change(account, id, cancelled, note, time).is_ok() {
            release_allocation(account, id);
        }
    }
    Some(time)
}

fn release_allocation(account: &mut Account, id: OrderId) {
    let Some(order) = account.orders.get_mut(&id) else { return };
    if order.allocation_status_code != Some(AllocationStatusCode::NotRequired) {
        order.allocation_status_code = Some(AllocationStatusCode::None);
    }
}
