//! Postal addresses (docs/evidence/brightpearl-orders.md#postal-addresses). An address belongs to at most one
//! contact.

use brightpearl::{ContactId, order::Address};
use serde::Deserialize;
use serde_json::{Value, json};

use super::country;
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    records::StoredAddress,
    state::Account,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressBody {
    address_line1: Option<String>,
    address_line2: Option<String>,
    address_line3: Option<String>,
    address_line4: Option<String>,
    postal_code: Option<String>,
    country_iso_code: Option<String>,
    country_id: Option<u64>,
}

/// `GET /postal-address/{ids}`.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    let stored = ids.iter().filter_map(|id| Some((id, account.postal_addresses.get(&id)?)));
    let found: Vec<Value> = stored.map(|(id, stored)| view(id, stored)).collect();
    Answer::non_empty(found, "No postal addresses found")
}

/// `POST /postal-address`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let address = check(call.body()?)?;
    let id = account.next_ids.postal_address.next();
    account.postal_addresses.insert(id, StoredAddress { contact: None, address });
    Ok(Answer::of(id))
}

/// `PUT /postal-address/{id}`: replaces the whole address.
pub(crate) fn replace(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let address = check(call.body()?)?;
    let id: u64 = call.id(0)?;
    let stored = account.postal_addresses.get_mut(&id);
    let stored = stored.ok_or_else(|| Problem::not_found(format!("Cannot find postal address: {id}")))?;
    stored.address = address;
    Ok(Answer::nothing())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignmentBody {
    postal_address_id: u64,
    #[serde(rename = "type")]
    slot: String,
}

/// `PUT /contact/{id}/postal-address`: assigns addresses to the purposes of a contact.
pub(crate) fn assign(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let assignments: Vec<AssignmentBody> = call.body()?;
    let id: ContactId = call.id(0)?;
    let refused = |message: String| Err(Problem::client(placeholder_codes::CONTACT, message));
    if !account.contacts.contains_key(&id) {
        return Err(Problem::not_found("No Contact Found"));
    }
    for AssignmentBody { postal_address_id: address, slot } in &assignments {
        if !matches!(slot.as_str(), "DEF" | "BIL" | "DEL") {
            return refused(format!("type {slot} is not one of DEF, BIL, DEL"));
        }
        match account.postal_addresses.get(address) {
            None => return refused(format!("There is no postal address {address}")),
            Some(stored) if stored.contact.is_some_and(|contact| contact != id) => {
                return refused(format!("Postal address {address} is another contact's"));
            }
            Some(_) => {}
        }
    }
    for AssignmentBody { postal_address_id: address, slot } in assignments {
        if let Some(stored) = account.postal_addresses.get_mut(&address) {
            stored.contact = Some(id);
        }
        if let Some(contact) = account.contacts.get_mut(&id) {
            contact.address_ids.insert(slot, address);
        }
    }
    Ok(Answer::nothing())
}

/// Returns the addresses of a contact.
pub(super) fn of_contact(account: &Account, contact: ContactId) -> Vec<Value> {
    let of_contact = |stored: &StoredAddress| stored.contact == Some(contact);
    let addresses = account.postal_addresses.iter().filter(|(_, stored)| of_contact(stored));
    addresses.map(|(id, stored)| view(*id, stored)).collect()
}

fn check(body: AddressBody) -> Result<Address, Problem> {
    let line = body.address_line1.filter(|line| !line.is_empty());
    let line = line.ok_or_else(|| Problem::client(placeholder_codes::CONTACT, "addressLine1 is required"))?;
    Ok(Address {
        address_line1: Some(line),
        address_line2: body.address_line2,
        address_line3: body.address_line3,
        address_line4: body.address_line4,
        postal_code: body.postal_code,
        country_iso_code: body.country_iso_code,
        country_id: body.country_id,
        ..Address::default()
    })
}

fn view(id: u64, stored: &StoredAddress) -> Value {
    let address = &stored.address;
    let given = address.country_iso_code.as_deref();
    let country = country::of(address);
    json!({
        "addressId": id,
        "contactId": stored.contact,
        "addressLine1": address.address_line1,
        "addressLine2": address.address_line2,
        "addressLine3": address.address_line3,
        "addressLine4": address.address_line4,
        "postalCode": address.postal_code,
        "countryIsoCode": country.map(|country| country.three).or(given),
        "countryIsoCode2": country.map(|country| country.two),
        "countryId": country.map(|country| country.id).or(address.country_id),
    })
}
