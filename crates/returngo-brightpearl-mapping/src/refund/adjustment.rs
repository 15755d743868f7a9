//! The credit row that a refund above the credit's total needs.

use std::{cell::OnceCell, collections::HashSet};

use brightpearl::order::{CurrencyValue, NewOrderRow, Order, Quantity, row::NewRowValue};
use rust_decimal::Decimal;

use super::{context::RefundContext, credit_payments::is_open};
use crate::{
    amounts::{self, RowScales},
    fees, keys,
    settings::Posting,
};

/// Creates the adjustment rows of one credit.
pub(super) struct Adjustments<'r, 'w> {
    context: &'r RefundContext<'w>,
    /// The keys that rows of the credit mention. Read when the first row is to be added.
    existing: OnceCell<HashSet<&'w str>>,
}

impl<'r, 'w> Adjustments<'r, 'w> {
    pub(super) fn new(context: &'r RefundContext<'w>) -> Self {
        Self { context, existing: OnceCell::new() }
    }

    /// Returns a row of this gross amount for the refund with this key, posted under these codes.
    ///
    /// # Errors
    /// The reason why the row cannot be added.
    pub(super) fn row(
        &self,
        key: &str,
        credit: &'w Order,
        excess: Decimal,
        posting: Option<&Posting>,
    ) -> Result<NewOrderRow, String> {
        let posting = posting.ok_or("the setting `adjustments` is missing")?;
        self.allowed(key, credit)?;
        let scales = RowScales::of(&credit.currency.order_currency_code);
        let split = fees::split(excess, posting, scales, &self.context.world.account);
        let split = split
            .ok_or_else(|| format!("the account has no tax code {} (`adjustments`)", posting.tax_code))?;
        let value = |value: Decimal| CurrencyValue { currency_code: None, value };
        Ok(NewOrderRow {
            product_id: None,
            product_name: Some(format!("Refund adjustment {key}")),
            quantity: Quantity { magnitude: Decimal::ONE },
            row_value: NewRowValue {
                tax_code: posting.tax_code.clone(),
                row_net: value(amounts::trimmed(split.net, 2)),
                row_tax: value(split.tax),
            },
            nominal_code: Some(posting.nominal_code.clone()),
        })
    }

    /// Checks that a row can be added for the refund with this key.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub(super) fn allowed(&self, key: &str, credit: &'w Order) -> Result<(), String> {
        if !is_open(credit) {
            return Err("rows cannot be added to a credit that is closed or being closed".to_owned());
        }
        let payments = &self.context.payments;
        if let Some(payment) = payments.unexplained(&self.context.transactions, self.context.settled) {
            return Err(format!(
                "payment {} of {} on it does not record a successful refund",
                payment.payment_id,
                amounts::shown(payment.amount(), &payment.currency_code)
            ));
        }
        let mentioned = || credit.order_rows.values().flat_map(|row| keys::mentioned(&row.product_name));
        if self.existing.get_or_init(|| mentioned().collect()).contains(key) {
            return Err("an adjustment row was already added for this refund".to_owned());
        }
        Ok(())
    }
}
