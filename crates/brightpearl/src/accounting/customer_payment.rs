//! Customer payments: money received from and refunded to customers
//! (docs/evidence/brightpearl-accounting.md#customer-payments).
//!
//! ```
//! use brightpearl::{OrderId, accounting::{CustomerPaymentSearch, PaymentType, customer_payment}};
//!
//! let refunds = CustomerPaymentSearch::new().order(&OrderId::new(300955)).payment_type(&PaymentType::Payment);
//! let request = customer_payment::search(&refunds);
//! assert_eq!(
//!     request.to_string(),
//!     "GET /accounting-service/customer-payment-search?orderId=300955&paymentType=PAYMENT"
//! );
//! ```

#[cfg(feature = "client")]
use std::collections::{BTreeMap, BTreeSet};

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, OffsetDateTime, open_enum, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    IdSet,
    answer::{self, Created},
    ids::{CurrencyId, JournalId, OrderId, PaymentId, PaymentMethodCode},
    request::Request,
    search::{Page, Period, SearchQuery, searchable},
};

const CREATE: Endpoint =
    Endpoint::new(Method::Post, "/accounting-service/customer-payment", Idempotency::KeyedWrite);
const SEARCH: Endpoint =
    Endpoint::new(Method::Get, "/accounting-service/customer-payment-search", Idempotency::Read);
const DELETE: Endpoint = Endpoint::new(
    Method::Delete,
    "/accounting-service/customer-payment/{paymentId}",
    Idempotency::RepeatableWrite,
);

open_enum! {
    /// The direction and nature of a payment.
    pub enum PaymentType {
        /// Money from the customer.
        Receipt = "RECEIPT",
        /// Money to the customer: a refund.
        Payment = "PAYMENT",
        /// A hold on the customer's money.
        Auth = "AUTH",
        /// Taking a held amount.
        Capture = "CAPTURE",
        /// Letting a hold go.
        Void = "VOID",
    }
}

/// A payment to record on an order or a sales credit.
///
/// This does not move money: the gateway's refund comes first. The amount is in the order's currency and
/// positive; the type gives the direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewCustomerPayment {
    /// The caller's reference, at most 64 characters. The pair of it and the method code is unique; without
    /// it a payment that is sent twice is recorded twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_ref: Option<String>,
    /// The payment method. Brightpearl accepts a code that does not exist, and then makes no journal.
    pub payment_method_code: PaymentMethodCode,
    /// The direction.
    pub payment_type: PaymentType,
    /// The sales order or sales credit.
    pub order_id: OrderId,
    /// The order's currency.
    pub currency_iso_code: CurrencyCode,
    /// Units of order currency for one unit of base currency; Brightpearl's own rate when absent.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<Decimal>,
    /// The amount in the order's currency, positive.
    #[serde(with = "wire::decimal")]
    pub amount_paid: Decimal,
    /// When the money moved.
    pub payment_date: OffsetDateTime,
    /// The journal's description; Brightpearl cuts it at 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal_ref: Option<String>,
}

impl NewCustomerPayment {
    /// Creates a payment of this type for an order: the amount in the order's currency, positive.
    ///
    /// ```
    /// use brightpearl::{OrderId, accounting::{NewCustomerPayment, PaymentType, customer_payment}};
    ///
    /// let time: jiff::Timestamp = "2031-03-31T09:40:00Z".parse()?;
    /// let amount = "33.30".parse()?;
    /// let refund = NewCustomerPayment::new(PaymentType::Payment, OrderId::new(300955), "1210", amount, "GBP", time)
    ///     .keyed("RGO-T778120");
    /// let request = customer_payment::create(&refund);
    /// assert!(request.json().unwrap().contains(r#""amountPaid":33.3,"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        payment_type: PaymentType,
        order: OrderId,
        method: impl Into<PaymentMethodCode>,
        amount: Decimal,
        currency: impl Into<CurrencyCode>,
        date: impl Into<OffsetDateTime>,
    ) -> Self {
        Self {
            transaction_ref: None,
            payment_method_code: method.into(),
            payment_type,
            order_id: order,
            currency_iso_code: currency.into(),
            exchange_rate: None,
            amount_paid: amount,
            payment_date: date.into(),
            journal_ref: None,
        }
    }

    /// Sets the caller's reference, at most 64 characters: with it, a payment that is sent twice is recorded once.
    #[must_use]
    pub fn keyed(mut self, transaction_ref: impl Into<String>) -> Self {
        self.transaction_ref = Some(transaction_ref.into());
        self
    }

    /// Sets the journal's description; Brightpearl cuts it at 255 characters.
    #[must_use]
    pub fn journal_ref(mut self, description: impl Into<String>) -> Self {
        self.journal_ref = Some(description.into());
        self
    }

    /// Sets the units of order currency for one unit of base currency; without it Brightpearl uses its own rate.
    #[must_use]
    pub fn exchange_rate(mut self, rate: Decimal) -> Self {
        self.exchange_rate = Some(rate);
        self
    }
}

/// What makes a payment one and the same, whichever method it is under.
#[cfg(feature = "client")]
type Key = (OrderId, String);

