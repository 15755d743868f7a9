//! Refunds as payments on the credit.
//!
//! Only successful refunds are recorded, once, in the credit's currency and with a payment method that the account has.
//! Brightpearl accepts payment methods that do not exist and refunds above the credit
//! (docs/evidence/brightpearl-accounting.md#payment-rules), so both are rejected here.

mod adjustment;
mod credit_payments;
mod manual_payment;
mod note;
mod questions;
mod recording;

use brightpearl::{
    PaymentMethodCode,
    accounting::{NewCustomerPayment, PaymentType},
    order::Order,
};
use returngo::{Rma, RmaId, Transaction, TransactionStatus, TransactionType};
use rust_decimal::Decimal;

use crate::{
    amounts,
    findings::Findings,
    keys,
    plan::{Review, ReviewCode, Warning, WarningCode},
    rma_facts::{self, Calendar},
    settings::ConnectionSettings,
    tender::{self, PostingTarget},
    world::AccountFacts,
};

pub(crate) use credit_payments::{CreditPayments, tolerance, total};
pub(crate) use recording::{RefundContext, record};

/// A payment to record, with its warning.
#[derive(Debug, Clone, PartialEq, Eq)]
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
) -> Result<PaymentDraft, Review> {
    let amount = amount_on(credit, refund)?;
    RefundPayment { rma, refund, credit, account, settings, method: None }.draft(amount)
}

/// A refund and the credit on which it is to be recorded.
struct RefundPayment<'a> {
    rma: &'a RmaId,
    refund: &'a Transaction,
    credit: &'a Order,
    account: &'a AccountFacts,
    settings: &'a ConnectionSettings,
    /// The payment method that a person chose.
    method: Option<&'a str>,
}

impl RefundPayment<'_> {
    /// Returns the payment for a refund of this amount in the credit's currency.
    fn draft(&self, amount: Decimal) -> Result<PaymentDraft, Review> {
        let Self { rma, refund, credit, account, settings, .. } = *self;
        let currency = &credit.currency.order_currency_code;
        let tender = self.tender()?;
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
        Ok(PaymentDraft { body, warning })
    }

    fn tender(&self) -> Result<tender::Tender, Review> {
        let refund = self.refund;
        let currency = &self.credit.currency.order_currency_code;
        let code = self.method.or_else(|| self.settings.tender(&refund.kind, currency)).ok_or_else(|| {
            let message = format!(
                "No payment method is configured for {} in {currency}. Add one to `tenders`: only RefundToPaymentMethod is paid \
                 from the account of `refund_method_code`.",
                refund.kind
            );
            Review::about_transaction(ReviewCode::TenderMissing, message, refund)
        })?;
        tender::resolve(code, currency, self.account).map_err(|error| {
            Review::about_transaction(
                ReviewCode::TenderUnresolved,
                format!("Invalid payment method for the refund: {error}."),
                refund,
            )
        })
    }
}

/// Brightpearl truncates longer references (docs/evidence/brightpearl-accounting.md#recording-a-payment).
const LONGEST_JOURNAL_REF: usize = 255;

/// Returns the refunded amount in the credit's currency, without a sign: the transaction's type gives the direction.
fn amount_on(credit: &Order, refund: &Transaction) -> Result<Decimal, Review> {
    let (id, currency) = (&refund.id, &credit.currency.order_currency_code);
    let amount = refund.amount.in_currency(currency).map(|amount| amount.abs());
    amount.and_then(|amount| amounts::payable(amount, currency)).ok_or_else(|| {
        let message = match amount {
            Some(amount) => format!(
                "The amount of refund {id} is {amount} {currency}, which cannot be paid in {currency}. Determine the amount \
                 that was paid, and record it manually."
            ),
            None => format!(
                "Refund {id} is in {}, but sales credit {} is in {currency}. Determine the amount in {currency}, and record \
                 it manually.",
                amounts::currencies(&refund.amount),
                credit.id
            ),
        };
        Review::about_transaction(ReviewCode::RefundCurrency, message, refund)
    })
}

