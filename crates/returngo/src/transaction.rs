//! Transactions: money that ReturnGO moved, or asked to be moved (docs/evidence/returngo.md#refund-transactions).

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
    /// What kind of movement it is. The amount is always positive: the type gives the direction.
    pub enum TransactionType {
        /// Money back to where it came from.
        RefundToPaymentMethod = "RefundToPaymentMethod",
        /// Store credit given.
        RefundToStoreCredit = "RefundToStoreCredit",
        /// Money from the shopper: a fee, a dearer variant.
        InvoicePayment = "InvoicePayment",
    }
}

open_enum! {
    /// How it went.
    pub enum TransactionStatus {
        /// Somebody else is to move the money.
        Requested = "Requested",
        /// The money moved.
        Success = "Success",
        /// The money did not move.
        Failed = "Failed",
    }
}

open_enum! {
    /// Who moved the money.
    pub enum Processor {
        /// The shop's platform.
        Shopify = "Shopify",
    }
}

open_enum! {
    /// What kind of reference the mover gave.
    pub enum ExternalReferenceType {
        /// The platform's refund.
        PlatformRefundId = "PlatformRefundId",
        /// The code that the shopper pays with.
        StoreCreditCode = "StoreCreditCode",
        /// The invoice that was paid.
        InvoicePaymentId = "InvoicePaymentId",
    }
}

/// A movement of money. Its reference may be a code that pays and never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// The movement.
    pub id: TransactionId,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: TransactionType,
    /// How it went.
    pub status: TransactionStatus,
    /// How much.
    pub amount: Money,
    /// Who moved it.
    #[serde(default, with = "wire::empty_is_none")]
    pub processor: Option<Processor>,
    /// The mover's own reference.
    #[serde(default, with = "wire::empty_is_none")]
    pub external_reference_id: Option<String>,
    /// What kind of reference that is.
    #[serde(default, with = "wire::empty_is_none")]
    pub external_reference_type: Option<ExternalReferenceType>,
    /// Where a bank transfer went.
    #[serde(default, with = "wire::informational")]
    pub bank_account_details: Option<BankAccountDetails>,
    /// The units it is for; empty for payments of an invoice.
    #[serde(default, with = "wire::null_is_default")]
    pub return_item_ids: Vec<ReturnedItemId>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When it last changed; unlike the RMA's own, this does move.
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
    /// Whether it gives money or credit to the shopper: every type whose name begins with `Refund`.
    pub fn is_refund(&self) -> bool {
        self.kind.as_str().starts_with("Refund")
    }

    /// Whether the money really moved.
    pub fn happened(&self) -> bool {
        self.status == TransactionStatus::Success
    }

    /// When it came to its present state.
    pub fn settled_at(&self) -> OffsetDateTime {
        self.last_updated.unwrap_or(self.created_at)
    }
}

/// A shopper's bank account. Never prints.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "the names say it")]
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
    /// What the shopper added.
    #[serde(with = "wire::informational")]
    pub comment: Option<String>,
}

impl fmt::Debug for BankAccountDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BankAccountDetails(hidden)")
    }
}

/// Which transactions to list; all of them unless it says otherwise. Rows name neither the RMA nor the order:
/// ask for those of an RMA, or look it up by [`Transaction::return_item_ids`].
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

    /// Moved by one of these.
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

    /// Changed at this time or later; the times of transactions do move, other than the RMAs' own.
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

/// A page of transactions.
#[inline]
pub fn list(filter: &TransactionFilter, cursor: Option<&Cursor>) -> Request<Page<Transaction>> {
    filter.parameters.page(LIST, None, cursor)
}

/// How a movement of money went that ReturnGO asked somebody else to make.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionOutcome {
    /// How it went.
    pub status: TransactionStatus,
    /// The mover's own reference. Never prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference_id: Option<String>,
    /// What kind of reference that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference_type: Option<ExternalReferenceType>,
}

impl fmt::Debug for TransactionOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionOutcome({})", self.status)
    }
}

/// Reports how a movement of money went. Only for those that ReturnGO asked for. The body is unconfirmed, by
/// symmetry with what is read (docs/evidence/returngo.md#transaction-outcomes): read it back.
/// `transaction::update(…).body(&other)` sends another one.
#[inline]
pub fn update(id: &TransactionId, outcome: &TransactionOutcome) -> Request<()> {
    Request::new(UPDATE, &[id], answer::nothing).body(outcome)
}

/// The movements of money of a shop's RMAs: [`Client::transactions`](crate::Client::transactions).
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy)]
pub struct Transactions<'c>(pub(crate) &'c crate::Client);

#[cfg(feature = "client")]
impl<'c> Transactions<'c> {
    /// The transactions that the filter lets through, page by page.
    pub const fn list(&self, filter: TransactionFilter) -> crate::client::Pages<'c, TransactionFilter> {
        crate::client::Pages::new(self.0, filter)
    }

    /// Which of these RMAs a transaction is of. Rows of the list say only which units they are for, and some say nothing
    /// (docs/evidence/returngo.md#transaction-list): so the RMAs are asked about 100 at a time, and the set
    /// that has it is halved. That is a call for every 100 RMAs, and seven or eight more once it is found.
    ///
    /// # Errors
    /// When a page cannot be had. A row that does not read is no error: it is passed over.
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

    /// Reports how a movement of money went. Unconfirmed, see [`update`].
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind).
    pub async fn update(&self, id: &TransactionId, outcome: &TransactionOutcome) -> Result<(), crate::Error> {
        self.0.send(&update(id, outcome)).await
    }
}
