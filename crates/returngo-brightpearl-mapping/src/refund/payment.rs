//! The payment that records a refund.

use brightpearl::{
    accounting::{NewCustomerPayment, PaymentType},
    order::Order,
};
use returngo::{RmaId, Transaction};
use rust_decimal::Decimal;

use super::keyed_transaction::amount_on;
use crate::{
    keys,
    plan::{Review, Warning, WarningCode},
    rma_facts::Calendar,
    settings::ConnectionSettings,
    tender::{self, PostingTarget, Tender},
    world::AccountFacts,
};

/// A payment to record, with its warning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentDraft {
    /// The payment.
    pub body: NewCustomerPayment,
    /// A warning if Brightpearl will post the payment to the base currency's bank account.
    pub warning: Option<Warning>,
}

/// Returns the payment that records a refund on a credit.
///
/// Does not check whether the refund is recorded already or exceeds the credit: [`plan`](fn@crate::plan) does.
///
/// # Errors
/// A review if the refund has no amount in the credit's currency, or no usable payment method.
pub fn payment_for(
    rma: &RmaId,
    refund: &Transaction,
    credit: &Order,
    account: &AccountFacts,
    settings: &ConnectionSettings,
) -> Result<PaymentDraft, Box<Review>> {
    let amount = amount_on(credit, refund, &keys::refund(rma, &refund.id))?;
    let tender = tender::for_refund(refund, &credit.currency.order_currency_code, account, settings)?;
    Ok(RefundPayment { rma, refund, credit, account, settings }.draft(amount, &tender))
}

/// A refund and the credit on which it is to be recorded.
pub(super) struct RefundPayment<'a> {
    pub(super) rma: &'a RmaId,
    pub(super) refund: &'a Transaction,
    pub(super) credit: &'a Order,
    pub(super) account: &'a AccountFacts,
    pub(super) settings: &'a ConnectionSettings,
}

impl RefundPayment<'_> {
    /// Returns the payment for a refund of this amount in the credit's currency.
    pub(super) fn draft(&self, amount: Decimal, tender: &Tender) -> PaymentDraft {
        let Self { rma, refund, credit, account, settings } = *self;
        let currency = &credit.currency.order_currency_code;
        let reference = refund.external_reference_id.as_deref().unwrap_or(refund.id.as_str());
        let journal_ref = format!("{}{rma} refund {reference}", settings.customer_reference_prefix);
        let fixed_rate = credit.currency.exchange_rate.filter(|_| credit.currency.fixed_exchange_rate);
        let body = NewCustomerPayment {
            transaction_ref: Some(keys::refund(rma, &refund.id)),
            payment_method_code: tender.method.clone(),
            payment_type: PaymentType::Payment,
            order_id: credit.id,
            currency_iso_code: currency.clone(),
            exchange_rate: fixed_rate,
            amount_paid: amount,
            payment_date: Calendar::of(account).local(refund.settled_at()),
            journal_ref: Some(journal_ref.chars().take(LONGEST_JOURNAL_REF).collect()),
        };
        let warning = match &tender.posting_target {
            PostingTarget::BaseCurrencyAccount(bank) => {
                let message = format!(
                    "Payment method {} has no bank account for {currency}. Brightpearl posts the payment to {bank}, its account \
                     for the base currency.",
                    tender.method
                );
                Some(Warning::about(WarningCode::BaseCurrencyAccount, message, refund))
            }
            PostingTarget::OwnAccount(_) | PostingTarget::Nowhere => None,
        };
        PaymentDraft { body, warning }
    }
}

/// Brightpearl truncates longer references (docs/evidence/brightpearl-accounting.md#recording-a-payment).
const LONGEST_JOURNAL_REF: usize = 255;
