//! `POST /contact` (docs/evidence/brightpearl-orders.md#creating-contacts). Two contacts may have the same e-mail
//! address.

use std::collections::BTreeMap;

use brightpearl::{ContactId, PriceListId};
use serde::Deserialize;

use super::contact::check_name;
use crate::{
    gateway::{Answer, Call, Problem, placeholder_codes},
    records::Contact,
    state::Account,
};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContactBody {
    salutation: String,
    first_name: String,
    last_name: String,
    post_address_ids: BTreeMap<String, u64>,
    communication: CommunicationBody,
    relationship_to_account: RelationshipBody,
    organisation: OrganisationBody,
    marketing_details: MarketingBody,
    financial_details: FinancialBody,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CommunicationBody {
    emails: BTreeMap<String, EmailBody>,
    telephones: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EmailBody {
    email: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RelationshipBody {
    is_supplier: bool,
    is_staff: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OrganisationBody {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MarketingBody {
    is_receive_email_newsletter: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FinancialBody {
    price_list_id: Option<PriceListId>,
}

/// The default price list.
const RETAIL_PRICE_LIST: PriceListId = PriceListId::new(3);

/// `POST /contact`.
pub(crate) fn create(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let body: ContactBody = call.body()?;
    check(account, &body)?;
    let id = ContactId::new(account.next_ids.contact.next());
    for address in body.post_address_ids.values() {
        if let Some(stored) = account.postal_addresses.get_mut(address) {
            stored.contact = Some(id);
        }
    }
    let emails = body.communication.emails.into_iter();
    let contact = Contact {
        id,
        salutation: body.salutation,
        first_name: body.first_name,
        last_name: body.last_name,
        emails: emails.filter_map(|(slot, entry)| Some((slot, entry.email?))).collect(),
        telephones: body.communication.telephones,
        is_supplier: body.relationship_to_account.is_supplier,
        is_staff: body.relationship_to_account.is_staff,
        company: body.organisation.name,
        newsletter: body.marketing_details.is_receive_email_newsletter,
        price_list: body.financial_details.price_list_id.unwrap_or(RETAIL_PRICE_LIST),
        address_ids: body.post_address_ids,
        created_on: Some(account.local(call.now)),
        updated_on: None,
    };
    account.contacts.insert(id, contact);
    Ok(Answer::of(id))
}

fn check(account: &Account, body: &ContactBody) -> Result<(), Problem> {
    let refused = |message: String| Err(Problem::client(placeholder_codes::CONTACT, message));
    for (field, name) in [("firstName", &body.first_name), ("lastName", &body.last_name)] {
        if name.is_empty() {
            return refused(format!("{field} is required"));
        }
        check_name(field, name)?;
    }
    check_name("salutation", &body.salutation)?;
    if !body.post_address_ids.contains_key("DEF") {
        return refused("postAddressIds.DEF is required".to_owned());
    }
    for (slot, id) in &body.post_address_ids {
        match account.postal_addresses.get(id) {
            None => return refused(format!("postAddressIds.{slot}: there is no postal address {id}")),
            Some(stored) if stored.contact.is_some() => {
                return refused(format!("postAddressIds.{slot}: postal address {id} is another contact's"));
            }
            Some(_) => {}
        }
    }
    if body.relationship_to_account.is_supplier && body.relationship_to_account.is_staff {
        return refused("A contact is a customer, a supplier or staff, not two of them".to_owned());
    }
    Ok(())
}
