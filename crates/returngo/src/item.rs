//! Items: one entry for each returned unit (docs/evidence/returngo.md#returned-items).

use std::fmt;

use api_client_core::{OffsetDateTime, open_enum, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    ExchangeItem, FollowUpQuestion, Money,
    event::UserDetails,
    ids::{ReturnedItemId, ShipmentId, ShopLineItemId},
};

open_enum! {
    /// The resolution: what the shopper gets for the unit.
    pub enum ResolutionType {
        /// A refund.
        RefundToPaymentMethod = "RefundToPaymentMethod",
        /// Store credit.
        RefundToStoreCredit = "RefundToStoreCredit",
        /// Another variant. Despite the name the ordinary exchange by draft order.
        InstantVariantExchange = "InstantVariantExchange",
    }
}

open_enum! {
    /// The return method.
    pub enum ReturnMethodType {
        /// No return: nothing will arrive.
        NoShipmentRequired = "No shipment required",
        /// By a carrier of the shopper's choice.
        ShipWithAnyCarrier = "Ship with any carrier",
    }
}

/// One returned unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The id of the unit, which refunds and validations refer to.
    pub returned_item_id: ReturnedItemId,
    /// The order line it was bought on. Repeats.
    #[serde(default, with = "wire::empty_is_none", skip_serializing_if = "Option::is_none")]
    pub shop_line_item_id: Option<ShopLineItemId>,
    /// The platform's product.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub shop_product_id: Option<String>,
    /// The platform's variant.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<String>,
    /// The SKU: how an ERP knows the product.
    #[serde(default, with = "wire::empty_is_none")]
    pub sku: Option<String>,
    /// The barcode.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Product and variant.
    #[serde(default, with = "wire::informational")]
    pub full_name: String,
    /// The product.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// The variant.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub variant_name: Option<String>,
    /// A picture.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What was paid for this unit, discounts taken off.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub paid_price: Option<Money>,
    /// The tax on it.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub paid_tax: Option<Money>,
    /// Whether [`Item::paid_price`] contains [`Item::paid_tax`].
    #[serde(default, with = "wire::optional_boolean", skip_serializing_if = "Option::is_none")]
    pub tax_included: Option<bool>,
    /// The reason that the shopper gave.
    #[serde(default, with = "wire::informational")]
    pub return_reason: String,
    /// The reason's details.
    #[serde(default, with = "wire::informational")]
    pub extended_reason: String,
    /// The resolution's name for the merchant.
    #[serde(default, with = "wire::informational")]
    pub resolution_name: String,
    /// What the shopper gets.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub resolution_type: Option<ResolutionType>,
    /// The policy that applied.
    #[serde(default, with = "wire::informational", skip_serializing_if = "Option::is_none")]
    pub policy_rule_name: Option<String>,
    /// Whether the policy approves by itself. 0 or 1 on the wire.
    #[serde(default, with = "wire::informational")]
    pub is_auto_approve: bool,
    /// Taken for restocking this unit; presumably in the customer's currency.
    #[serde(default, with = "wire::decimal_number_or_zero")]
    pub restocking_fee: Decimal,
    /// Taken for the return; may be one fee of the RMA, repeated.
    #[serde(default, with = "wire::decimal_number_or_zero")]
    pub return_fee: Decimal,
    /// Taken for the label; may be one fee of the RMA, repeated.
    #[serde(default, with = "wire::decimal_number_or_zero")]
    pub shipment_fee: Decimal,
    /// The parcel it comes in; none when nothing is shipped (`""` on the wire).
    #[serde(default, with = "wire::empty_is_none")]
    pub shipment_id: Option<ShipmentId>,
    /// How it comes back.
    #[serde(default, with = "wire::optional", skip_serializing_if = "Option::is_none")]
    pub return_method: Option<ReturnMethod>,
    /// The inspection. Always present, and without meaning until the unit is inspected: use
    /// [`Item::validation`].
    #[serde(default, with = "wire::null_is_default")]
    pub item_validation_status_response: ValidationResponse,
    /// What the shopper gets in exchange; empty unless the resolution is an exchange.
    #[serde(default, with = "wire::informational_list")]
    pub exchange_items: Vec<ExchangeItem>,
    /// Answers to the merchant's questions.
    #[serde(default, with = "wire::informational_list")]
    pub follow_up_questions: Vec<FollowUpQuestion>,
}

/// How a unit comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnMethod {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: ReturnMethodType,
    /// The name that the merchant gave it.
    #[serde(default, with = "wire::text_or_empty")]
    pub name: String,
}

/// The inspection of a unit as it is on the wire. The inspector is never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValidationResponse {
    /// Whether the unit came.
    #[serde(with = "wire::boolean")]
    pub is_returned: bool,
    /// Whether it can be sold again.
    #[serde(with = "wire::boolean")]
    pub is_restockable: bool,
    /// Why it did not come.
    #[serde(default, with = "wire::informational")]
    pub non_returned_reason: Option<String>,
    /// Why it cannot be sold again.
    #[serde(default, with = "wire::informational")]
    pub non_restockable_reason: Option<String>,
    /// Where it was inspected.
    #[serde(default, with = "wire::informational")]
    pub store_location_id: Option<String>,
    /// The time as it was written: no validated unit was ever observed, so the form is not known. Null: the
    /// unit is not inspected, and the flags have no meaning. Use [`Item::validated_at`].
    #[serde(deserialize_with = "wire::empty_is_none::deserialize")]
    pub last_validation_date: Option<String>,
    /// By whom.
    #[serde(default, with = "wire::informational")]
    pub last_validated_by: Option<String>,
    /// By which program.
    #[serde(default, with = "wire::informational")]
    pub third_party_name: Option<String>,
    /// By which member of staff.
    #[serde(default, with = "wire::informational")]
    pub user_details: Option<UserDetails>,
}

impl fmt::Debug for ValidationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidationResponse")
            .field("is_returned", &self.is_returned)
            .field("is_restockable", &self.is_restockable)
            .field("last_validation_date", &self.last_validation_date)
            .finish_non_exhaustive()
    }
}

/// The result of an inspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation<'a> {
    /// Not inspected yet. Never "not returned".
    Pending,
    /// It came and can be sold again.
    Restockable,
    /// It came and cannot be sold again.
    NotRestockable {
        /// Why.
        reason: Option<&'a str>,
    },
    /// It did not come.
    NotReturned {
        /// Why.
        reason: Option<&'a str>,
    },
}

impl Item {
    /// Returns the result of the inspection: only a dated one counts (docs/evidence/returngo.md#inspections).
    pub fn validation(&self) -> Validation<'_> {
        let response = &self.item_validation_status_response;
        if response.last_validation_date.is_none() {
            Validation::Pending
        } else if !response.is_returned {
            Validation::NotReturned { reason: response.non_returned_reason.as_deref() }
        } else if response.is_restockable {
            Validation::Restockable
        } else {
            Validation::NotRestockable { reason: response.non_restockable_reason.as_deref() }
        }
    }

    /// Returns when the unit was inspected, if the date has a known form.
    pub fn validated_at(&self) -> Option<OffsetDateTime> {
        self.item_validation_status_response.last_validation_date.as_deref()?.parse().ok()
    }

    /// Whether a parcel is expected to return the unit.
    pub fn comes_back(&self) -> bool {
        self.return_method.as_ref().is_none_or(|method| method.kind != ReturnMethodType::NoShipmentRequired)
    }
}
