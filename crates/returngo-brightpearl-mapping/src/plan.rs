//! The plan: writes, reviews, warnings, and the state of the return.

use std::fmt;

use api_client_core::wire;
use brightpearl::{
    CurrencyCode, OrderId, OrderRowId, Patch,
    accounting::NewCustomerPayment,
    order::{NewOrderNote, NewOrderRow, NewSalesCredit, OrderStockStatusCode, StatusChange},
};
use returngo::{ReturnedItemId, RmaStatus, ShipmentId, ShipmentUpdate, TransactionId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use crate::review::{Choice, Review, ReviewCode};

/// The plan for an RMA.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The writes, in the order in which they must be applied.
    pub effects: Vec<Effect>,
    /// The decisions that are needed.
    pub reviews: Vec<Review>,
    /// Facts to know about the return.
    pub warnings: Vec<Warning>,
    /// The state of the return.
    pub state: ReturnState,
}

impl Plan {
    /// Returns the JSON Schema of plans, which is committed as `schema/plan.json`.
    #[cfg(feature = "schema")]
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Whether there are no writes. There may still be reviews.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }
}

/// A write in one of the two systems.
///
/// A write that is planned again for the same reason has the same key. The program that applies plans stores the keys of
/// applied writes, so that it does not repeat them.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Effect {
    /// Creates the RMA's sales credit.
    CreateSalesCredit {
        /// The credit's `externalRef`.
        key: String,
        /// The credit.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
        body: Box<NewSalesCredit>,
    },
    /// Adds an adjustment row to the credit for a refund above it.
    AddOrderRow {
        /// The key of this write.
        key: String,
        /// The credit.
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        order_id: OrderId,
        /// The row. Its name contains the refund's key.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
        body: NewOrderRow,
    },
    /// Records a refund on the credit.
    RecordPayment {
        /// The payment's `transactionRef`.
        key: String,
        /// The credit.
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        order_id: OrderId,
        /// The payment. Its amount is a string here; Brightpearl expects a number.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
        body: NewCustomerPayment,
    },
    /// Adds a note to the credit, or to the order while there is no credit.
    AddOrderNote {
        /// The key of this write.
        key: String,
        /// The credit or the order.
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        order_id: OrderId,
        /// The note. Its text contains the transaction's key.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
        body: NewOrderNote,
    },
    /// Closes the credit.
    CloseSalesCredit {
        /// The key of this write.
        key: String,
        /// The credit.
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        order_id: OrderId,
        /// An empty body.
        body: Empty,
    },
    /// Sets the credit's status.
    SetOrderStatus {
        /// The key of this write.
        key: String,
        /// The credit.
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        order_id: OrderId,
        /// The status.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
        body: StatusChange,
    },
    /// Sets custom fields of the credit. Brightpearl does not accept them when the credit is created.
    SetCustomFields {
        /// The key of this write.
        key: String,
        /// The credit.
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        order_id: OrderId,
        /// The fields that are not set yet, for `PATCH …/custom-field`.
        #[cfg_attr(feature = "schema", schemars(with = "Vec<serde_json::Value>"))]
        body: Patch,
    },
    /// Updates the status of a return shipment.
    UpdateShipment {
        /// The key of this write.
        key: String,
        /// The shipment.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        shipment_id: ShipmentId,
        /// Its new status.
        #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
        body: ShipmentUpdate,
    },
    /// Sets the RMA's status.
    SetRmaStatus {
        /// The key of this write.
        key: String,
        /// The status.
        body: RmaStatusUpdate,
    },
    /// Adds a comment to the RMA.
    AddRmaComment {
        /// The key of this write. The comment contains it.
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

/// The body of a write without content.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}

/// A new status of an RMA.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RmaStatusUpdate {
    /// The status.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub status: RmaStatus,
}

/// A comment on an RMA.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RmaComment {
    /// The text, HTML-escaped.
    pub html_text: String,
}

