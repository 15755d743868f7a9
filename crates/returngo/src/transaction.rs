//! Transactions: refunds and other payments that ReturnGO made or requested
//! (docs/evidence/returngo.md#refund-transactions).

use std::fmt;

use api_client_core::{OffsetDateTime, open_enum, wire};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Money, answer,
    ids::{ReturnedItemId, RmaId, ShopOrderId, TransactionId},
    page::{Cursor, Listable, Page, Parameters},
    request::{Endpoint, Idempotency, Method, Request},
};

const LIST: Endpoint = Endpoint::new(Method::Get, "/transactions", Idempotency::Read);
const UPDATE: Endpoint = Endpoint::new(Method::Put, "/transaction/{id}", Idempotency::RepeatableWrite);

open_enum! {
    /// The type of a transaction. The amount is always positive: the type gives the direction.
    pub enum TransactionType {
        /// A refund to the original payment method.
        RefundToPaymentMethod = "RefundToPaymentMethod",
        /// A refund as store credit.
        RefundToStoreCredit = "RefundToStoreCredit",
        /// A payment by the shopper: a fee, a more expensive variant.
        InvoicePayment = "InvoicePayment",
    }
}

open_enum! {
    /// The status.
    pub enum TransactionStatus {
        /// The merchant or another system has to make the payment.
        Requested = "Requested",
        /// The payment was made.
        Success = "Success",
        /// The payment failed.
        Failed = "Failed",
    }
}

open_enum! {
    /// The processor of a transaction.
    pub enum Processor {
        /// The shop's platform.
        Shopify = "Shopify",
    }
}

open_enum! {
    /// The kind of the processor's reference.
    pub enum ExternalReferenceType {
        /// The platform's refund.
        PlatformRefundId = "PlatformRefundId",
        /// The code that the shopper pays with.
        StoreCreditCode = "StoreCreditCode",
        /// The invoice that was paid.
        InvoicePaymentId = "InvoicePaymentId",
    }
}

/// A transaction. Its reference may be a code that can be redeemed, so it is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// The transaction.
    pub id: TransactionId,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: TransactionType,
    /// The status.
    pub status: TransactionStatus,
    /// The amount.
    pub amount: Money,
    /// The processor.
    #[serde(default, with = "wire::empty_is_none")]
    pub processor: Option<Processor>,
    /// The processor's reference.
    #[serde(default, with = "wire::empty_is_none")]
    pub external_reference_id: Option<String>,
    /// The kind of that reference.
    #[serde(default, with = "wire::empty_is_none")]
    pub external_reference_type: Option<ExternalReferenceType>,
    /// The account of a bank transfer.
    #[serde(default, with = "wire::informational")]
    pub bank_account_details: Option<BankAccountDetails>,
    /// The units it is for; empty for payments of an invoice.
    #[serde(default, with = "wire::null_is_default")]
    pub return_item_ids: Vec<ReturnedItemId>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When it last changed; unlike an RMA's, this time does change.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<OffsetDateTime>,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("amount", &self.amount)
            .field("processor", &self.processor)
            .field("external_reference_type", &self.external_reference_type)
            .field("return_item_ids", &self.return_item_ids)
            .field("created_at", &self.created_at)
            .field("last_updated", &self.last_updated)
            .finish_non_exhaustive()
    }
}

impl Transaction {
    /// Whether it is a refund in money or credit: every type whose name begins with `Refund`.
    pub fn is_refund(&self) -> bool {
        self.kind.as_str().starts_with("Refund")
    }

    /// Whether the payment was made.
    pub fn happened(&self) -> bool {
        self.status == TransactionStatus::Success
    }

    /// Returns when it reached its present status.
    pub fn settled_at(&self) -> OffsetDateTime {
        self.last_updated.unwrap_or(self.created_at)
    }
}

/// A shopper's bank account. Never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub struct BankAccountDetails {
    #[serde(with = "wire::informational")]
    pub iban: Option<String>,
    #[serde(with = "wire::informational")]
    pub first_name: Option<String>,
    #[serde(with = "wire::informational")]
    pub last_name: Option<String>,
    #[serde(with = "wire::informational")]
    pub branch_name: Option<String>,
    #[serde(with = "wire::informational")]
    pub branch_address: Option<String>,
    /// A note by the shopper.
    #[serde(with = "wire::informational")]
    pub comment: Option<String>,
}

impl fmt::Debug for BankAccountDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BankAccountDetails(hidden)")
    }
}

/// A filter for a list of transactions; all by default. Rows name neither RMA nor order: filter by RMA, or find
/// the RMA by [`Transaction::return_item_ids`].
///
/// ```
/// use returngo::transaction::{self, TransactionFilter};
///
/// let of_rma = TransactionFilter::new().rmas(["4410021".parse::<returngo::RmaId>()?]);
/// let request = transaction::list(&of_rma, None);
/// assert_eq!(request.to_string(), "GET /transactions?pagesize=500&rma_ids=4410021");
/// # Ok::<(), returngo::InvalidRmaId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransactionFilter {
    parameters: Parameters,
}

