use brightpearl::{ContactId, order::Address};

/// An address with its contact.
#[derive(Clone)]
pub(crate) struct StoredAddress {
    pub(crate) contact: Option<ContactId>,
    /// Without name and e-mail address, which belong to the contact.
    pub(crate) address: Address,
}
