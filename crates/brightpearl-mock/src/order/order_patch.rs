//! `PATCH /order/{id}`: the fields that can be changed this way
//! (docs/evidence/brightpearl-orders.md#changing-orders).

use brightpearl::{
    ContactId, OffsetDateTime, OrderId, ShippingMethodId, WarehouseId,
    order::{AllocationStatusCode, Order, Party},
};

use super::{computed::modified, creation::MAX_REFERENCE};
use crate::{
    gateway::{Answer, Call, Operation, Problem, apply_all, placeholder_codes},
    state::Account,
};

/// `PATCH /order/{id}`: answers with an object, not an array, in which `version` and `updatedOn` are still the old
/// ones (recorded).
pub(crate) fn patch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id: OrderId = call.id(0)?;
    let mut order = account.order(id)?.clone();
    let refused = apply_all(&operations, &mut order, call.switches, |order, operation| {
        apply(account, order, operation)
    })?;
    let answer = Answer::of(&order);
    account.replace_order(order);
    modified(account, id, call.now);
    refused.map_or(Ok(answer), Err)
}

fn apply(account: &Account, order: &mut Order, operation: &Operation) -> Result<(), Problem> {
    match operation.path.as_str() {
        "/reference" => {
            let reference: String = operation.replacement_or_removal()?.unwrap_or_default();
            if reference.chars().count() > MAX_REFERENCE {
                let message = format!("reference has more than {MAX_REFERENCE} characters");
                return Err(Problem::client(placeholder_codes::TEXT, message));
            }
            order.reference = reference;
        }
        "/warehouseId" => order.warehouse_id = Some(warehouse(account, order, operation.replacement()?)?),
        "/delivery/shippingMethodId" => {
            let method: Option<ShippingMethodId> = operation.replacement_or_removal()?;
            order.delivery.shipping_method_id = method;
        }
        "/delivery/deliveryDate" => {
            let date: OffsetDateTime = operation.replacement()?;
            order.delivery.delivery_date = Some(account.local(date.timestamp()));
        }
        "/parties/customer/contactId" => {
            let contact = customer(account, order, operation.replacement()?)?;
            set_contact(&mut order.parties.customer, contact);
        }
        "/parties/billing/contactId" => {
            let contact = customer(account, order, operation.replacement()?)?;
            set_contact(&mut order.parties.billing, contact);
        }
        _ => return Err(operation.unsupported()),
    }
    Ok(())
}

/// Checks a new warehouse. It cannot change after stock is allocated.
fn warehouse(account: &Account, order: &Order, id: WarehouseId) -> Result<WarehouseId, Problem> {
    use AllocationStatusCode as Code;
    let refused = |message: String| Err(Problem::client(placeholder_codes::REFERENCE, message));
    if account.warehouse(id).is_none() {
        return refused(format!("There is no warehouse {id}"));
    }
    match order.allocation_status_code {
        None | Some(Code::NotRequired | Code::None) => Ok(id),
        Some(_) => refused(format!("Stock is allocated to order {}: its warehouse cannot change", order.id)),
    }
}

/// Checks a new customer. It cannot change after the order is invoiced.
fn customer(account: &Account, order: &Order, id: ContactId) -> Result<ContactId, Problem> {
    if order.is_closed() {
        let message = format!("Order {} is invoiced: its contacts cannot change", order.id);
        return Err(Problem::client(placeholder_codes::INVOICED, message));
    }
    match account.contacts.get(&id) {
        Some(contact) if contact.is_customer() => Ok(id),
        _ => Err(Problem::client(placeholder_codes::CUSTOMER, format!("There is no customer {id}"))),
    }
}

fn set_contact(party: &mut Option<Party>, contact: ContactId) {
    if let Some(party) = party {
        party.contact_id = Some(contact);
    }
}
