use brightpearl::{ChannelId, ContactId, CurrencyCode, JournalId, NominalCode, OrderId, TaxCode};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::decimals::two_decimals;

/// A posted journal.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    pub(crate) id: JournalId,
    pub(crate) posting: Posting,
    pub(crate) created_on: Timestamp,
    /// The id of the first line. The other lines have the following ids.
    pub(crate) first_row: u64,
}

/// The content of a journal.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    /// `SI`, `SC`, `SR`, `SG`.
    pub(crate) kind: &'static str,
    pub(crate) date: Timestamp,
    pub(crate) order: OrderId,
    pub(crate) contact: Option<ContactId>,
    pub(crate) channel: Option<ChannelId>,
    pub(crate) invoice_reference: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) currency: CurrencyCode,
    /// Units of this currency per unit of the base currency.
    pub(crate) rate: Decimal,
    pub(crate) lines: Vec<Line>,
}

/// A debit or credit line of a posting.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) nominal: NominalCode,
    /// The amount in the posting's currency: positive for a debit, negative for a credit.
    pub(crate) debit: Decimal,
    pub(crate) tax_code: Option<TaxCode>,
}

impl Line {
    pub(crate) fn debit(nominal: impl Into<String>, amount: Decimal) -> Self {
        Self { nominal: NominalCode::new(nominal), debit: amount, tax_code: None }
    }

    pub(crate) fn credit(nominal: impl Into<String>, amount: Decimal) -> Self {
        Self::debit(nominal, -amount)
    }

    /// Returns the debit and the credit amount. One of them is none.
    pub(crate) fn sides(&self) -> (Option<Decimal>, Option<Decimal>) {
        let is_credit = self.debit.is_sign_negative();
        ((!is_credit).then_some(self.debit), is_credit.then_some(-self.debit))
    }
}

impl Posting {
    /// Converts an amount of the posting to the base currency.
    pub(crate) fn in_base_currency(&self, amount: Decimal) -> Decimal {
        two_decimals(if self.rate.is_zero() { amount } else { amount / self.rate })
    }
}
