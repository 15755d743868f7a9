use serde::{Deserialize, Serialize};

/// Defines the struct, its defaults and the list of its names from one table.
macro_rules! switches {
    ($( $(#[doc = $doc:literal])+ $field:ident ($name:literal): $type:ty = $default:expr, )+) => {
        /// The mock's assumptions about unknown behaviour of Brightpearl. `docs/mock-fidelity.md` lists them with
        /// their evidence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        #[non_exhaustive]
        pub struct Switches {
            $( $(#[doc = $doc])+ #[serde(rename = $name)] pub $field: $type, )+
        }

        impl Default for Switches {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        /// Name, default and description of every switch.
        const LIST: &[(&str, &str, &str)] = &[ $( ($name, stringify!($default), concat!($($doc),+)), )+ ];
    };
}

switches! {
    /// Whether a sales credit may be received in parts. The UI refuses it, live integrations do it over the API.
    partial_receipts("partialReceipts"): bool = true,
    /// The status of a payment whose (`transactionRef`, method) exists already.
    duplicate_payment_status("duplicatePaymentStatus"): u16 = 409,
    /// The status of a goods-in note whose `userBatchReference` exists already.
    duplicate_batch_status("duplicateBatchStatus"): u16 = 409,
    /// The status of `WHSB-023`, a release of goods that are not in the quarantine.
    empty_quarantine_status("emptyQuarantineStatus"): u16 = 409,
    /// The status of `CMNC-038` and `CMNC-043`, a PATCH of a missing value or path.
    patch_refusal_status("patchRefusalStatus"): u16 = 400,
    /// The status of a search with an unknown filter or column.
    unknown_filter_status("unknownFilterStatus"): u16 = 400,
    /// Whether id sets that do not ascend are `CMNC-006`. By default they are `CMNC-008`.
    unsorted_ids_are_cmnc_006("unsortedIdsAreCmnc006"): bool = false,
    /// The status of a new sales order or sales credit.
    new_order_status("newOrderStatus"): u16 = 201,
    /// Whether a POST of a sales order or sales credit with an existing key is answered with its id. Otherwise with
    /// `{}`.
    existing_orders_answer_their_id("existingOrdersAnswerTheirId"): bool = true,
    /// Whether a sales order and a sales credit cannot have the same (`externalRef`, instance).
    order_keys_are_shared_by_types("orderKeysAreSharedByTypes"): bool = false,
    /// Whether (`externalRef`, instance) is a key in `POST /order` too.
    plain_orders_have_a_key("plainOrdersHaveAKey"): bool = false,
    /// Whether a sales credit or sales order of a parent that does not exist is refused.
    unknown_parents_are_refused("unknownParentsAreRefused"): bool = true,
    /// Whether a request for sales orders of which only some exist is 207, as for sales credits.
    partly_found_sales_orders_are_207("partlyFoundSalesOrdersAre207"): bool = true,
    /// How many reads show a closed order as `pending` before accounting has processed it.
    pending_reads_after_close("pendingReadsAfterClose"): u32 = 0,
    /// Whether a PATCH is atomic. Otherwise the operations before a refused one are kept.
    patches_are_atomic("patchesAreAtomic"): bool = true,
    /// Whether a change of custom fields counts as a change of the order: `version`, `updatedOn`, `order.modified`.
    custom_fields_modify_the_order("customFieldsModifyTheOrder"): bool = true,
    /// Whether a receipt and a payment count as a change of the order: `version`, `updatedOn` and `order.modified`.
    /// By default they do not, so that clients do not depend on it.
    receipts_and_payments_modify_the_order("receiptsAndPaymentsModifyTheOrder"): bool = false,
    /// How many milliseconds after its creation a search shows an object. Requests by id show it at once.
    search_lag_ms("searchLagMs"): u64 = 0,
    /// Whether the end of a period in a search filter is inclusive.
    periods_include_their_end("periodsIncludeTheirEnd"): bool = false,
    /// Whether `amountPaid` of a `PAYMENT` is negative in the search.
    payments_out_are_negative("paymentsOutAreNegative"): bool = false,
    /// Whether a payment by an inactive method is refused.
    inactive_methods_refuse_payments("inactiveMethodsRefusePayments"): bool = false,
    /// Whether deleting a payment keeps its journal.
    deleted_payments_keep_their_journal("deletedPaymentsKeepTheirJournal"): bool = false,
    /// Whether a payment with a date in a closed accounting period is refused. By default it is recorded without a
    /// journal.
    locked_books_refuse_payments("lockedBooksRefusePayments"): bool = false,
    /// Whether the shop connector cancels an invoiced sale that it has reversed.
    reversals_cancel_invoiced_sales("reversalsCancelInvoicedSales"): bool = false,
    /// Whether un-invoicing an order removes its journal. By default it posts a second journal that reverses it.
    uninvoicing_removes_the_journal("uninvoicingRemovesTheJournal"): bool = false,
    /// Whether one untracked product in the set makes the whole product-availability request fail. By default it is
    /// ignored.
    untracked_products_refuse_availability("untrackedProductsRefuseAvailability"): bool = false,
    /// Whether goods in quarantine count as on hand.
    quarantine_is_on_hand("quarantineIsOnHand"): bool = false,
    /// Whether a stock correction may take goods out of quarantine.
    quarantine_can_be_corrected("quarantineCanBeCorrected"): bool = true,
    /// Whether goods keep their batch when they are released from quarantine. Otherwise the release is their new
    /// batch.
    releases_keep_the_batch("releasesKeepTheBatch"): bool = true,
    /// Whether `quarantine-release.created` has the id of the arriving goods movement. Otherwise it has the transfer
    /// note's.
    releases_are_told_by_movement("releasesAreToldByMovement"): bool = false,
    /// Whether a webhook must mention `${resource-id}`.
    resource_id_is_mandatory("resourceIdIsMandatory"): bool = true,
    /// Whether a throttled answer has the two throttle headers.
    throttle_headers_when_throttled("throttleHeadersWhenThrottled"): bool = true,
    /// Whether a message with status 201 makes a multi-message 207, as the documentation's wording implies.
    created_part_makes_207("createdPartMakes207"): bool = false,
    /// Whether a multi-message accepts PATCH.
    multi_message_takes_patch("multiMessageTakesPatch"): bool = false,
    /// Whether a refresh token still works after its use. By default only the newest one works, so that clients do
    /// not keep an old one.
    old_refresh_tokens_work("oldRefreshTokensWork"): bool = false,
    /// Whether a refresh returns the access token that is still valid, with its remaining lifetime.
    refresh_returns_a_valid_token("refreshReturnsAValidToken"): bool = false,
}

/// An invalid switch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSwitch {
    /// The name is unknown.
    #[error("unknown switch `{0}`: --help lists all")]
    Unknown(String),
    /// The value is invalid for the switch.
    #[error("invalid value `{value}` for switch `{name}`: its default is {default}")]
    Value {
        /// The switch.
        name: &'static str,
        /// The invalid value.
        value: String,
        /// The default.
        default: &'static str,
    },
}

impl Switches {
    /// Returns the switches as they are by default, but for these changes.
    ///
    /// ```
    /// let switches = brightpearl_mock::Switches::with(|switches| switches.partial_receipts = false);
    /// assert_ne!(switches, brightpearl_mock::Switches::default());
    /// ```
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut switches = Self::default();
        change(&mut switches);
        switches
    }

    /// Sets one switch, given as `name=value`.
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
    /// The name or the value is invalid.
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

    /// Returns the name, default and description of every switch, for command help.
    pub fn help() -> String {
        let entry =
            |(name, default, about): &(&str, &str, &str)| format!("  {name}={default}\n       {about}\n");
        LIST.iter().map(entry).collect()
    }
}
