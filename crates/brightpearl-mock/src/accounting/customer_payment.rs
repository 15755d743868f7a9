//! Customer payments: record, search, delete (docs/evidence/brightpearl-accounting.md#customer-payments).

use api_client_core::wire;
use brightpearl::{
    CurrencyCode, JournalId, NominalCode, OffsetDateTime, OrderId, PaymentId, PaymentMethodCode,
    accounting::{CustomerPayment, PaymentType},
    order::OrderTypeCode,
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::{
    accounting_period,
    journal::{self, DEBTORS},
    payment_method::bank_account,
};
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    order::received_or_paid,
    records::{Line, Posting},
    search::{Column, Kind, Table, no_names},
    state::Account,
    text,
};

type PaymentColumn = Column<CustomerPayment>;

/// The columns as Brightpearl returns them (docs/evidence/brightpearl-accounting.md#payment-search). Only four of
/// them can be sorted by.
const PAYMENTS: Table<CustomerPayment> = Table {
    columns: &[
        PaymentColumn::new("paymentId", Kind::IdSet, |payment| json!(payment.payment_id)),
        PaymentColumn::new("transactionRef", Kind::Text, |payment| json!(payment.transaction_ref))
            .unsortable(),
        PaymentColumn::new("transactionCode", Kind::Text, |payment| json!(payment.transaction_code))
            .unsortable(),
        PaymentColumn::new("paymentMethodCode", Kind::Text, |payment| json!(payment.payment_method_code))
            .unsortable(),
        PaymentColumn::new("paymentType", Kind::Text, |payment| json!(payment.payment_type)).unsortable(),
        PaymentColumn::new("orderId", Kind::IdSet, |payment| json!(payment.order_id)).unsortable(),
        PaymentColumn::new("currencyId", Kind::IdSet, |payment| json!(payment.currency_id)).unsortable(),
        PaymentColumn::new("currencyCode", Kind::Text, |payment| json!(payment.currency_code)).unsortable(),
        PaymentColumn::new("amountAuthorized", Kind::Text, |payment| text(payment.amount_authorized))
            .unsortable(),
        PaymentColumn::new("amountPaid", Kind::Text, |payment| text(payment.amount_paid)).unsortable(),
        PaymentColumn::new("expires", Kind::Period, |payment| json!(payment.expires)).unsortable(),
        PaymentColumn::new("paymentDate", Kind::Period, |payment| json!(payment.payment_date)),
        PaymentColumn::new("createdOn", Kind::Period, |payment| json!(payment.created_on)),
        PaymentColumn::new("journalId", Kind::IdSet, |payment| json!(payment.journal_id)),
    ],
    sort: "paymentId",
};

/// `GET /customer-payment-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let mut found = candidates(account, call);
    found.retain(|payment| call.is_indexed(payment.created_on));
    if !call.switches.payments_out_are_negative {
        return PAYMENTS.search(found.into_iter(), call, &no_names);
    }
    let signed: Vec<CustomerPayment> = found
        .into_iter()
        .cloned()
        .map(|mut payment| {
            if payment.payment_type == PaymentType::Payment {
                payment.amount_paid = -payment.amount_paid;
            }
            payment
        })
        .collect();
    PAYMENTS.search(signed.iter(), call, &no_names)
}

/// Selects the payments for a search by order, if the request filters by order.
fn candidates<'a>(account: &'a Account, call: &Call<'_>) -> Vec<&'a CustomerPayment> {
    match call.filtered_ids("orderId").filter(|orders| orders.len() <= account.orders.len() as u64) {
        Some(orders) => {
            let mut found: Vec<_> =
                orders.iter().flat_map(|order| account.payments_on(OrderId::new(order))).collect();
            found.sort_by_key(|payment| payment.payment_id);
            found
        }
        None => account.payments.values().collect(),
    }
}

