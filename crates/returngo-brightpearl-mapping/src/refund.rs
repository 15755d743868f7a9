//! Refund → payment on the credit.
//!
//! Only money that ReturnGO says has moved is recorded, once, in the credit's currency, under a payment method
//! that is known to lead to a bank account. Brightpearl itself refuses neither a method that does not exist
//! nor a refund above the credit (docs/evidence/brightpearl-accounting.md#payment-rules), so both are refused here.

mod books;
mod manual_payment;
mod note;
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
    findings::about_transaction,
    keys,
    plan::{Review, ReviewCode, Warning, WarningCode},
    rma_facts::{self, Calendar},
    settings::ConnectionSettings,
    tender::{self, PostsTo},
    world::AccountFacts,
};

pub(crate) use books::{Books, tolerance, total};
pub(crate) use recording::{Refunding, record};

/// A payment to record, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentDraft {
    /// The payment.
    pub body: NewCustomerPayment,
    /// That Brightpearl will post it to the base currency's bank account.
    pub warning: Option<Warning>,
}

/// The payment that records a refund on a credit.
///
/// It says nothing about whether the refund is recorded already or fits the credit: [`plan`](fn@crate::plan) does.
///
/// # Errors
/// What to ask when the refund has no amount in the credit's currency, or no usable payment method.
pub fn payment_for(
    rma: &RmaId,
    refund: &Transaction,
    credit: &Order,
    account: &AccountFacts,
    settings: &ConnectionSettings,
) -> Result<PaymentDraft, Review> {
    let currency = &credit.currency.order_currency_code;
    let amount = amount_on(credit, refund)?;
    let tender = tender_for(refund, credit, account, settings)?;
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
    let warning = match &tender.posts_to {
        PostsTo::BaseCurrencyAccount(bank) => {
            let message = format!(
                "Payment method {} has no bank account for {currency}: Brightpearl posts to {bank}, its account for the \
                 base currency.",
                tender.method
            );
            Some(about_transaction(WarningCode::BaseCurrencyAccount, message, refund))
        }
        PostsTo::OwnAccount(_) | PostsTo::Nowhere => None,
    };
    Ok(PaymentDraft { body, warning })
}

/// Brightpearl cuts longer ones (docs/evidence/brightpearl-accounting.md#recording-a-payment).
const LONGEST_JOURNAL_REF: usize = 255;

/// What was refunded in the credit's currency, without a sign: the direction is the type's.
pub(crate) fn amount_on(credit: &Order, refund: &Transaction) -> Result<Decimal, Review> {
    let (id, currency) = (&refund.id, &credit.currency.order_currency_code);
    let amount = refund.amount.in_currency(currency).map(|amount| amount.abs());
    amount.and_then(|amount| amounts::payable(amount, currency)).ok_or_else(|| {
        let message = match amount {
            Some(amount) => format!(
                "Refund {id} is {amount} {currency}, which is no whole number of the currency's smallest units. Find out \
                 what was paid, and record it by hand."
            ),
            None => format!(
                "Refund {id} is in {}, sales credit {} is in {currency}. Find out what was paid in {currency}, and record \
                 it by hand.",
                amounts::currencies(&refund.amount),
                credit.id
            ),
        };
        about_transaction(ReviewCode::RefundCurrency, message, refund)
    })
}

fn tender_for(
    refund: &Transaction,
    credit: &Order,
    account: &AccountFacts,
    settings: &ConnectionSettings,
) -> Result<tender::Tender, Review> {
    let currency = &credit.currency.order_currency_code;
    let code = settings.tender(&refund.kind, currency).ok_or_else(|| {
        let message = format!(
            "No payment method is set for {} in {currency}. Name one under `tenders`: store credit is not paid from the \
             bank account of other refunds.",
            refund.kind
        );
        about_transaction(ReviewCode::TenderMissing, message, refund)
    })?;
    tender::resolve(code, currency, account).map_err(|error| {
        about_transaction(ReviewCode::TenderUnresolved, sentence(&error.to_string()), refund)
    })
}

fn sentence(text: &str) -> String {
    format!("The payment method of the refund cannot be used: {text}.")
}

/// The payment method of a code among the account's.
pub(crate) fn method<'a>(
    code: &PaymentMethodCode,
    account: &'a AccountFacts,
) -> Option<&'a brightpearl::accounting::PaymentMethod> {
    account.payment_methods.iter().find(|method| method.code.is(code))
}

/// A transaction of an RMA, and the key that its payment has.
pub(crate) struct Keyed<'w> {
    pub(crate) transaction: &'w Transaction,
    pub(crate) key: String,
}

/// The transactions of an RMA with their keys, in the order in which they were created, each once.
pub(crate) fn keyed_transactions(rma: &Rma) -> Vec<Keyed<'_>> {
    let key = |transaction: &Transaction| keys::refund(rma.id(), &transaction.id);
    let transactions = rma_facts::transactions(rma).into_iter();
    transactions.map(|transaction| Keyed { transaction, key: key(transaction) }).collect()
}

/// Whether money went to the shopper, recorded or not.
pub(crate) fn has_refunded(transactions: &[Keyed<'_>]) -> bool {
    transactions.iter().any(|keyed| {
        movement(keyed.transaction) == Movement::Refund && !keyed.transaction.amount.amount.is_zero()
    })
}

/// What a transaction means for the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Movement {
    /// Money or credit went to the shopper.
    Refund,
    /// Money is to go to the shopper.
    RefundRequested,
    /// Money came from the shopper.
    MoneyIn,
    /// Money is to come from the shopper.
    MoneyInRequested,
    /// No money moved.
    Failed,
    /// It cannot be told.
    Unknown,
}

/// Reads type and status of a transaction (docs/evidence/returngo.md#refund-transactions): the type gives the
/// direction, and only `Success` says that money moved.
pub(crate) fn movement(transaction: &Transaction) -> Movement {
    let refund = transaction.is_refund();
    if !refund && transaction.kind != TransactionType::InvoicePayment {
        return Movement::Unknown;
    }
    match (&transaction.status, refund) {
        (TransactionStatus::Success, true) => Movement::Refund,
        (TransactionStatus::Success, false) => Movement::MoneyIn,
        (TransactionStatus::Requested, true) => Movement::RefundRequested,
        (TransactionStatus::Requested, false) => Movement::MoneyInRequested,
        (TransactionStatus::Failed, _) => Movement::Failed,
        _ => Movement::Unknown,
    }
}
