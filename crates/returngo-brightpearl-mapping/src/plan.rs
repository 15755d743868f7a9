//! The answer of the mapping: what to do, what to ask a person, and how the return stands.

use std::fmt;

use brightpearl::{
    CurrencyCode, OrderId, OrderRowId, Patch,
    accounting::NewCustomerPayment,
    order::{NewOrderNote, NewOrderRow, NewSalesCredit, OrderStockStatusCode, StatusChange},
};
use returngo::{ReturnedItemId, RmaStatus, ShipmentId, ShipmentUpdate, TransactionId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What to do about an RMA now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What to write, in the order in which it must be written.
    pub effects: Vec<Effect>,
    /// What a person has to decide.
    pub reviews: Vec<Review>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// How the return stands.
    pub state: ReturnState,
}

impl Plan {
    /// Whether there is nothing to write. There may still be something to ask.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }
}

/// One thing to write, in one of the two systems.
///
/// Its key is the same whenever it is planned for the same reason: whoever applies plans remembers the keys
/// that were applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Effect {
    /// Create the RMA's sales credit.
    CreateSalesCredit {
        /// The credit's `externalRef`.
        key: String,
        /// The credit.
        body: Box<NewSalesCredit>,
    },
    /// Add a row to the credit, for a refund above it.
    AddOrderRow {
        /// The key of this write.
        key: String,
        /// The credit.
        order_id: OrderId,
        /// The row; its name carries the refund's key.
        body: NewOrderRow,
    },
    /// Record a refund on the credit.
    RecordPayment {
        /// The payment's `transactionRef`.
        key: String,
        /// The credit.
        order_id: OrderId,
        /// The payment, amount as a string; on the wire Brightpearl wants a number.
        body: NewCustomerPayment,
    },
    /// Write a note on the credit, or on the order while there is no credit.
    AddOrderNote {
        /// The key of this write.
        key: String,
        /// The credit or the order.
        order_id: OrderId,
        /// The note; its text carries the transaction's key.
        body: NewOrderNote,
    },
    /// Close the credit.
    CloseSalesCredit {
        /// The key of this write.
        key: String,
        /// The credit.
        order_id: OrderId,
        /// Nothing.
        body: Empty,
    },
    /// Set the credit's status.
    SetOrderStatus {
        /// The key of this write.
        key: String,
        /// The credit.
        order_id: OrderId,
        /// The status.
        body: StatusChange,
    },
    /// Set custom fields of the credit, which cannot be given when it is created.
    SetCustomFields {
        /// The key of this write.
        key: String,
        /// The credit.
        order_id: OrderId,
        /// The fields that are not set yet, for `PATCH …/custom-field`.
        body: Patch,
    },
    /// Move a return shipment.
    UpdateShipment {
        /// The key of this write.
        key: String,
        /// The parcel.
        shipment_id: ShipmentId,
        /// Its new status.
        body: ShipmentUpdate,
    },
    /// Set the RMA's status.
    SetRmaStatus {
        /// The key of this write.
        key: String,
        /// The status.
        body: RmaStatusUpdate,
    },
    /// Write a comment on the RMA.
    AddRmaComment {
        /// The key of this write; the comment carries it.
        key: String,
        /// The comment.
        body: RmaComment,
    },
}

impl Effect {
    /// The key of this write.
    pub fn key(&self) -> &str {
        match self {
            Self::CreateSalesCredit { key, .. }
            | Self::AddOrderRow { key, .. }
            | Self::RecordPayment { key, .. }
            | Self::AddOrderNote { key, .. }
            | Self::CloseSalesCredit { key, .. }
            | Self::SetOrderStatus { key, .. }
            | Self::SetCustomFields { key, .. }
            | Self::UpdateShipment { key, .. }
            | Self::SetRmaStatus { key, .. }
            | Self::AddRmaComment { key, .. } => key,
        }
    }
}

/// The body of a write that says everything by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}

/// A new status of an RMA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RmaStatusUpdate {
    /// The status.
    pub status: RmaStatus,
}

/// A comment on an RMA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RmaComment {
    /// The text, HTML-escaped.
    pub html_text: String,
}

/// Something that a person has to decide. Nothing is planned for that part; the rest of the plan goes on.
pub type Review = Finding<ReviewCode>;

/// Something that a person should know.
pub type Warning = Finding<WarningCode>;

/// What the mapping tells a person: a [`Review`] or a [`Warning`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding<C> {
    /// What kind of thing.
    pub code: C,
    /// What is the matter, with the facts, and what to do where something is to be done.
    pub message: String,
    /// The units concerned, lowest id first.
    pub item_ids: Vec<ReturnedItemId>,
    /// The transactions concerned, lowest id first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transaction_ids: Vec<TransactionId>,
}

