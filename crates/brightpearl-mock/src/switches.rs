use serde::{Deserialize, Serialize};

/// What is not known about Brightpearl, with the assumption that the mock makes. `docs/mock-fidelity.md` lists
/// them with their evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Switches {
    /// Whether a sales credit may be received in parts. The UI refuses it, live integrations do it by API.
    pub partial_receipts: bool,
    /// The status of a payment whose (`transactionRef`, method) exists already.
    pub duplicate_payment_status: u16,
    /// The status of `WHSB-023`, a release of what the quarantine does not hold.
    pub empty_quarantine_status: u16,
    /// Whether one untracked product in the set makes the whole product-availability request fail; by default
    /// it is ignored.
    pub untracked_products_refuse_availability: bool,
    /// Whether a receipt and a payment count as a change of the order: `version`, `updatedOn` and
    /// `order.modified`. By default they do not, so that nobody relies on it.
    pub receipts_and_payments_modify_the_order: bool,
    /// Whether a throttled answer carries the two throttle headers.
    pub throttle_headers_when_throttled: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            partial_receipts: true,
            duplicate_payment_status: 409,
            empty_quarantine_status: 409,
            untracked_products_refuse_availability: false,
            receipts_and_payments_modify_the_order: false,
            throttle_headers_when_throttled: true,
        }
    }
}
