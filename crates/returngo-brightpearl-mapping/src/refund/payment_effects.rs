//! The effects that record refunds on a credit.

use brightpearl::{
    accounting::NewCustomerPayment,
    order::{NewOrderRow, Order},
};
use rust_decimal::Decimal;

use super::{
    adjustment::Adjustments, context::RefundContext, credit_payments::tolerance,
    keyed_transaction::KeyedTransaction, questions,
};
use crate::{amounts, findings::Findings, keys, plan::Effect, settings::Posting};

/// Creates the effects that record the refunds of one credit, and keeps the credit's amounts after them.
pub(super) struct PaymentEffects<'r, 'w> {
    context: &'r RefundContext<'w>,
    adjustments: Adjustments<'r, 'w>,
    /// The amount paid on the credit once the planned payments are recorded.
    paid: Decimal,
    /// The credit's total once the planned rows are added.
    total: Decimal,
}

impl<'r, 'w> PaymentEffects<'r, 'w> {
    pub(super) fn new(context: &'r RefundContext<'w>) -> Self {
        Self {
            context,
            adjustments: Adjustments::new(context),
            paid: context.payments.paid,
            total: context.payments.total,
        }
    }

    /// Returns the effects that record a refund: its payment, after the row that it needs if it is above the credit's total.
    /// `None` while a review asks for the row.
    pub(super) fn of(
        &mut self,
        refund: &KeyedTransaction<'_>,
        credit: &'w Order,
        payment: NewCustomerPayment,
        findings: &mut Findings,
    ) -> Option<Vec<Effect>> {
        let amount = payment.amount_paid;
        let currency = &credit.currency.order_currency_code;
        let excess = self.paid.saturating_add(amount).saturating_sub(self.total);
        let is_above = excess > tolerance(currency, self.context.credited_units);
        let row = if is_above { self.row(refund, credit, amount, excess, findings)? } else { None };
        self.paid = self.paid.saturating_add(amount);
        let (key, order_id) = (refund.key.clone(), credit.id);
        let payment = Effect::RecordPayment { key, order_id, body: payment };
        let row = row.map(|body| {
            self.total = self.total.saturating_add(excess);
            let key = keys::adjustment(self.context.world.rma.id(), &refund.transaction.id);
            Effect::AddOrderRow { key, order_id, body }
        });
        Some(row.into_iter().chain([payment]).collect())
    }

    /// Returns the row that a refund above the credit's total needs: by the settings, or as a person decided. `Some(None)` if a
    /// person decided to record the refund without a row, and `None` while a review asks.
    fn row(
        &self,
        refund: &KeyedTransaction<'_>,
        credit: &'w Order,
        amount: Decimal,
        excess: Decimal,
        findings: &mut Findings,
    ) -> Option<Option<NewOrderRow>> {
        let currency = &credit.currency.order_currency_code;
        let configured = self.context.settings.adjustments.as_ref();
        let reason = match self.adjustments.row(&refund.key, credit, excess, configured) {
            Ok(row) => return Some(Some(row)),
            Err(reason) => reason,
        };
        let can_adjust = configured.is_none() && self.adjustments.allowed(&refund.key, credit).is_ok();
        let message = format!(
            "Refund {} of {} would raise the payments on sales credit {} above its total of {} by {}. An adjustment row cannot be \
             added: {reason}. If you record the refund by hand, use the reference {}.",
            refund.transaction.id,
            amounts::shown(amount, currency),
            credit.id,
            amounts::shown(self.total, currency),
            amounts::shown(excess, currency),
            refund.key
        );
        let question = questions::over_refund(message, refund, credit, excess, can_adjust);
        findings.ask(question, |choice| {
            if !choice.starts_with("codes:") {
                return Ok(None);
            }
            let posting = Posting::typed_in(choice, &self.context.world.account)?;
            self.adjustments.row(&refund.key, credit, excess, Some(&posting)).map(Some)
        })
    }
}
