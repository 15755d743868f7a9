//! `contact-search` (docs/evidence/brightpearl-orders.md#contact-search).

use serde_json::{Value, json};

use crate::{
    gateway::{Answer, Call, Problem},
    records::Contact,
    search::{Column, Kind, Table, no_names},
    state::Account,
};

type ContactColumn = Column<Contact>;

/// The columns in Brightpearl's order. Columns that the mock does not support are null.
const CONTACTS: Table<Contact> = Table {
    columns: &[
        ContactColumn::new("contactId", Kind::IdSet, |contact| json!(contact.id)),
        ContactColumn::new("primaryEmail", Kind::SearchText, |contact| email(contact, "PRI")),
        ContactColumn::new("secondaryEmail", Kind::SearchText, |contact| email(contact, "SEC")),
        ContactColumn::new("tertiaryEmail", Kind::SearchText, |contact| email(contact, "TER")),
        ContactColumn::new("firstName", Kind::SearchText, |contact| json!(contact.first_name)),
        ContactColumn::new("lastName", Kind::SearchText, |contact| json!(contact.last_name)),
        ContactColumn::new("isSupplier", Kind::Boolean, |contact| json!(contact.is_supplier)),
        ContactColumn::new("companyName", Kind::SearchText, |contact| json!(contact.company)),
        ContactColumn::new("isStaff", Kind::Boolean, |contact| json!(contact.is_staff)),
        ContactColumn::new("isCustomer", Kind::Boolean, |contact| json!(contact.is_customer())),
        ContactColumn::new("createdOn", Kind::Period, |contact| json!(contact.created_on)),
        ContactColumn::new("updatedOn", Kind::Period, |contact| json!(contact.updated_on)),
        ContactColumn::new("lastContactedOn", Kind::Period, |_| Value::Null),
        ContactColumn::new("lastOrderedOn", Kind::Period, |_| Value::Null),
        ContactColumn::new("nominalCode", Kind::Integer, |_| Value::Null),
        ContactColumn::new("isPrimary", Kind::Boolean, |_| json!(true)),
        ContactColumn::new("pri", Kind::Text, |contact| telephone(contact, "PRI")).unsortable(),
        ContactColumn::new("sec", Kind::Text, |contact| telephone(contact, "SEC")).unsortable(),
        ContactColumn::new("mob", Kind::Text, |contact| telephone(contact, "MOB")).unsortable(),
        ContactColumn::new("exactCompanyName", Kind::Text, |contact| json!(contact.company)),
        ContactColumn::new("title", Kind::Text, |contact| {
            json!((!contact.salutation.is_empty()).then_some(&contact.salutation))
        }),
        ContactColumn::filter_only("allEmail", Kind::SearchText, |contact| {
            json!(contact.emails.values().cloned().collect::<Vec<_>>().join("\n"))
        }),
    ],
    sort: "contactId",
};

/// `GET /contact-search`.
pub(crate) fn search(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    CONTACTS.search(account.contacts.values(), call, &no_names)
}

fn email(contact: &Contact, slot: &str) -> Value {
    json!(contact.emails.get(slot))
}

fn telephone(contact: &Contact, slot: &str) -> Value {
    json!(contact.telephones.get(slot))
}
