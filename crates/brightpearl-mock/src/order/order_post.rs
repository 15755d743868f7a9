//! `POST /order`: an order of any type, without rows (docs/evidence/brightpearl-orders.md#creating-orders).

use api_client_core::wire;
use brightpearl::{
    CurrencyCode, InstanceId, OffsetDateTime, OrderId, OrderStatusId, PriceListId, ShippingMethodId,
    WarehouseId,
    order::{Address, CurrentAssignment, OrderTypeCode, Party, PriceModeCode},
};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{NewCurrency, NewOrder, NewParty, creation};
use crate::{
    gateway::{Answer, Call, Problem},
    records::Event,
    state::Account,
};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OrderBody {
    order_type_code: Option<OrderTypeCode>,
    parties: PartiesBody,
    reference: Option<String>,
    parent_order_id: Option<OrderId>,
    price_list_id: Option<PriceListId>,
    price_mode_code: Option<PriceModeCode>,
    placed_on: Option<OffsetDateTime>,
    order_status: StatusBody,
    delivery: DeliveryBody,
    invoices: Vec<InvoiceBody>,
    currency: CurrencyBody,
    assignment: AssignmentBody,
    warehouse_id: Option<WarehouseId>,
    /// Stored, but not a key unless a switch makes it one, because the key is documented for the typed resources
    /// only.
    external_ref: Option<String>,
    installed_integration_instance_id: Option<InstanceId>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PartiesBody {
    customer: Option<Party>,
    supplier: Option<Party>,
    delivery: Option<Party>,
    billing: Option<Party>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StatusBody {
    order_status_id: Option<OrderStatusId>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeliveryBody {
    delivery_date: Option<OffsetDateTime>,
    shipping_method_id: Option<ShippingMethodId>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct InvoiceBody {
    tax_date: Option<OffsetDateTime>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CurrencyBody {
    order_currency_code: Option<CurrencyCode>,
    fixed_exchange_rate: Option<bool>,
    #[serde(default, with = "wire::optional_decimal")]
    exchange_rate: Option<Decimal>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AssignmentBody {
    current: CurrentAssignment,
}

/// `POST /order`: 200 with the id, never 201.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: OrderBody = call.body()?;
    let kind = order_type(&body)?;
    let is_purchase = matches!(kind, OrderTypeCode::PurchaseOrder | OrderTypeCode::PurchaseCredit);
    if is_purchase && body.parties.supplier.as_ref().and_then(|supplier| supplier.contact_id).is_none() {
        // "Suppllier" is Brightpearl's spelling.
        return Err(Problem::client("ORDC-022", "Suppllier ID Required."));
    }
    let new = new_order(body);
    let existing = creation::existing(account, &kind, &new).filter(|_| call.switches.plain_orders_have_a_key);
    if let Some(existing) = existing {
        return Ok(Answer::of(existing));
    }
    let id = creation::create(account, kind, new, call.now)?;
    account.raise(Event::order_modified(id));
    Ok(Answer::of(id))
}

fn order_type(body: &OrderBody) -> Result<OrderTypeCode, Problem> {
    match &body.order_type_code {
        None => Err(Problem::client("ORDC-005", "You have not supplied an order type code")),
        Some(kind) if OrderTypeCode::KNOWN.contains(kind) => Ok(kind.clone()),
        Some(_) => Err(Problem::client("ORDC-006", "You have supplied an invalid order type code")),
    }
}

fn new_order(body: OrderBody) -> NewOrder {
    let assigned = body.assignment.current;
    NewOrder {
        customer: new_party(body.parties.customer.or(body.parties.supplier)),
        billing: new_party(body.parties.billing),
        reference: body.reference,
        placed_on: body.placed_on,
        tax_date: body.invoices.first().and_then(|invoice| invoice.tax_date),
        parent_id: body.parent_order_id,
        status_id: body.order_status.order_status_id,
        warehouse_id: body.warehouse_id,
        channel_id: assigned.channel_id,
        external_ref: body.external_ref,
        installed_integration_instance_id: body.installed_integration_instance_id,
        staff_owner_id: assigned.staff_owner_contact_id,
        project_id: assigned.project_id,
        lead_source_id: assigned.lead_source_id,
        team_id: assigned.team_id,
        price_list_id: body.price_list_id,
        price_mode_code: body.price_mode_code,
        currency: NewCurrency {
            code: body.currency.order_currency_code,
            // Orders created over the API have a fixed rate by default (recorded).
            fixed_exchange_rate: body.currency.fixed_exchange_rate.unwrap_or(true),
            exchange_rate: body.currency.exchange_rate,
        },
        delivery: creation::NewDelivery {
            date: body.delivery.delivery_date,
            address: new_party(body.parties.delivery).address,
            shipping_method_id: body.delivery.shipping_method_id,
        },
        ..NewOrder::default()
    }
}

/// Converts a party. Without an address it gets the contact's address.
fn new_party(party: Option<Party>) -> NewParty {
    party.map_or_else(NewParty::default, |Party { contact_id: id, address }| NewParty {
        id,
        address: (address != Address::default()).then_some(address),
    })
}
