//! Atomic creation of an order with its rows: sales orders, sales credits, and the seed's orders
//! (docs/evidence/brightpearl-orders.md#creating-a-sales-credit,
//! docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit,
//! docs/evidence/brightpearl-orders.md#defaults-of-a-new-sales-credit).

use std::collections::BTreeMap;

use api_client_core::wire;
use brightpearl::{
    ChannelId, ContactId, CurrencyCode, InstanceId, LeadSourceId, OffsetDateTime, OrderId, OrderStatusId,
    PriceListId, ProjectId, ShippingMethodId, TeamId, WarehouseId,
    order::{
        Address, AllocationStatusCode, Assignment, CurrentAssignment, Invoice, Order, OrderCurrency,
        OrderDelivery, OrderStatusLabel, OrderTypeCode, Parties, Party, PriceModeCode, ShippingStatusCode,
        TaxState, order::OrderState,
    },
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::{
    computed::compute,
    row::{CheckedRow, NewRow, RowDecimals},
};
use crate::{
    contact::with_country,
    gateway::{Answer, Call, Problem, placeholder_codes},
    records::{Contact, Event},
    state::{API_USER, Account},
};

/// The body of a sales order or sales credit POST. Unknown keys are ignored, as in Brightpearl.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewOrder {
    /// Set by the seed only.
    #[serde(skip)]
    pub(crate) id: Option<OrderId>,
    pub(crate) customer: NewParty,
    /// For older callers.
    pub(crate) customer_id: Option<ContactId>,
    pub(crate) billing: NewParty,
    #[serde(rename = "ref")]
    pub(crate) reference: Option<String>,
    pub(crate) placed_on: Option<OffsetDateTime>,
    pub(crate) tax_date: Option<OffsetDateTime>,
    pub(crate) parent_id: Option<OrderId>,
    pub(crate) status_id: Option<OrderStatusId>,
    pub(crate) warehouse_id: Option<WarehouseId>,
    pub(crate) channel_id: Option<ChannelId>,
    pub(crate) external_ref: Option<String>,
    pub(crate) installed_integration_instance_id: Option<InstanceId>,
    pub(crate) staff_owner_id: Option<ContactId>,
    pub(crate) project_id: Option<ProjectId>,
    pub(crate) lead_source_id: Option<LeadSourceId>,
    pub(crate) team_id: Option<TeamId>,
    pub(crate) price_list_id: Option<PriceListId>,
    pub(crate) price_mode_code: Option<PriceModeCode>,
    pub(crate) currency: NewCurrency,
    pub(crate) delivery: NewDelivery,
    pub(crate) rows: Vec<NewRow>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewParty {
    /// `contactId` in billing.
    #[serde(alias = "contactId")]
    pub(crate) id: Option<ContactId>,
    pub(crate) address: Option<Address>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewCurrency {
    pub(crate) code: Option<CurrencyCode>,
    pub(crate) fixed_exchange_rate: bool,
    #[serde(default, with = "wire::optional_decimal")]
    pub(crate) exchange_rate: Option<Decimal>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NewDelivery {
    pub(crate) date: Option<OffsetDateTime>,
    pub(crate) address: Option<Address>,
    pub(crate) shipping_method_id: Option<ShippingMethodId>,
}

/// The maximum length of a customer reference (documented for the order PATCH, same column).
pub(super) const MAX_REFERENCE: usize = 64;

/// Price list 1 is the cost price list of every account.
const COST_PRICE_LIST: PriceListId = PriceListId::new(1);

/// Answers a POST: 201 for a new order, 200 with the id of an existing order with the same key.
pub(crate) fn post(account: &mut Account, call: &Call<'_>, kind: OrderTypeCode) -> Result<Answer, Problem> {
    let new: NewOrder = call.body()?;
    if let Some(existing) = existing(account, &kind, &new) {
        let names_it = call.switches.existing_orders_answer_their_id;
        return Ok(if names_it { Answer::of(existing) } else { Answer::nothing() });
    }
    let is_sale = kind == OrderTypeCode::SalesOrder;
    let id = create(account, kind, new, call.now)?;
    account.raise(Event::order_modified(id));
    if is_sale {
        account.raise(Event::sales_order_created(id));
    }
    Ok(Answer::of(id).status(call.switches.new_order_status))
}

/// Returns the order of this type with the same external reference and instance. One of the two alone is not a key
/// (docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit).
pub(super) fn existing(account: &Account, kind: &OrderTypeCode, new: &NewOrder) -> Option<OrderId> {
    account.order_with_key(kind, new.external_ref.as_deref()?, new.installed_integration_instance_id?)
}

/// Creates an order. If it is invalid, returns all errors and changes nothing.
pub(crate) fn create(
    account: &mut Account,
    kind: OrderTypeCode,
    new: NewOrder,
    now: Timestamp,
) -> Result<OrderId, Problem> {
    let mut problems = Vec::new();
    let contact = contact(account, &kind, &new).map_err(|problem| problems.push(problem)).ok();
    let status = status(account, &kind, new.status_id).map_err(|problem| problems.push(problem)).ok();
    let currency = currency(account, &new.currency, now).map_err(|problem| problems.push(problem)).ok();
    problems.extend(unknown_references(account, &new));
    let mut rows = Vec::new();
    for row in new.rows.clone() {
        match CheckedRow::check(account, &kind, row, RowDecimals::Four) {
            Ok(row) => rows.push(row),
            Err(wrong) => problems.extend(wrong),
        }
    }
    Problem::all(problems)?;
    let (Some(contact), Some(status), Some(currency)) = (contact, status, currency) else {
        return Err(Problem::internal(None));
    };

    let id = match new.id {
        Some(id) => {
            account.next_ids.order.reserve(id.get());
            id
        }
        None => OrderId::new(account.next_ids.order.next()),
    };
    let mut order = header(account, id, kind, new, &contact, status, currency, now);
    for row in rows {
        let last =
            order.order_rows.values().map(|row| row.order_row_sequence.get()).max().unwrap_or_default();
        let built = row.build(account, &order.currency.order_currency_code, last);
        order.order_rows.extend(built);
    }
    account.insert_order(order);
    compute(account, id);
    Ok(id)
}

/// Returns the customer of a sale, or the supplier of a purchase.
fn contact(account: &Account, kind: &OrderTypeCode, new: &NewOrder) -> Result<Contact, Problem> {
    let is_purchase = matches!(kind, OrderTypeCode::PurchaseOrder | OrderTypeCode::PurchaseCredit);
    let role = if is_purchase { "supplier" } else { "customer" };
    let Some(id) = new.customer.id.or(new.customer_id) else {
        return Err(Problem::client(placeholder_codes::CUSTOMER, format!("The {role} is required")));
    };
    let contact = account
        .contacts
        .get(&id)
        .filter(|contact| if is_purchase { contact.is_supplier } else { contact.is_customer() });
    contact
        .cloned()
        .ok_or_else(|| Problem::client(placeholder_codes::CUSTOMER, format!("There is no {role} {id}")))
}

fn status(
    account: &Account,
    kind: &OrderTypeCode,
    wanted: Option<OrderStatusId>,
) -> Result<OrderStatusLabel, Problem> {
    let default = || {
        account.configured(match kind {
            OrderTypeCode::SalesCredit => "newSalesCreditStatusId",
            OrderTypeCode::PurchaseOrder => "newPurchaseOrderStatusId",
            OrderTypeCode::PurchaseCredit => "newPurchaseCreditStatusId",
            _ => "newSalesOrderStatusId",
        })
    };
    let id = wanted.or_else(default).ok_or_else(|| {
        Problem::client(
            placeholder_codes::ORDER_STATUS,
            format!("The account has no default status for new {kind} orders"),
        )
    })?;
    super::status::usable(account, id, kind)
}

fn currency(account: &Account, wanted: &NewCurrency, now: Timestamp) -> Result<OrderCurrency, Problem> {
    let base = account.base_currency();
    let code = wanted.code.clone().unwrap_or_else(|| base.clone());
    let current = account.exchange_rate(&code, now).ok_or_else(|| {
        Problem::client(placeholder_codes::REFERENCE, format!("The currency {code} is not set up"))
    })?;
    // A rate is used only if it is fixed (docs/evidence/brightpearl-orders.md#creating-a-sales-credit).
    let mut rate = wanted.exchange_rate.filter(|_| wanted.fixed_exchange_rate).unwrap_or(current);
    rate.rescale(6);
    Ok(OrderCurrency {
        accounting_currency_code: Some(base),
        order_currency_code: code,
        exchange_rate: Some(rate),
        fixed_exchange_rate: wanted.fixed_exchange_rate,
    })
}

/// Returns an error for each unknown reference. That Brightpearl rejects these is an assumption
/// (docs/evidence/brightpearl-orders.md#open-questions-on-orders).
fn unknown_references(account: &Account, new: &NewOrder) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |message: String| problems.push(Problem::client(placeholder_codes::REFERENCE, message));
    let unknown_parent = given(new.parent_id).filter(|id| !account.orders.contains_key(id));
    if let Some(parent) = unknown_parent.filter(|_| account.switches.unknown_parents_are_refused) {
        refuse(format!("There is no parent order {parent}"));
    }
    if let Some(warehouse) = given(new.warehouse_id).filter(|id| account.warehouse(*id).is_none()) {
        refuse(format!("There is no warehouse {warehouse}"));
    }
    if let Some(channel) =
        given(new.channel_id).filter(|id| !account.channels.iter().any(|channel| channel.id == *id))
    {
        refuse(format!("There is no channel {channel}"));
    }
    if new.reference.as_ref().is_some_and(|reference| reference.chars().count() > MAX_REFERENCE) {
        problems.push(Problem::client(
            placeholder_codes::TEXT,
            format!("ref has more than {MAX_REFERENCE} characters"),
        ));
    }
    problems
}

/// Returns an id other than 0, which means none.
fn given<I: std::fmt::Display>(id: Option<I>) -> Option<I> {
    id.filter(|id| id.to_string() != "0")
}

#[allow(clippy::too_many_arguments, reason = "the parts of an order, each checked before")]
fn header(
    account: &Account,
    id: OrderId,
    kind: OrderTypeCode,
    new: NewOrder,
    contact: &Contact,
    status: OrderStatusLabel,
    currency: OrderCurrency,
    now: Timestamp,
) -> Order {
    let local = |time: OffsetDateTime| account.local(time.timestamp());
    let now = account.local(now);
    let address = new.customer.address.unwrap_or_else(|| contact.address(&account.postal_addresses));
    let party = Party { contact_id: Some(contact.id), address: with_country(address.clone()) };
    let billing = Party {
        contact_id: Some(new.billing.id.unwrap_or(contact.id)),
        address: with_country(new.billing.address.unwrap_or_else(|| address.clone())),
    };
    let delivery = Party { contact_id: None, address: with_country(new.delivery.address.unwrap_or(address)) };
    let is_purchase = contact.is_supplier;
    Order {
        id,
        parent_order_id: given(new.parent_id),
        order_type_code: kind,
        reference: new.reference.unwrap_or_default(),
        external_ref: new.external_ref,
        installed_integration_instance_id: new.installed_integration_instance_id,
        version: Some(1),
        state: Some(OrderState { tax: TaxState::Ready }),
        tax: Some(json!({ "errors": [] })),
        order_status: status,
        order_payment_status: None,
        stock_status_code: None,
        allocation_status_code: Some(AllocationStatusCode::NotRequired),
        shipping_status_code: Some(ShippingStatusCode::NoStock),
        placed_on: Some(new.placed_on.map_or(now, local)),
        created_on: Some(now),
        updated_on: None,
        closed_on: None,
        created_by_id: Some(API_USER),
        price_list_id: Some(given(new.price_list_id).unwrap_or(contact.price_list)),
        cost_price_list_id: Some(COST_PRICE_LIST),
        price_mode_code: Some(new.price_mode_code.unwrap_or(PriceModeCode::IncludingTax)),
        delivery: OrderDelivery {
            delivery_date: new.delivery.date.map(local),
            shipping_method_id: given(new.delivery.shipping_method_id),
        },
        invoices: vec![Invoice {
            invoice_reference: String::new(),
            tax_date: Some(new.tax_date.map_or(now, local)),
            due_date: None,
        }],
        currency,
        total_value: None,
        assignment: Assignment {
            current: CurrentAssignment {
                staff_owner_contact_id: given(new.staff_owner_id),
                project_id: given(new.project_id),
                channel_id: given(new.channel_id),
                lead_source_id: given(new.lead_source_id),
                team_id: given(new.team_id),
            },
        },
        parties: Parties {
            customer: (!is_purchase).then(|| party.clone()),
            supplier: is_purchase.then_some(party),
            delivery: Some(delivery),
            billing: Some(billing),
        },
        order_rows: BTreeMap::new(),
        warehouse_id: given(new.warehouse_id).or_else(|| account.default_warehouse()),
        acknowledged: Some(0),
        historical_order: Some(false),
        is_dropship: None,
        original_invoice_date: None,
        order_weighting: Some(100),
        custom_fields: None,
        null_custom_fields: None,
    }
}
