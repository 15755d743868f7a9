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
    /// Whether a payment of a date at which the books are closed is refused. By default it is recorded without a
    /// journal.
    pub locked_books_refuse_payments: bool,
    /// Whether a part that was answered 201 makes a multi-message 207, as anything but 200 would by the letter.
    pub created_part_makes_207: bool,
    /// Whether a multi-message takes PATCH.
    pub multi_message_takes_patch: bool,
    /// Whether a refresh token goes on working after it was used. By default only the newest one does, so that
    /// nobody keeps an old one.
    pub old_refresh_tokens_work: bool,
    /// Whether a refresh hands back the access token that is still valid, with the rest of its time.
    pub refresh_returns_a_valid_token: bool,
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
            locked_books_refuse_payments: false,
            created_part_makes_207: false,
            multi_message_takes_patch: false,
            old_refresh_tokens_work: false,
            refresh_returns_a_valid_token: false,
        }
    }
}