/// Why a person is asked.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ReviewCode {
    /// No sales order was found for the RMA. The credit waits.
    OrderNotFound,
    /// Several sales orders match the RMA. The credit waits.
    OrderAmbiguous,
    /// The sales order is cancelled. The credit waits.
    OrderCancelled,
    /// The sales order is that of another shop order. The credit waits.
    OrderMismatch,
    /// The credits of the order would exceed a row of it or its total. The credit waits.
    ExceedsOrder,
    /// A credit that we did not make exists for the order, or carries our key. The credit waits.
    ForeignCredit,
    /// No row of the order fits a unit. The unit waits.
    UnmatchedItem,
    /// The rows that fit a unit are credited already. The unit waits.
    AlreadyCredited,
    /// A unit's price is in neither of the currencies that would help. The unit waits.
    CurrencyDiffers,
    /// ReturnGO does not say what was paid for a unit, or which tax of it. The unit waits.
    TaxUnclear,
    /// The parcels go to different warehouses. The credit waits.
    SeveralWarehouses,
    /// A fee has no account to be posted to. The credit waits.
    FeeNotConfigured,
    /// A fee can be read in two ways. The credit waits.
    FeeUnclear,
    /// A value of the field map cannot be had. The credit waits; a custom field alone waits by itself.
    FieldMapFailed,
    /// A unit is on the RMA and not on its credit.
    CreditLacksItem,
    /// A unit is on the credit and no longer on its RMA.
    CreditHasMore,
    /// The RMA was cancelled or rejected and its credit exists.
    RequestCancelled,
    /// No payment method is configured for this kind of refund.
    TenderMissing,
    /// The configured payment method cannot be used.
    TenderUnresolved,
    /// A refund has no amount in the credit's currency.
    RefundCurrency,
    /// A refund would take the payments above the credit.
    OverRefund,
    /// A refund is recorded, but not as ReturnGO has it.
    RecordedDifferently,
    /// A payment that may be the refund is there, on the credit or on the original sale, perhaps entered by hand.
    PossibleDuplicate,
    /// A payment is recorded and accounting was not made.
    NoJournal,
    /// Money was refunded and no credit will ever exist for it.
    CreditImpossible,
    /// A transaction of a kind or status that is not known.
    UnknownTransaction,
    /// Goods came that were not expected.
    UnexpectedGoods,
    /// Goods came for an RMA that was cancelled or rejected.
    GoodsForClosedRequest,
}

/// What a person is warned of.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WarningCode {
    /// A unit's SKU is the row's but for its case.
    SkuCase,
    /// ReturnGO's price of a unit is not Brightpearl's.
    PriceDrift,
    /// A refund failed.
    RefundFailed,
    /// A refund of a kind that is not known was treated as any other.
    UnknownTransaction,
    /// Brightpearl will post to the base currency's bank account.
    BaseCurrencyAccount,
    /// The field map gives nothing for a field, perhaps by mistake.
    FieldMapEmpty,
    /// A fact does not belong here and was ignored.
    ForeignFact,
}

impl fmt::Display for ReviewCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

/// How a return stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnState {
    /// The RMA's credit, once there is one.
    pub credit: Option<CreditState>,
    /// Every unit of the RMA, lowest id first.
    pub units: Vec<UnitStatus>,
    /// Every transaction of the RMA, in the order in which they were created.
    pub refunds: Vec<RefundStatus>,
}

/// How a credit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditState {
    /// The credit.
    pub id: OrderId,
    /// What the customer is owed, tax included, in [`CreditState::currency`].
    pub gross: Decimal,
    /// What is recorded as refunded, in [`CreditState::currency`].
    pub paid: Decimal,
    /// The currency of both.
    pub currency: CurrencyCode,
    /// How much stock came back, as Brightpearl sees it.
    pub stock: Option<OrderStockStatusCode>,
    /// Whether it is invoiced.
    pub closed: bool,
}

/// How a unit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitStatus {
    /// The unit.
    pub returned_item_id: ReturnedItemId,
    /// The credit's row that it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_id: Option<OrderRowId>,
    /// Where it is.
    pub state: UnitState,
}

/// Where a returned unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnitState {
    /// On the credit, or about to be, and not received.
    Expected,
    /// Received in a warehouse whose quarantine location is not known.
    Received,
    /// Received into quarantine and not released.
    Quarantined,
    /// In stock again.
    Restocked,
    /// Taken out of stock.
    WrittenOff,
    /// Never received although the credit is finished.
    Missing,
    /// Nothing will come.
    NoReturn,
}

impl UnitState {
    /// Whether the warehouse had the unit in hands.
    pub fn was_received(self) -> bool {
        matches!(self, Self::Received | Self::Quarantined | Self::Restocked | Self::WrittenOff)
    }

    /// Whether nothing more is to happen to the unit.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Restocked | Self::WrittenOff | Self::Missing | Self::NoReturn)
    }
}

/// How a transaction stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundStatus {
    /// The transaction.
    pub transaction_id: TransactionId,
    /// What became of it.
    pub state: RefundState,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RefundState {
    /// Not recorded yet: it waits for the credit or for ReturnGO, or this plan records it.
    Pending,
    /// Brightpearl has it.
    Recorded,
    /// A person has to decide.
    NeedsReview,
    /// No money to the shopper.
    NotARefund,
    /// The money did not move.
    Failed,
}
