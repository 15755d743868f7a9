//! `contact-service`: customers and suppliers (brightpearl-orders.md §10).

use brightpearl::{ContactId, PriceListId, order::Address};
use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    state::Account,
};

/// A customer or supplier.
#[derive(Clone)]
pub(crate) struct Contact {
    pub(crate) id: ContactId,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) is_supplier: bool,
    pub(crate) price_list: PriceListId,
    /// Without the name and the e-mail, which are the contact's own.
    pub(crate) postal_address: Address,
}

impl Contact {
    /// The address as orders carry it.
    pub(crate) fn address(&self) -> Address {
        Address {
            address_full_name: Some(format!("{} {}", self.first_name, self.last_name)),
            email: Some(self.email.clone()),
            ..self.postal_address.clone()
        }
    }
}

/// `GET /contact/{ids}`: with blocks for paging and sorting beside the response.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    let found: Vec<Value> = ids
        .iter()
        .filter_map(|id| account.contacts.get(&ContactId::new(id)))
        .map(|contact| view(account, contact))
        .collect();
    if found.is_empty() {
        return Err(Problem::not_found("No Contact Found"));
    }
    let pagination = json!({
        "morePagesAvailable": false, "resultsReturned": found.len(), "firstResult": 1, "lastResult": found.len(),
    });
    let mut answer = Answer::of(found);
    answer.body["pagination"] = pagination;
    answer.body["sorting"] = json!([{ "field": "contactId", "direction": "ASC" }]);
    Ok(answer)
}

fn view(account: &Account, contact: &Contact) -> Value {
    let address = contact.id.get() + 2_000;
    json!({
        "contactId": contact.id,
        "isPrimaryContact": true,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "postAddressIds": { "DEF": address, "BIL": address, "DEL": address },
        "communication": {
            "emails": { "PRI": { "email": contact.email }, "SEC": {}, "TER": {} },
            "telephones": {},
        },
        "contactStatus": { "current": { "contactStatusId": 1, "contactStatusName": "Current" } },
        "relationshipToAccount": { "isSupplier": contact.is_supplier, "isStaff": false },
        "marketingDetails": { "isReceiveEmailNewsletter": false },
        "financialDetails": {
            "priceListId": contact.price_list,
            "nominalCode": account.configuration.get("salesNominalCode"),
            "creditLimit": 0,
            "creditTermDays": 30,
            "creditTermTypeId": 1,
            "currencyId": account.currency(&account.base_currency()).map(|currency| currency.id),
            "discountPercentage": 0.0,
        },
        "assignment": { "current": {} },
        "organisation": { "organisationId": contact.id.get() },
        "createdByid": crate::state::API_USER,
    })
}