/// Returns the account's payment method with this code.
pub(crate) fn method<'a>(
    code: &PaymentMethodCode,
    account: &'a AccountFacts,
) -> Option<&'a brightpearl::accounting::PaymentMethod> {
    account.payment_methods.iter().find(|method| method.code.is(code))
}

/// A transaction of an RMA with everything that the plan derives from it.
pub(crate) struct KeyedTransaction<'w> {
    pub(crate) transaction: &'w Transaction,
    /// The key of the payment that records it.
    pub(crate) key: String,
    pub(crate) flow: MoneyFlow,
    /// The amount in the credit's currency, or the review that asks for it. `None` without a credit.
    amount: Option<Result<Decimal, Review>>,
}

impl KeyedTransaction<'_> {
    /// Returns the amount in the credit's currency, if there is a credit and the amount is known in its currency.
    pub(crate) fn known_amount(&self) -> Option<Decimal> {
        self.amount.as_ref()?.as_ref().ok().copied()
    }

    /// Returns the amount in the credit's currency, or the review that asks for it.
    fn amount_on(&self, credit: &Order) -> Result<Decimal, Review> {
        self.amount.clone().unwrap_or_else(|| amount_on(credit, self.transaction))
    }
}

/// Returns the transactions of an RMA in the order of their creation, each once. An amount that ReturnGO does not report in the
/// credit's currency is the one that a person decided, at most `limit`.
pub(crate) fn keyed_transactions<'w>(
    rma: &'w Rma,
    credit: Option<&Order>,
    limit: Decimal,
    findings: &Findings,
) -> Vec<KeyedTransaction<'w>> {
    let keyed = |transaction: &'w Transaction| {
        let mut keyed = KeyedTransaction {
            transaction,
            key: keys::refund(rma.id(), &transaction.id),
            flow: money_flow(transaction),
            amount: credit.map(|credit| amount_on(credit, transaction)),
        };
        if let (Some(credit), Some(Err(review))) = (credit, keyed.amount.clone()) {
            let currency = &credit.currency.order_currency_code;
            let review = questions::offering_amount(review, &keyed, currency);
            keyed.amount = Some(findings.decisions().answer(review, |choice| {
                let amount = amounts::typed_in(choice, currency)?;
                let shown = |amount| amounts::shown(amount, currency);
                let is_within = amount <= limit;
                is_within.then_some(amount).ok_or_else(|| {
                    format!("{} is above the order's total of {}", shown(amount), shown(limit))
                })
            }));
        }
        keyed
    };
    rma_facts::transactions(rma).into_iter().map(keyed).collect()
}

/// Whether money was returned to the shopper, recorded or not.
pub(crate) fn has_refunded(transactions: &[KeyedTransaction<'_>]) -> bool {
    transactions
        .iter()
        .any(|keyed| keyed.flow == MoneyFlow::Refund && !keyed.transaction.amount.amount.is_zero())
}

/// The effect of a transaction on the shopper's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MoneyFlow {
    /// Money or store credit was returned to the shopper.
    Refund,
    /// A refund was requested.
    RefundRequested,
    /// The shopper paid.
    MoneyIn,
    /// A payment by the shopper was requested.
    MoneyInRequested,
    /// No money was transferred.
    Failed,
    /// The type or status is unknown.
    Unknown,
}

/// Classifies a transaction by type and status (docs/evidence/returngo.md#refund-transactions). The type gives the
/// direction; money was transferred only if the status is `Success`.
pub(crate) fn money_flow(transaction: &Transaction) -> MoneyFlow {
    let refund = transaction.is_refund();
    if !refund && transaction.kind != TransactionType::InvoicePayment {
        return MoneyFlow::Unknown;
    }
    match (&transaction.status, refund) {
        (TransactionStatus::Success, true) => MoneyFlow::Refund,
        (TransactionStatus::Success, false) => MoneyFlow::MoneyIn,
        (TransactionStatus::Requested, true) => MoneyFlow::RefundRequested,
        (TransactionStatus::Requested, false) => MoneyFlow::MoneyInRequested,
        (TransactionStatus::Failed, _) => MoneyFlow::Failed,
        _ => MoneyFlow::Unknown,
    }
}