/// A fact to know about the return.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Warning {
    /// The kind of fact.
    pub code: WarningCode,
    /// The fact, and what to do.
    pub message: String,
    /// The units concerned, lowest id first.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub item_ids: Vec<ReturnedItemId>,
    /// The transactions concerned, lowest id first.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transaction_ids: Vec<TransactionId>,
}

/// The reason for a warning.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WarningCode {
    /// A unit's SKU matches the row's except for its case.
    SkuCase,
    /// The prices of a unit in ReturnGO and Brightpearl differ.
    PriceDrift,
    /// A refund failed.
    RefundFailed,
    /// A refund of an unknown type was recorded like any other refund.
    UnknownTransaction,
    /// Brightpearl will post a payment to the base currency's bank account.
    BaseCurrencyAccount,
    /// The field map has no value for a field, possibly by mistake.
    FieldMapEmpty,
    /// A fact that does not belong to the return, or is invalid, was ignored.
    ForeignFact,
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

/// The state of a return.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReturnState {
    /// The RMA's credit, if any.
    pub credit: Option<CreditState>,
    /// Every unit of the RMA, lowest id first.
    pub units: Vec<UnitStatus>,
    /// Every transaction of the RMA, in the order of their creation.
    pub refunds: Vec<RefundStatus>,
}

/// The state of a credit.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreditState {
    /// The credit.
    #[cfg_attr(feature = "schema", schemars(with = "u64"))]
    pub id: OrderId,
    /// The total including tax, in [`CreditState::currency`].
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    #[serde(with = "wire::decimal")]
    pub gross: Decimal,
    /// The recorded refunds, in [`CreditState::currency`].
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    #[serde(with = "wire::decimal")]
    pub paid: Decimal,
    /// The currency of both.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub currency: CurrencyCode,
    /// The stock status in Brightpearl.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub stock: Option<OrderStockStatusCode>,
    /// Whether it is invoiced.
    pub closed: bool,
}

/// The state of a unit.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnitStatus {
    /// The unit.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub returned_item_id: ReturnedItemId,
    /// The credit row that the unit is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<u64>"))]
    pub row_id: Option<OrderRowId>,
    /// The state.
    pub state: UnitState,
}

impl UnitStatus {
    /// Creates the state of a unit that is on no credit row.
    pub const fn new(unit: ReturnedItemId, state: UnitState) -> Self {
        Self { returned_item_id: unit, row_id: None, state }
    }
}

/// The state of a returned unit.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum UnitState {
    /// On the credit, or about to be, and not received yet.
    Expected,
    /// Received in a warehouse whose quarantine location is unknown.
    Received,
    /// Received into quarantine and not released.
    Quarantined,
    /// Back in stock.
    Restocked,
    /// Written off.
    WrittenOff,
    /// Never received although the credit is finished.
    Missing,
    /// No goods will be returned.
    NoReturn,
}

impl UnitState {
    /// Whether the warehouse received the unit.
    pub fn was_received(self) -> bool {
        matches!(self, Self::Received | Self::Quarantined | Self::Restocked | Self::WrittenOff)
    }

    /// Whether the unit is accounted for.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Restocked | Self::WrittenOff | Self::Missing | Self::NoReturn)
    }
}

/// The state of a transaction.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RefundStatus {
    /// The transaction.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub transaction_id: TransactionId,
    /// The state.
    pub state: RefundState,
}

/// The state of a transaction in Brightpearl.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RefundState {
    /// Not recorded yet: the transaction waits for the credit or for ReturnGO, or this plan records it.
    Pending,
    /// Recorded in Brightpearl.
    Recorded,
    /// A decision is needed.
    NeedsReview,
    /// The transaction returns no money to the shopper.
    NotARefund,
    /// No money was transferred.
    Failed,
    /// The transaction is not recorded in Brightpearl: the return method of its units is not synchronized, or a person decided so.
    #[serde(rename = "notSynchronised")]
    NotSynchronized,
}
