//! Refunds as payments on the credit.
//!
//! Only successful refunds are recorded, once, in the credit's currency and with a payment method that the account has.
//! Brightpearl accepts payment methods that do not exist and refunds above the credit
//! (docs/evidence/brightpearl-accounting.md#payment-rules), so both are rejected here.

mod adjustment;
mod context;
mod counted_payments;
mod credit_payments;
mod duplicates;
mod keyed_transaction;
mod manual_payment;
mod money_flow;
mod note;
mod payment;
mod payment_effects;
mod questions;
mod recording;

pub(crate) use context::RefundContext;
pub(crate) use credit_payments::{CreditPayments, tolerance, total};
pub(crate) use keyed_transaction::{has_refunded, keyed_transactions};
pub(crate) use money_flow::{MoneyFlow, money_flow};
pub use payment::{PaymentDraft, payment_for};
pub(crate) use recording::record;