#[cfg(feature = "client")]
impl NewCustomerPayment {
    fn key(&self) -> Option<Key> {
        Some((self.order_id, self.transaction_ref.clone()?))
    }
}

/// A payment as the search shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerPayment {
    /// The payment.
    pub payment_id: PaymentId,
    /// The caller's reference.
    #[serde(default, with = "wire::empty_is_none")]
    pub transaction_ref: Option<String>,
    /// Links captures and voids to their hold.
    #[serde(default, with = "wire::informational")]
    pub transaction_code: Option<String>,
    /// The payment method.
    #[serde(default, with = "wire::optional")]
    pub payment_method_code: Option<PaymentMethodCode>,
    /// The direction.
    pub payment_type: PaymentType,
    /// The sales order or sales credit.
    #[serde(default, with = "wire::optional")]
    pub order_id: Option<OrderId>,
    /// The currency's id; none when the currency is not set up.
    #[serde(default, with = "wire::informational")]
    pub currency_id: Option<CurrencyId>,
    /// The currency of the amounts.
    #[serde(deserialize_with = "wire::stated::deserialize")]
    pub currency_code: CurrencyCode,
    /// The held amount.
    #[serde(default, with = "wire::informational_decimal")]
    pub amount_authorized: Option<Decimal>,
    /// The amount. Its sign is not documented for refunds: take [`CustomerPayment::amount`].
    #[serde(with = "wire::decimal")]
    pub amount_paid: Decimal,
    /// When a hold ends.
    #[serde(default, with = "wire::informational")]
    pub expires: Option<OffsetDateTime>,
    /// When the money moved.
    #[serde(default, with = "wire::optional")]
    pub payment_date: Option<OffsetDateTime>,
    /// When it was recorded.
    #[serde(default, with = "wire::optional")]
    pub created_on: Option<OffsetDateTime>,
    /// The receipt journal; none when no method of that code had a bank account.
    #[serde(default, with = "wire::optional")]
    pub journal_id: Option<JournalId>,
}

impl CustomerPayment {
    /// Returns the amount without its sign; the direction is the type's
    /// (docs/evidence/brightpearl-accounting.md#payment-search).
    pub fn amount(&self) -> Decimal {
        self.amount_paid.abs()
    }
}

searchable! {
    /// Finds customer payments.
    pub struct CustomerPaymentSearch for CustomerPayment, at SEARCH {
        /// These payments.
        ids(IdSet<PaymentId>) = "paymentId",
        /// On this order.
        order(OrderId) = "orderId",
        /// On these orders.
        orders(IdSet<OrderId>) = "orderId",
        /// With this reference, exactly.
        transaction_ref(str) = "transactionRef",
        /// Belonging to the hold with this code.
        transaction_code(str) = "transactionCode",
        /// Under this method.
        payment_method(PaymentMethodCode) = "paymentMethodCode",
        /// Of this type.
        payment_type(PaymentType) = "paymentType",
        /// In this currency.
        currency(CurrencyCode) = "currencyCode",
        /// Of which the money moved in this period.
        payment_date(Period) = "paymentDate",
        /// Recorded in this period. There is no time of change: a payment never changes.
        created_on(Period) = "createdOn",
        /// Holds that end in this period.
        expires(Period) = "expires",
        /// With these receipt journals.
        journals(IdSet<JournalId>) = "journalId",
    }

    /// The columns of a search of payments, as [`CustomerPaymentSearch::columns`] takes them.
    pub enum CustomerPaymentColumn {
        PaymentId = "paymentId",
        TransactionRef = "transactionRef",
        TransactionCode = "transactionCode",
        PaymentMethodCode = "paymentMethodCode",
        PaymentType = "paymentType",
        OrderId = "orderId",
        CurrencyId = "currencyId",
        CurrencyCode = "currencyCode",
        AmountAuthorized = "amountAuthorized",
        AmountPaid = "amountPaid",
        Expires = "expires",
        PaymentDate = "paymentDate",
        CreatedOn = "createdOn",
        JournalId = "journalId",
    }

    key "paymentId" in payment_id: PaymentId;
    always "paymentType", "currencyCode", "amountPaid";
}

/// Records a payment. Keyed by `transactionRef`: without one, a lost response is ambiguous.
#[inline]
pub fn create(payment: &NewCustomerPayment) -> Request<Created<PaymentId>> {
    let request = Request::new(CREATE, &[], answer::created)
        .body(&OnTheWire(payment))
        .with_verification_hint("search the order's payments for its transactionRef");
    if payment.transaction_ref.is_some() { request } else { request.idempotency(Idempotency::UnkeyedWrite) }
}

/// Requests one page of payments.
#[inline]
pub fn search(search: &CustomerPaymentSearch) -> Request<Page<CustomerPayment>> {
    search.request()
}

/// Deletes a payment.
#[inline]
pub fn delete(payment: PaymentId) -> Request<()> {
    Request::new(DELETE, &[&payment], answer::nothing)
}

/// Payments want JSON numbers where the rest of Brightpearl takes strings
/// (docs/evidence/brightpearl-accounting.md#recording-a-payment).
struct OnTheWire<'a>(&'a NewCustomerPayment);

