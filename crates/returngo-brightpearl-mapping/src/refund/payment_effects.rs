//! The effects that record refunds on a credit.

use brightpearl::{accounting::NewCustomerPayment, order::Order};
use rust_decimal::Decimal;

use super::{
    adjustment::Adjustments, context::RefundContext, credit_payments::tolerance,
    keyed_transaction::KeyedTransaction,
};
use crate::{
    amounts,
    findings::finding_for_transaction,
    keys,
    plan::{Effect, Review, ReviewCode},
};

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
    ///
    /// # Errors
    /// A review if the row is needed and cannot be added.
    pub(super) fn of(
        &mut self,
        refund: &KeyedTransaction<'_>,
        credit: &'w Order,
        payment: NewCustomerPayment,
    ) -> Result<Vec<Effect>, Review> {
        let amount = payment.amount_paid;
        let row = self.adjustment(refund, credit, amount).map_err(|message| {
            finding_for_transaction(ReviewCode::OverRefund, message, refund.transaction)
        })?;
        self.paid = self.paid.saturating_add(amount);
        let key = refund.key.clone();
        let payment = Effect::RecordPayment { key, order_id: credit.id, body: payment };
        Ok(row.into_iter().chain([payment]).collect())
    }

    /// Returns the row that a refund above the credit's total needs, if any.
    ///
    /// # Errors
    /// The review's message if the row is needed and cannot be added.
    fn adjustment(
        &mut self,
        refund: &KeyedTransaction<'_>,
        credit: &'w Order,
        amount: Decimal,
    ) -> Result<Option<Effect>, String> {
        let currency = &credit.currency.order_currency_code;
        let excess = self.paid.saturating_add(amount).saturating_sub(self.total);
        if excess <= tolerance(currency, self.context.credited_units) {
            return Ok(None);
        }
        let row = self.adjustments.row(&refund.key, credit, excess).map_err(|reason| {
            format!(
                "Refund {} of {} would raise the payments on sales credit {} to {} above its total of {}. An adjustment row \
                 cannot be added: {reason}. Correct this, or record the refund manually with the reference {}.",
                refund.transaction.id,
                amounts::shown(amount, currency),
                credit.id,
                amounts::shown(excess, currency),
                amounts::shown(self.total, currency),
                refund.key
            )
        })?;
        self.total = self.total.saturating_add(excess);
        let key = keys::adjustment(self.context.world.rma.id(), &refund.transaction.id);
        Ok(Some(Effect::AddOrderRow { key, order_id: credit.id, body: row }))
    }
}
