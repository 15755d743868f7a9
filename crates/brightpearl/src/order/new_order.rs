//! Creating orders of any type, header first (docs/evidence/brightpearl-orders.md#creating-orders).
//!
//! Rows are added afterwards, one call each, so that a failure leaves half an order. Sales credits are better
//! created whole: [`sales_credit::create`](super::sales_credit::create).
//!
//! ```
//! use brightpearl::{ContactId, order::{self, NewOrder, OrderTypeCode}};
//!
//! let mut header = NewOrder::for_customer(OrderTypeCode::SalesCredit, ContactId::new(5012));
//! header.reference = Some("RMA-1".into());
//! assert_eq!(order::create(&header).to_string(), "POST /order-service/order");
//! ```

use api_client_core::{CurrencyCode, Endpoint, Idempotency, Method, OffsetDateTime, wire};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{OrderTypeCode, Parties, Party, PriceModeCode};
use crate::{
    answer,
    ids::{
        ChannelId, ContactId, LeadSourceId, OrderId, OrderStatusId, PriceListId, ProjectId, ShippingMethodId,
        TeamId, WarehouseId,
    },
    request::Request,
};

const CREATE: Endpoint = Endpoint::new(Method::Post, "/order-service/order", Idempotency::UnkeyedWrite);

/// An order to create, without rows.
///
/// It has no external reference: that this resource takes one, or rejects a second, is not documented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder {
    /// What kind of order it is.
    pub order_type_code: OrderTypeCode,
    /// The customer of a sale or the supplier of a purchase, and where it goes.
    pub parties: Parties,
    /// The customer reference, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The order it belongs to: for a credit the sale it credits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_order_id: Option<OrderId>,
    /// The price list; the customer's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_list_id: Option<PriceListId>,
    /// Whether prices include tax; of sales and sales credits only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_mode_code: Option<PriceModeCode>,
    /// When it was placed; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_on: Option<OffsetDateTime>,
    /// The status; the account's default for the type when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_status: Option<InitialStatus>,
    /// How and when it is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<NewOrderDelivery>,
    /// One element with the tax date; today when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<NewInvoice>,
    /// The currency and its rate. Without it the rate is fixed, unlike that of a sales credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<NewOrderCurrency>,
    /// Channel, staff and teams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<NewAssignment>,
    /// The warehouse; the account's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<WarehouseId>,
}

impl NewOrder {
    /// An empty sales order or sales credit of a customer.
    pub fn for_customer(kind: OrderTypeCode, customer: ContactId) -> Self {
        Self::of(kind, Parties { customer: Some(party(customer)), ..Parties::default() })
    }

    /// An empty purchase order or purchase credit of a supplier.
    pub fn for_supplier(kind: OrderTypeCode, supplier: ContactId) -> Self {
        Self::of(kind, Parties { supplier: Some(party(supplier)), ..Parties::default() })
    }

    fn of(order_type_code: OrderTypeCode, parties: Parties) -> Self {
        Self {
            order_type_code,
            parties,
            reference: None,
            parent_order_id: None,
            price_list_id: None,
            price_mode_code: None,
            placed_on: None,
            order_status: None,
            delivery: None,
            invoices: Vec::new(),
            currency: None,
            assignment: None,
            warehouse_id: None,
        }
    }
}

fn party(contact: ContactId) -> Party {
    Party { contact_id: Some(contact), address: Default::default() }
}

/// The status of an order to create. Brightpearl does not see one that stands at the top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitialStatus {
    /// The status.
    pub order_status_id: OrderStatusId,
}

/// How and when an order to create is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderDelivery {
    /// When; a purchase's default is today and the lead time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_date: Option<OffsetDateTime>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method_id: Option<ShippingMethodId>,
}

/// The invoice of an order to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewInvoice {
    /// The tax date. Send the midnight of the account's zone: a bare date slips a day.
    pub tax_date: OffsetDateTime,
}

/// The currency of an order to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrderCurrency {
    /// The currency.
    pub order_currency_code: CurrencyCode,
    /// Whether the rate stays as it is when the order is invoiced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_exchange_rate: Option<bool>,
    /// Units of order currency for one of base currency.
    #[serde(default, with = "wire::optional_decimal", skip_serializing_if = "Option::is_none")]
    pub exchange_rate: Option<Decimal>,
}

/// Who an order to create is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewAssignment {
    /// The assignment.
    pub current: NewCurrentAssignment,
}

/// Channel, staff and teams of an order to create.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewCurrentAssignment {
    /// The sales channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The lead source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_source_id: Option<LeadSourceId>,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The member of staff who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_owner_contact_id: Option<ContactId>,
    /// The team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
}

/// Creates an order without rows. There is no key: search before sending one again.
///
/// Rejected with `ORDC-005` without an order type, `ORDC-006` with an unknown one, `ORDC-022` for a purchase
/// without a supplier.
#[inline]
pub fn create(order: &NewOrder) -> Request<OrderId> {
    Request::new(CREATE, &[], answer::payload)
        .body(order)
        .with_verification_hint("search the orders for its reference")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_brightpearl_takes_is_all_that_is_sent() {
        let order = NewOrder::for_customer(OrderTypeCode::SalesCredit, ContactId::new(5012));
        assert_eq!(
            create(&order).json(),
            Some(r#"{"orderTypeCode":"SC","parties":{"customer":{"contactId":5012}}}"#)
        );
        let order = NewOrder::for_supplier(OrderTypeCode::PurchaseOrder, ContactId::new(207));
        assert_eq!(
            create(&order).json(),
            Some(r#"{"orderTypeCode":"PO","parties":{"supplier":{"contactId":207}}}"#)
        );
    }

    #[test]
    fn the_status_stands_where_brightpearl_looks_for_it() {
        let mut order = NewOrder::for_customer(OrderTypeCode::SalesOrder, ContactId::new(5012));
        order.order_status = Some(InitialStatus { order_status_id: OrderStatusId::new(27) });
        order.assignment = Some(NewAssignment {
            current: NewCurrentAssignment { channel_id: Some(ChannelId::new(9)), ..Default::default() },
        });
        let body = create(&order).json().unwrap().to_owned();
        assert!(
            body.contains(r#""orderStatus":{"orderStatusId":27},"assignment":{"current":{"channelId":9}}"#),
            "{body}"
        );
    }
}
