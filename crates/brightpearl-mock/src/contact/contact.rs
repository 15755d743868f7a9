//! Reading and changing contacts (docs/evidence/brightpearl-orders.md#contacts).

use brightpearl::ContactId;
use serde_json::{Value, json};

use super::postal_address;
use crate::{
    gateway::{Answer, Call, Operation, Problem, apply_all, get_uris, placeholder_codes},
    records::Contact,
    state::{API_USER, Account},
};

/// The maximum number of contacts on one page.
const PAGE_SIZE: usize = 200;

/// `GET /contact/{ids}`: with `pagination` and `sorting` next to the response.
pub(crate) fn get(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let ids = call.ids(0)?.unwrap_or_default();
    let mut found: Vec<&Contact> =
        ids.iter().filter_map(|id| account.contacts.get(&ContactId::new(id))).collect();
    let descending = call.request.query("sort").is_some_and(|sort| sort.ends_with("DESC"));
    if descending {
        found.reverse();
    }
    if found.is_empty() {
        return Err(Problem::not_found("No Contact Found"));
    }
    let (first, size) = (number(call, "firstResult", 1), number(call, "pageSize", PAGE_SIZE).min(PAGE_SIZE));
    let optional = call.names("includeOptional");
    let page: Vec<Value> = found
        .iter()
        .skip(first - 1)
        .take(size)
        .map(|contact| {
            let mut view = view(account, contact);
            if optional.contains(&"postalAddresses") {
                let of_contact = postal_address::of_contact(account, contact.id);
                view["postalAddresses"] = json!(of_contact);
            }
            if optional.contains(&"customFields") {
                view["customFields"] = json!(account.contact_custom_fields.of(contact.id));
            }
            if optional.contains(&"nullCustomFields") {
                view["nullCustomFields"] = json!(account.contact_custom_fields.unset(contact.id));
            }
            view
        })
        .collect();
    let last = first - 1 + page.len();
    let pagination = json!({
        "morePagesAvailable": last < found.len(), "resultsReturned": page.len(),
        "firstResult": first, "lastResult": last,
    });
    let mut answer = Answer::of(page);
    answer.body["pagination"] = pagination;
    let direction = if descending { "DESC" } else { "ASC" };
    answer.body["sorting"] = json!([{ "field": "contactId", "direction": direction }]);
    Ok(answer)
}

fn number(call: &Call<'_>, name: &str, default: usize) -> usize {
    call.request.query(name).and_then(|value| value.parse().ok()).unwrap_or(default).max(1)
}

/// `OPTIONS /contact[/{ids}]`.
pub(crate) fn options(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    get_uris(call, "contact", account.contacts.keys().copied())
}

/// The maximum length of a name or salutation.
const MAX_NAME: usize = 32;

/// `PATCH /contact/{id}`: answers with an object, not an array. Supports the text fields; which other paths
/// Brightpearl accepts is not known.
pub(crate) fn patch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let operations: Vec<Operation> = call.body()?;
    let id: ContactId = call.id(0)?;
    let mut contact =
        account.contacts.get(&id).cloned().ok_or_else(|| Problem::not_found("No Contact Found"))?;
    let refused = apply_all(&operations, &mut contact, call.switches, apply)?;
    contact.updated_on = Some(account.local(call.now));
    let answer = Answer::of(view(account, &contact));
    account.contacts.insert(id, contact);
    refused.map_or(Ok(answer), Err)
}

fn apply(contact: &mut Contact, operation: &Operation) -> Result<(), Problem> {
    let path: Vec<&str> = operation.path.trim_start_matches('/').split('/').collect();
    match path.as_slice() {
        ["salutation"] => contact.salutation = name(operation)?,
        ["firstName"] => contact.first_name = name(operation)?,
        ["lastName"] => contact.last_name = name(operation)?,
        ["organisation", "name"] => contact.company = Some(operation.replacement()?),
        ["communication", "emails", slot @ ("PRI" | "SEC" | "TER"), "email"] => {
            contact.emails.insert((*slot).to_owned(), operation.replacement()?);
        }
        ["communication", "telephones", slot @ ("PRI" | "SEC" | "MOB" | "FAX")] => {
            contact.telephones.insert((*slot).to_owned(), operation.replacement()?);
        }
        _ => return Err(operation.unsupported()),
    }
    Ok(())
}

fn name(operation: &Operation) -> Result<String, Problem> {
    let name: String = operation.replacement()?;
    check_name(&operation.path, &name)?;
    Ok(name)
}

pub(super) fn check_name(field: &str, name: &str) -> Result<(), Problem> {
    if name.chars().count() > MAX_NAME {
        return Err(Problem::client(
            placeholder_codes::CONTACT,
            format!("{field} has more than {MAX_NAME} characters"),
        ));
    }
    Ok(())
}

fn view(account: &Account, contact: &Contact) -> Value {
    let email =
        |slot: &str| contact.emails.get(slot).map_or_else(|| json!({}), |email| json!({ "email": email }));
    json!({
        "contactId": contact.id,
        "isPrimaryContact": true,
        "salutation": (!contact.salutation.is_empty()).then_some(&contact.salutation),
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "postAddressIds": contact.address_ids,
        "communication": {
            "emails": { "PRI": email("PRI"), "SEC": email("SEC"), "TER": email("TER") },
            "telephones": contact.telephones,
        },
        "contactStatus": { "current": { "contactStatusId": 1, "contactStatusName": "Current" } },
        "relationshipToAccount": { "isSupplier": contact.is_supplier, "isStaff": contact.is_staff },
        "marketingDetails": { "isReceiveEmailNewsletter": contact.newsletter },
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
        "organisation": { "organisationId": contact.id.get(), "name": contact.company },
        "aliases": {},
        "createdByid": API_USER,
        "createdOn": contact.created_on,
        "updatedOn": contact.updated_on,
    })
}
