use std::collections::BTreeMap;

use brightpearl::{ContactId, OffsetDateTime, PriceListId, order::Address};

use super::StoredAddress;

/// A contact: a customer, a supplier or a member of staff.
#[derive(Clone)]
pub(crate) struct Contact {
    pub(crate) id: ContactId,
    pub(crate) salutation: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// By `PRI`, `SEC`, `TER`.
    pub(crate) emails: BTreeMap<String, String>,
    /// By `PRI`, `SEC`, `MOB`, `FAX`.
    pub(crate) telephones: BTreeMap<String, String>,
    pub(crate) is_supplier: bool,
    pub(crate) is_staff: bool,
    pub(crate) company: Option<String>,
    pub(crate) newsletter: bool,
    pub(crate) price_list: PriceListId,
    /// By `DEF`, `BIL`, `DEL`.
    pub(crate) address_ids: BTreeMap<String, u64>,
    pub(crate) created_on: Option<OffsetDateTime>,
    pub(crate) updated_on: Option<OffsetDateTime>,
}

impl Contact {
    pub(crate) const fn is_customer(&self) -> bool {
        !self.is_supplier && !self.is_staff
    }

    /// Returns the default address in the form that orders have.
    pub(crate) fn address(&self, addresses: &BTreeMap<u64, StoredAddress>) -> Address {
        let stored = self.address_ids.get("DEF").and_then(|id| addresses.get(id));
        Address {
            address_full_name: Some(format!("{} {}", self.first_name, self.last_name)),
            email: self.emails.get("PRI").cloned(),
            ..stored.map(|stored| stored.address.clone()).unwrap_or_default()
        }
    }
}