/// The body of a payment POST.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewPayment {
    pub(crate) transaction_ref: Option<String>,
    pub(crate) transaction_code: Option<String>,
    pub(crate) payment_method_code: Option<PaymentMethodCode>,
    pub(crate) payment_type: Option<PaymentType>,
    pub(crate) order_id: Option<OrderId>,
    pub(crate) currency_iso_code: Option<CurrencyCode>,
    #[serde(default, with = "wire::optional_decimal")]
    pub(crate) exchange_rate: Option<Decimal>,
    #[serde(default, with = "wire::optional_decimal")]
    pub(crate) amount_authorized: Option<Decimal>,
    #[serde(default, with = "wire::optional_decimal")]
    pub(crate) amount_paid: Option<Decimal>,
    pub(crate) authorization_expiry: Option<OffsetDateTime>,
    pub(crate) journal_id: Option<JournalId>,
    pub(crate) journal_ref: Option<String>,
    pub(crate) payment_date: Option<OffsetDateTime>,
}

/// `POST /customer-payment`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    record(account, call.body()?, call.now).map(Answer::of)
}

/// Records a payment, with a journal if the payment method has a bank account.
pub(crate) fn record(account: &mut Account, new: NewPayment, now: Timestamp) -> Result<PaymentId, Problem> {
    let CheckedPayment { order, method, kind, currency, date } = check(account, &new)?;
    refuse_duplicate(account, &new, &method)?;

    let makes_journal = matches!(kind, PaymentType::Receipt | PaymentType::Payment | PaymentType::Capture);
    let bank = bank_account(account, &method, &currency).cloned();
    if makes_journal
        && account.switches.locked_books_refuse_payments
        && !accounting_period::is_open(account, date.timestamp())
    {
        let message = format!("The accounting period of paymentDate {date} is closed");
        return Err(Problem::client(placeholder_codes::ACCOUNTING_PERIOD, message));
    }
    let journal_id = match (new.journal_id, bank) {
        (Some(given), _) => Some(given),
        (None, Some(bank)) if makes_journal => {
            let posting = receipt(account, &new, order, &kind, currency.clone(), date.timestamp(), bank);
            journal::post(account, posting, now)
        }
        _ => None,
    };
    let payment_id = PaymentId::new(account.next_ids.payment.next());
    let holds = matches!(kind, PaymentType::Auth | PaymentType::Void);
    let payment = CustomerPayment {
        payment_id,
        transaction_ref: new.transaction_ref,
        transaction_code: new.transaction_code,
        payment_method_code: Some(method),
        order_id: Some(order),
        currency_id: account.currency(&currency).map(|currency| currency.id),
        currency_code: currency,
        amount_authorized: Some(cents(new.amount_authorized.filter(|_| holds))),
        amount_paid: cents(new.amount_paid.filter(|_| !holds)),
        expires: new
            .authorization_expiry
            .filter(|_| kind == PaymentType::Auth)
            .map(|time| account.local(time.timestamp())),
        payment_type: kind,
        payment_date: Some(account.local(date.timestamp())),
        created_on: Some(account.local(now)),
        journal_id,
    };
    account.insert_payment(payment);
    received_or_paid(account, order, now);
    Ok(payment_id)
}

/// Builds the posting of a payment. A refund has the opposite sign of a receipt
/// (docs/evidence/brightpearl-accounting.md#journals).
fn receipt(
    account: &Account,
    new: &NewPayment,
    order: OrderId,
    kind: &PaymentType,
    currency: CurrencyCode,
    date: Timestamp,
    bank: NominalCode,
) -> Posting {
    let amount = cents(new.amount_paid);
    let amount = if *kind == PaymentType::Payment { -amount } else { amount };
    let of_order = account.orders.get(&order);
    let own_rate = of_order.and_then(|order| order.currency.exchange_rate);
    Posting {
        kind: "SR",
        date,
        order,
        contact: of_order.and_then(|order| order.parties.customer.as_ref()?.contact_id),
        channel: of_order.and_then(|order| order.assignment.current.channel_id),
        invoice_reference: None,
        description: new.journal_ref.as_ref().map(|text| text.chars().take(MAX_JOURNAL_REFERENCE).collect()),
        currency,
        rate: new.exchange_rate.or(own_rate).unwrap_or(Decimal::ONE),
        lines: vec![Line::debit(bank.as_str(), amount), Line::credit(DEBTORS, amount)],
    }
}

/// The required fields of a payment.
struct CheckedPayment {
    order: OrderId,
    method: PaymentMethodCode,
    kind: PaymentType,
    currency: CurrencyCode,
    date: OffsetDateTime,
}

const MAX_REFERENCE: usize = 64;
/// A longer reference is truncated.
const MAX_JOURNAL_REFERENCE: usize = 255;
const MAX_METHOD_CODE: usize = 36;

