//! Keys, which identify writes so that each is applied only once.
//!
//! A key depends on ids only. It has at most 64 characters and is one word of letters, digits, `-` and `_`, so that it can
//! be found inside a text.

use std::fmt;

use api_client_core::fingerprint;
use brightpearl::{OrderRowId, OrderStatusId};
use returngo::{ReturnedItemId, RmaId, ShipmentId, TransactionId};

/// The number of characters that Brightpearl stores of a reference
/// (docs/evidence/brightpearl-accounting.md#recording-a-payment,
/// docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit).
const LONGEST: usize = 64;
const PREFIX: &str = "RGO-";
const ADOPTED: &str = "-adopted";

/// Returns the `externalRef` of an RMA's credit: `RGO-4410021`.
pub fn credit(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}"))
}

/// Whether an `externalRef` is that of an RMA's credit.
pub fn is_credit(reference: &str) -> bool {
    reference.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Returns the RMA whose credit has this `externalRef`. `None` for credits of other programs.
pub fn rma_of_credit(reference: &str) -> Option<RmaId> {
    is_credit(reference).then(|| reference.strip_prefix(PREFIX)?.parse().ok())?
}

/// Returns the RMA whose refund has this `transactionRef`. `None` for payments of other programs.
pub fn rma_of_refund(reference: &str) -> Option<RmaId> {
    let (rma, _) = reference.strip_prefix(PREFIX)?.split_once('-')?;
    rma.starts_with(|first: char| first.is_ascii_digit()).then(|| rma.parse().ok())?
}

/// Returns the RMA of any key that begins with an RMA's number.
pub(crate) fn rma_of(key: &str) -> Option<RmaId> {
    let number = key.strip_prefix(PREFIX)?.split('-').next()?;
    number.starts_with(|first: char| first.is_ascii_digit()).then(|| number.parse().ok())?
}

/// Returns the key of an RMA's claim to a credit of another program: `RGO-4410021-adopted`.
pub fn adopted(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}{ADOPTED}"))
}

/// Whether an effect with this key claims a credit of another program. Only one RMA may hold a credit: lock the credit and
/// check for other claims before you write such a claim.
pub fn is_adopted(key: &str) -> bool {
    rma_of_adopted(key).is_some()
}

/// Returns the RMA that claims a credit with this key. `None` for other keys.
pub fn rma_of_adopted(key: &str) -> Option<RmaId> {
    let number = key.strip_prefix(PREFIX)?.strip_suffix(ADOPTED)?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// Returns the customer reference of an RMA's credit: prefix and number.
pub fn customer_reference(prefix: &str, rma: &RmaId) -> String {
    format!("{prefix}{rma}").chars().take(LONGEST).collect()
}

/// Returns the `externalRef` of a credit row, which contains the order row and the first unit.
pub fn row(row: OrderRowId, first_unit: &ReturnedItemId) -> String {
    word(format!("{PREFIX}R{row}-{first_unit}"))
}

/// The parts of a credit row's `externalRef`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowKey<'a> {
    /// The row of the order that is credited.
    pub order_row: OrderRowId,
    /// The first unit's id, truncated if it is very long.
    pub first_unit: &'a str,
}

impl<'a> RowKey<'a> {
    /// Parses a row key. `None` for keys of fees and of other programs.
    pub fn parse(reference: &'a str) -> Option<Self> {
        let (order_row, first_unit) = reference.strip_prefix(PREFIX)?.strip_prefix('R')?.split_once('-')?;
        Some(Self { order_row: order_row.parse().ok()?, first_unit })
    }
}

/// The kinds of fees on a credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeeKind {
    /// A restocking fee.
    Restocking,
    /// A fee for the return.
    Return,
    /// A fee for the return shipment.
    Shipment,
}

impl FeeKind {
    /// All kinds, in the order of their rows.
    pub const ALL: [Self; 3] = [Self::Restocking, Self::Return, Self::Shipment];
}

impl fmt::Display for FeeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Restocking => "restocking",
            Self::Return => "return",
            Self::Shipment => "shipment",
        })
    }
}

/// Returns the `externalRef` of the share of a discount row: `RGO-D884130`.
pub fn discount(row: OrderRowId) -> String {
    format!("{PREFIX}D{row}")
}

/// Returns the discount row whose share has this `externalRef`. `None` for other references.
pub fn discount_row(reference: &str) -> Option<OrderRowId> {
    reference.strip_prefix(PREFIX)?.strip_prefix('D')?.parse().ok()
}

