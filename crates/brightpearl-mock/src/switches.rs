use serde::{Deserialize, Serialize};

/// Writes the struct, its defaults and the list of its names from one table.
macro_rules! switches {
    ($( $(#[doc = $doc:literal])+ $field:ident ($name:literal): $type:ty = $default:expr, )+) => {
        /// What is not known about Brightpearl, with the assumption that the mock makes unless told otherwise.
        /// `docs/mock-fidelity.md` lists them with their evidence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Switches {
            $( $(#[doc = $doc])+ #[serde(rename = $name)] pub $field: $type, )+
        }

        impl Default for Switches {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        /// Every switch outside of Rust: its name, its default, what it is about.
        const LIST: &[(&str, &str, &str)] = &[ $( ($name, stringify!($default), concat!($($doc),+)), )+ ];
    };
}

switches! {
    /// Whether a sales credit may be received in parts. The UI refuses it, live integrations do it by API.
    partial_receipts("partialReceipts"): bool = true,
    /// The status of a payment whose (`transactionRef`, method) exists already.
    duplicate_payment_status("duplicatePaymentStatus"): u16 = 409,
    /// The status of a goods-in note whose `userBatchReference` exists already.
    duplicate_batch_status("duplicateBatchStatus"): u16 = 409,
    /// The status of `WHSB-023`, a release of what the quarantine does not hold.
    empty_quarantine_status("emptyQuarantineStatus"): u16 = 409,
    /// The status of `CMNC-038` and `CMNC-043`, a PATCH of what is not there.
    patch_refusal_status("patchRefusalStatus"): u16 = 400,
    /// The status of a search by a filter or column that does not exist.
    unknown_filter_status("unknownFilterStatus"): u16 = 400,
    /// Whether id sets that do not ascend are `CMNC-006`; `CMNC-008` otherwise.
    unsorted_ids_are_cmnc_006("unsortedIdsAreCmnc006"): bool = false,
    /// The status of a new sales order or sales credit.
    new_order_status("newOrderStatus"): u16 = 201,
    /// Whether a sales order or sales credit that exists already under its key is answered with its id; with `{}`
    /// otherwise.
    existing_orders_answer_their_id("existingOrdersAnswerTheirId"): bool = true,
    /// Whether a sales order and a sales credit cannot have the same (`externalRef`, instance).
    order_keys_are_shared_by_types("orderKeysAreSharedByTypes"): bool = false,
    /// Whether (`externalRef`, instance) is a key in `POST /order` too.
    plain_orders_have_a_key("plainOrdersHaveAKey"): bool = false,
    /// Whether a sales credit or sales order of a parent that does not exist is refused.
    unknown_parents_are_refused("unknownParentsAreRefused"): bool = true,
    /// Whether sales orders of which only some exist are answered 207, as sales credits are.
    partly_found_sales_orders_are_207("partlyFoundSalesOrdersAre207"): bool = true,
    /// How many times a closed order still reads as `pending` before accounting has answered.
    pending_reads_after_close("pendingReadsAfterClose"): u32 = 0,
    /// Whether a PATCH is applied whole or not at all; operations before a refused one stay otherwise.
    patches_are_atomic("patchesAreAtomic"): bool = true,
    /// Whether a change of custom fields counts as a change of the order: `version`, `updatedOn`, `order.modified`.
    custom_fields_modify_the_order("customFieldsModifyTheOrder"): bool = true,
    /// Whether a receipt and a payment count as a change of the order: `version`, `updatedOn` and `order.modified`.
    /// By default they do not, so that nobody relies on it.
    receipts_and_payments_modify_the_order("receiptsAndPaymentsModifyTheOrder"): bool = false,
    /// How many milliseconds after its creation a search shows an object; requests by id show it at once.
    search_lag_ms("searchLagMs"): u64 = 0,
    /// Whether the end of a period in a search filter belongs to it.
    periods_include_their_end("periodsIncludeTheirEnd"): bool = false,
    /// Whether `amountPaid` of a `PAYMENT` is negative in the search.
    payments_out_are_negative("paymentsOutAreNegative"): bool = false,
    /// Whether a payment by a method that is no longer active is refused.
    inactive_methods_refuse_payments("inactiveMethodsRefusePayments"): bool = false,
    /// Whether the journal of a payment stays when the payment is deleted.
    deleted_payments_keep_their_journal("deletedPaymentsKeepTheirJournal"): bool = false,
    /// Whether a payment of a date at which the books are closed is refused. By default it is recorded without a
    /// journal.
    locked_books_refuse_payments("lockedBooksRefusePayments"): bool = false,
    /// Whether one untracked product in the set makes the whole product-availability request fail; by default it is
    /// ignored.
    untracked_products_refuse_availability("untrackedProductsRefuseAvailability"): bool = false,
    /// Whether goods in quarantine count as on hand.
    quarantine_is_on_hand("quarantineIsOnHand"): bool = false,
    /// Whether a stock correction may take goods out of quarantine.
    quarantine_can_be_corrected("quarantineCanBeCorrected"): bool = true,
    /// Whether goods keep their batch when they are released from quarantine; the release is their batch otherwise.
    releases_keep_the_batch("releasesKeepTheBatch"): bool = true,
    /// Whether `quarantine-release.created` names the goods movement that arrives; the transfer's note otherwise.
    releases_are_told_by_movement("releasesAreToldByMovement"): bool = false,
    /// Whether a webhook must mention `${resource-id}`.
    resource_id_is_mandatory("resourceIdIsMandatory"): bool = true,
    /// Whether a throttled answer carries the two throttle headers.
    throttle_headers_when_throttled("throttleHeadersWhenThrottled"): bool = true,
    /// Whether a part that was answered 201 makes a multi-message 207, as anything but 200 would by the letter.
    created_part_makes_207("createdPartMakes207"): bool = false,
    /// Whether a multi-message takes PATCH.
    multi_message_takes_patch("multiMessageTakesPatch"): bool = false,
    /// Whether a refresh token goes on working after it was used. By default only the newest one does, so that
    /// nobody keeps an old one.
    old_refresh_tokens_work("oldRefreshTokensWork"): bool = false,
    /// Whether a refresh hands back the access token that is still valid, with the rest of its time.
    refresh_returns_a_valid_token("refreshReturnsAValidToken"): bool = false,
}

/// A switch that cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSwitch {
    /// There is no switch of this name.
    #[error("there is no switch `{0}`: --help lists them")]
    Unknown(String),
    /// The value is not one that the switch takes.
    #[error("the switch `{name}` does not take `{value}`: its default is {default}")]
    Value {
        /// The switch.
        name: &'static str,
        /// What it was to be.
        value: String,
        /// What it is otherwise.
        default: &'static str,
    },
}

impl Switches {
    /// Sets one switch, written as `name=value`.
    ///
    /// ```
    /// use brightpearl_mock::Switches;
    ///
    /// let mut switches = Switches::default();
    /// switches.set("partialReceipts=false")?;
    /// assert!(!switches.partial_receipts);
    /// assert!(switches.set("partialReceipt=false").is_err());
    /// assert!(switches.set("partialReceipts=perhaps").is_err());
    /// # Ok::<(), brightpearl_mock::InvalidSwitch>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such switch, or it does not take this value.
    pub fn set(&mut self, assignment: &str) -> Result<(), InvalidSwitch> {
        let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        let known = LIST.iter().find(|(known, ..)| *known == name);
        let (name, default, _) = *known.ok_or_else(|| InvalidSwitch::Unknown(name.to_owned()))?;
        let invalid = || InvalidSwitch::Value { name, value: value.to_owned(), default };
        let read = serde_json::from_str(value).map_err(|_| invalid())?;
        let mut all = serde_json::to_value(*self).map_err(|_| invalid())?;
        all[name] = read;
        *self = serde_json::from_value(all).map_err(|_| invalid())?;
        Ok(())
    }

    /// Every switch with its default and what it is about, for people to read.
    pub fn help() -> String {
        let entry =
            |(name, default, about): &(&str, &str, &str)| format!("  {name}={default}\n       {about}\n");
        LIST.iter().map(entry).collect()
    }
}
