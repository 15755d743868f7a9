//! Transactions: money that ReturnGO moved, or asked to be moved (returngo.md §3.7).

use std::fmt;

use api_client_core::{OffsetDateTime, open_enum, wire};
use serde::{Deserialize, Serialize};

use crate::{
    Money,
    ids::{ReturnedItemId, TransactionId},
};

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
    #[serde(default)]
    pub bank_account_details: Option<BankAccountDetails>,
    /// The units it is for; empty for payments of an invoice.
    #[serde(default, with = "wire::null_is_default")]
    pub return_item_ids: Vec<ReturnedItemId>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When it last changed; unlike the RMA's own, this does move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

/// A shopper's bank account, as it came. Never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BankAccountDetails(serde_json::Value);

impl fmt::Debug for BankAccountDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BankAccountDetails(hidden)")
    }
}