/// Returns the `externalRef` of a fee's row.
pub fn fee(kind: FeeKind) -> String {
    format!("{PREFIX}F-{kind}")
}

/// Whether an `externalRef` is that of a fee's row.
pub(crate) fn is_fee(reference: &str) -> bool {
    FeeKind::ALL.into_iter().any(|kind| fee(kind) == reference)
}

/// Returns the `transactionRef` of a refund: `RGO-4410021-778120`.
pub fn refund(rma: &RmaId, transaction: &TransactionId) -> String {
    word(format!("{PREFIX}{rma}-{transaction}"))
}

/// Returns the key of the adjustment row for a refund above the credit.
pub fn adjustment(rma: &RmaId, transaction: &TransactionId) -> String {
    word(format!("{PREFIX}{rma}-{transaction}-row"))
}

/// Returns the key of the note about a transaction. It differs from the refund's key, because a noted refund may be recorded
/// later.
pub fn note(rma: &RmaId, transaction: &TransactionId) -> String {
    word(format!("{PREFIX}{rma}-{transaction}-note"))
}

/// Returns the key for closing an RMA's credit.
pub fn close(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}-close"))
}

/// Returns the key for setting the status of an RMA's credit.
pub fn status(rma: &RmaId, status: OrderStatusId) -> String {
    word(format!("{PREFIX}{rma}-status-{status}"))
}

/// Returns the key for setting the custom fields of an RMA's credit.
pub fn custom_fields(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}-fields"))
}

/// Returns the key for updating a shipment's status, or that of the RMA without a shipment.
pub fn progress(rma: &RmaId, shipment: Option<&ShipmentId>, stage: Stage) -> String {
    match shipment {
        Some(shipment) => word(format!("{PREFIX}{rma}-shipment-{shipment}-{stage}")),
        None => word(format!("{PREFIX}{rma}-rma-{stage}")),
    }
}

/// Returns the key of the comment about this number of received units.
pub fn received_comment(rma: &RmaId, units: usize) -> String {
    word(format!("{PREFIX}{rma}-received-{units}"))
}

/// Returns the key of the comment about the result of the return.
pub fn result_comment(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}-result"))
}

/// The progress of a return in the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// At least one unit was received.
    Received,
    /// Every unit is accounted for.
    Validated,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Received => "received",
            Self::Validated => "validated",
        })
    }
}

/// Iterates over the keys in a text. A key is a whole word: `RGO-1-77` is not in a text with `RGO-1-778`.
pub fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_key_character(c)).filter(|word| word.starts_with(PREFIX))
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Returns the key as one word. A key that is too long or has other characters is truncated and gets a digest of the whole
/// key.
fn word(key: String) -> String {
    if key.len() <= LONGEST && key.chars().all(is_key_character) {
        return key;
    }
    let readable: String = key.chars().filter(|&c| is_key_character(c)).take(LONGEST - 17).collect();
    format!("{readable}-{:016x}", fingerprint(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_and_stay_apart_however_long_the_ids_are() {
        let rma: RmaId = "4410021".parse().unwrap();
        let [long, longer] = ["x".repeat(70), "x".repeat(71)].map(TransactionId::new);
        for key in [refund(&rma, &long), refund(&rma, &longer), refund(&rma, &TransactionId::new("a b"))] {
            assert!(key.len() <= LONGEST, "{key}");
            assert_eq!(mentioned(&format!("Refund [{key}].")).collect::<Vec<_>>(), [key.as_str()]);
        }
        assert_ne!(refund(&rma, &long), refund(&rma, &longer));
        assert_ne!(refund(&rma, &TransactionId::new("a b")), refund(&rma, &TransactionId::new("ab")));
    }

    #[test]
    fn a_key_is_not_found_inside_a_longer_one() {
        assert!(!mentioned("paid, see RGO-4410021-778120").any(|key| key == "RGO-4410021-77812"));
        assert!(mentioned("<b>RGO-4410021-778120</b>").any(|key| key == "RGO-4410021-778120"));
    }

    #[test]
    fn a_row_key_says_which_row_it_credits() {
        let key = row(OrderRowId::new(884001), &ReturnedItemId::new("5600011"));
        assert_eq!(key, "RGO-R884001-5600011");
        let expected = RowKey { order_row: OrderRowId::new(884001), first_unit: "5600011" };
        assert_eq!(RowKey::parse(&key), Some(expected));
        for other in ["RGO-F-return", "RGO-4410021", "RGO-Rx-1", "81000001"] {
            assert_eq!(RowKey::parse(other), None, "{other}");
        }
    }
}