impl TransactionFilter {
    /// All transactions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of these RMAs.
    #[must_use]
    pub fn rmas(mut self, ids: impl IntoIterator<Item = RmaId>) -> Self {
        self.parameters.add_list("rma_ids", ids);
        self
    }

    /// Of these orders, by the platform's internal ids.
    #[must_use]
    pub fn orders(mut self, ids: impl IntoIterator<Item = ShopOrderId>) -> Self {
        self.parameters.add_list("order_ids", ids);
        self
    }

    /// These transactions.
    #[must_use]
    pub fn ids(mut self, ids: impl IntoIterator<Item = TransactionId>) -> Self {
        self.parameters.add_list("ids", ids);
        self
    }

    /// In one of these statuses.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = TransactionStatus>) -> Self {
        self.parameters.add_list("statuses", statuses);
        self
    }

    /// Of one of these types.
    #[must_use]
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = TransactionType>) -> Self {
        self.parameters.add_list("types", kinds);
        self
    }

    /// Of one of these processors.
    #[must_use]
    pub fn processors(mut self, processors: impl IntoIterator<Item = Processor>) -> Self {
        self.parameters.add_list("processors", processors);
        self
    }

    /// Created at this time or later.
    #[must_use]
    pub fn created_since(mut self, time: Timestamp) -> Self {
        self.parameters.add_bound("created_at", "gte", time);
        self
    }

    /// Changed at this time or later; unlike those of RMAs, these times do change.
    #[must_use]
    pub fn updated_since(mut self, time: Timestamp) -> Self {
        self.parameters.add_bound("updated_at", "gte", time);
        self
    }
}

impl Listable for TransactionFilter {
    type Row = Transaction;

    fn page(&self, cursor: Option<&Cursor>) -> Request<Page<Transaction>> {
        list(self, cursor)
    }
}

/// Requests a page of transactions.
#[inline]
pub fn list(filter: &TransactionFilter, cursor: Option<&Cursor>) -> Request<Page<Transaction>> {
    filter.parameters.page(LIST, None, cursor)
}

/// The outcome of a transaction that ReturnGO requested from another system.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionOutcome {
    /// The status.
    pub status: TransactionStatus,
    /// The processor's reference. Never printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference_id: Option<String>,
    /// The kind of that reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference_type: Option<ExternalReferenceType>,
}

impl fmt::Debug for TransactionOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionOutcome({})", self.status)
    }
}

/// Reports the outcome of a transaction. Only for those that ReturnGO requested. The body is unconfirmed and
/// follows the form that is read (docs/evidence/returngo.md#transaction-outcomes): read it back.
/// `transaction::update(…).body(&other)` sends another one.
#[inline]
pub fn update(id: &TransactionId, outcome: &TransactionOutcome) -> Request<()> {
    Request::new(UPDATE, &[id], answer::nothing).body(outcome)
}

/// The transactions of a shop's RMAs: [`Client::transactions`](crate::Client::transactions).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Transactions<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl Transactions<'_> {
    /// Lists the transactions that match the filter, page by page.
    pub fn list(&self, filter: TransactionFilter) -> crate::client::Pages<TransactionFilter> {
        crate::client::Pages::new(self.0, filter)
    }

    /// Finds which of these RMAs a transaction belongs to. Rows of the list name only the units, and some name
    /// none (docs/evidence/returngo.md#transaction-list). So this filters by 100 RMAs at a time and halves the
    /// set that has the transaction: a call for every 100 RMAs, and seven or eight more once it is found.
    ///
    /// # Errors
    /// When a page cannot be fetched. Invalid rows are ignored.
    pub async fn owner(&self, id: &TransactionId, among: &[RmaId]) -> Result<Option<RmaId>, crate::Error> {
        const TOGETHER: usize = 100;
        for mut set in among.chunks(TOGETHER) {
            if !self.is_of_one(id, set).await? {
                continue;
            }
            while set.len() > 1 {
                let (first, rest) = set.split_at(set.len() / 2);
                set = if self.is_of_one(id, first).await? { first } else { rest };
            }
            return Ok(set.first().cloned());
        }
        Ok(None)
    }

    async fn is_of_one(&self, id: &TransactionId, rmas: &[RmaId]) -> Result<bool, crate::Error> {
        let mut pages = self.list(TransactionFilter::new().rmas(rmas.iter().cloned()));
        while let Some(page) = pages.next_page().await? {
            if page.decoded().any(|transaction| transaction.id == *id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reports the outcome of a transaction. Unconfirmed, see [`update`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn update(&self, id: &TransactionId, outcome: &TransactionOutcome) -> Result<(), crate::Error> {
        self.0.send(&update(id, outcome)).await
    }
}