fn check(account: &Account, new: &NewPayment) -> Result<CheckedPayment, Problem> {
    let refuse = |message: String| Problem::client(placeholder_codes::PAYMENT, message);
    let missing = |name: &str| refuse(format!("{name} is required"));
    let order_id = new.order_id.ok_or_else(|| missing("orderId"))?;
    let method = new.payment_method_code.clone().filter(|code| !code.as_str().is_empty());
    let method = method.ok_or_else(|| missing("paymentMethodCode"))?;
    let kind = new.payment_type.clone().ok_or_else(|| missing("paymentType"))?;
    let currency = new.currency_iso_code.clone().ok_or_else(|| missing("currencyIsoCode"))?;
    let date = new.payment_date.ok_or_else(|| missing("paymentDate"))?;

    if method.as_str().chars().count() > MAX_METHOD_CODE {
        return Err(refuse(format!("paymentMethodCode has more than {MAX_METHOD_CODE} characters")));
    }
    for (name, text) in [("transactionRef", &new.transaction_ref), ("transactionCode", &new.transaction_code)]
    {
        if text.as_ref().is_some_and(|text| text.chars().count() > MAX_REFERENCE) {
            return Err(refuse(format!("{name} has more than {MAX_REFERENCE} characters")));
        }
    }
    let is_inactive = account.payment_method(&method).is_some_and(|method| !method.is_active);
    if is_inactive && account.switches.inactive_methods_refuse_payments {
        return Err(refuse(format!("The payment method {method} is not active")));
    }
    if matches!(kind, PaymentType::Other(_)) {
        return Err(refuse(format!(
            "paymentType {kind} is not one of AUTH, CAPTURE, PAYMENT, RECEIPT, VOID"
        )));
    }
    if !currency.is_well_formed() {
        return Err(refuse(format!("currencyIsoCode {currency} does not have three letters")));
    }
    if new.exchange_rate.is_some_and(|rate| rate <= Decimal::ZERO) {
        return Err(refuse("exchangeRate must be above 0".to_owned()));
    }
    if new.amount_paid.into_iter().chain(new.amount_authorized).any(|amount| amount.is_sign_negative()) {
        return Err(refuse("Amounts must not be negative: the type gives the direction".to_owned()));
    }
    let order = account.orders.get(&order_id);
    let order = order.filter(|order| {
        matches!(order.order_type_code, OrderTypeCode::SalesOrder | OrderTypeCode::SalesCredit)
    });
    let order = order.ok_or_else(|| refuse(format!("There is no sales order or sales credit {order_id}")))?;
    if order.currency.order_currency_code != currency {
        let expected = &order.currency.order_currency_code;
        return Err(refuse(format!("The currency of order {order_id} is {expected}, not {currency}")));
    }
    Ok(CheckedPayment { order: order_id, method, kind, currency, date })
}

/// Rejects a second payment with the same reference and method. Payments without a reference are not checked
/// (docs/evidence/brightpearl-accounting.md#payment-uniqueness).
fn refuse_duplicate(account: &Account, new: &NewPayment, method: &PaymentMethodCode) -> Result<(), Problem> {
    let Some(reference) = &new.transaction_ref else { return Ok(()) };
    if account.index.has_payment(reference, method) {
        let message = format!("transactionRef {reference} exists already for payment method {method}");
        return Err(Problem::new(
            account.switches.duplicate_payment_status,
            placeholder_codes::DUPLICATE_PAYMENT,
            message,
        ));
    }
    Ok(())
}

fn cents(amount: Option<Decimal>) -> Decimal {
    let mut amount = amount.unwrap_or_default();
    amount.rescale(2);
    amount
}

/// `DELETE /customer-payment/{id}`: the search no longer returns the payment. That its journal is deleted too is an
/// assumption.
pub(crate) fn delete(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let id: PaymentId = call.id(0)?;
    let payment =
        account.remove_payment(id).ok_or_else(|| Problem::not_found(format!("Cannot find payment: {id}")))?;
    if let Some(journal) = payment.journal_id.filter(|_| !call.switches.deleted_payments_keep_their_journal) {
        account.journals.remove(&journal);
    }
    if let Some(order) = payment.order_id {
        received_or_paid(account, order, call.now);
    }
    Ok(Answer::nothing())
}