impl Serialize for OnTheWire<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            transaction_ref: &'a Option<String>,
            payment_method_code: &'a PaymentMethodCode,
            payment_type: &'a PaymentType,
            order_id: OrderId,
            currency_iso_code: &'a CurrencyCode,
            #[serde(skip_serializing_if = "Option::is_none", with = "wire::optional_decimal_number")]
            exchange_rate: Option<Decimal>,
            #[serde(with = "wire::decimal_number")]
            amount_paid: Decimal,
            payment_date: OffsetDateTime,
            #[serde(skip_serializing_if = "Option::is_none")]
            journal_ref: &'a Option<String>,
        }
        let payment = self.0;
        Body {
            transaction_ref: &payment.transaction_ref,
            payment_method_code: &payment.payment_method_code,
            payment_type: &payment.payment_type,
            order_id: payment.order_id,
            currency_iso_code: &payment.currency_iso_code,
            exchange_rate: payment.exchange_rate,
            amount_paid: payment.amount_paid,
            payment_date: payment.payment_date,
            journal_ref: &payment.journal_ref,
        }
        .serialize(serializer)
    }
}

/// The customer payments of an account: [`Client::customer_payments`](crate::Client::customer_payments).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct CustomerPayments<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl CustomerPayments<'_> {
    /// Records a payment, once: looks the reference up on the order before, and again whenever the response is
    /// lost or Brightpearl rejects the payment; returns an existing payment. Brightpearl's own check is by
    /// reference and method, so that a changed method would double a refund
    /// (docs/evidence/brightpearl-accounting.md#payment-uniqueness).
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn create(&self, payment: &NewCustomerPayment) -> Result<Created<PaymentId>, crate::Error> {
        if let Some(id) = self.find(payment).await? {
            return Ok(Created { id, already_existed: true });
        }
        crate::client::create_once(self.0, &create(payment), || self.find(payment)).await
    }

    /// Records payments, each once, ten per request: the results are in the order of the payments. Their
    /// references are looked up before, and uncertain ones after, as [`CustomerPayments::create`] does.
    /// Payments without a reference, and those with the reference of an earlier one, are sent one by one.
    pub async fn create_many(
        &self,
        payments: &[NewCustomerPayment],
    ) -> Vec<Result<Created<PaymentId>, crate::Error>> {
        let mut recorded = match self.recorded(payments).await {
            Ok(recorded) => recorded,
            Err(error) => return payments.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut keys = BTreeSet::new();
        let together: Vec<_> = payments
            .iter()
            .map(|payment| {
                let key = payment.key().filter(|key| !recorded.contains_key(key) && keys.insert(key.clone()));
                key.map(|_| create(payment))
            })
            .collect();
        let first = crate::client::create_together(self.0, &together).await;
        let since = self.0.uptime();
        let mut results = Vec::with_capacity(payments.len());
        for (payment, first) in payments.iter().zip(first) {
            let there = payment.key().and_then(|key| recorded.get(&key).copied());
            let result = match (there, first) {
                (Some(id), _) => Ok(Created { id, already_existed: true }),
                (None, Some(first)) => {
                    crate::client::settle(self.0, &create(payment), || self.find(payment), first, since).await
                }
                (None, None) => self.create(payment).await,
            };
            recorded.extend(payment.key().zip(result.as_ref().ok().map(|created| created.id)));
            results.push(result);
        }
        results
    }

    /// Searches for payments.
    pub fn search(&self, search: CustomerPaymentSearch) -> crate::client::Results<CustomerPaymentSearch> {
        crate::client::Results::new(self.0, search)
    }

    /// Deletes a payment.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn delete(&self, payment: PaymentId) -> Result<(), crate::Error> {
        self.0.send(&delete(payment)).await
    }

    /// Gets the payment with this one's reference on its order, under whichever method: a method that was changed
    /// between two attempts must not double the refund.
    async fn find(&self, payment: &NewCustomerPayment) -> Result<Option<PaymentId>, crate::Error> {
        let Some(reference) = &payment.transaction_ref else { return Ok(None) };
        let search = CustomerPaymentSearch::new().order(&payment.order_id).transaction_ref(reference);
        let found = self.search(search).all().await?;
        let same = found.into_iter().find(|found| found.transaction_ref.as_ref() == Some(reference));
        Ok(same.map(|found| found.payment_id))
    }

    /// Gets the payments on the orders of these that have a reference, by order and reference.
    async fn recorded(
        &self,
        payments: &[NewCustomerPayment],
    ) -> Result<BTreeMap<Key, PaymentId>, crate::Error> {
        let orders: IdSet<OrderId> =
            payments.iter().filter_map(|payment| payment.key()).map(|(order, _)| order).collect();
        let mut recorded = BTreeMap::new();
        for orders in orders.per_get() {
            let found = self.search(CustomerPaymentSearch::new().orders(&orders)).all().await?;
            recorded.extend(
                found
                    .into_iter()
                    .filter_map(|found| Some(((found.order_id?, found.transaction_ref?), found.payment_id))),
            );
        }
        Ok(recorded)
    }
}
