//! Keys: what makes a write recognisable, so that it happens once.
//!
//! A key depends on ids alone, has at most 64 characters and is one word of letters, digits, `-` and `_`, so
//! that it can be found again inside a text.

use std::fmt;

use brightpearl::{OrderRowId, OrderStatusId};
use returngo::{ReturnedItemId, RmaId, ShipmentId, TransactionId};

/// What Brightpearl stores of a reference (docs/evidence/brightpearl-accounting.md#recording-a-payment,
/// docs/evidence/brightpearl-orders.md#unique-key-of-a-sales-credit).
const LONGEST: usize = 64;
const PREFIX: &str = "RGO-";
const ADOPTED: &str = "-adopted";

/// The `externalRef` of an RMA's credit: `RGO-4410021`.
pub fn credit(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}"))
}

/// Whether an `externalRef` is that of an RMA's credit, whichever RMA.
pub fn is_credit(reference: &str) -> bool {
    reference.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// The RMA whose credit has this `externalRef`; none for another program's.
pub fn rma_of_credit(reference: &str) -> Option<RmaId> {
    is_credit(reference).then(|| reference.strip_prefix(PREFIX)?.parse().ok())?
}

/// The RMA whose refund has this `transactionRef`; none for another program's payment.
pub fn rma_of_refund(reference: &str) -> Option<RmaId> {
    let (rma, _) = reference.strip_prefix(PREFIX)?.split_once('-')?;
    rma.starts_with(|first: char| first.is_ascii_digit()).then(|| rma.parse().ok())?
}

/// The RMA of a key that begins with an RMA's number, whatever it is the key of.
pub(crate) fn rma_of(key: &str) -> Option<RmaId> {
    let number = key.strip_prefix(PREFIX)?.split('-').next()?;
    number.starts_with(|first: char| first.is_ascii_digit()).then(|| number.parse().ok())?
}

/// The key of an RMA's claim to a credit of another program: `RGO-4410021-adopted`.
pub fn adopted(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}{ADOPTED}"))
}

/// Whether an effect with this key claims a credit of another program. Only one RMA may hold a credit: write
/// such a claim under a lock on the credit, and look for other claims before.
pub fn is_adopted(key: &str) -> bool {
    rma_of_adopted(key).is_some()
}

/// The RMA that claims a credit with this key; none for other keys.
pub fn rma_of_adopted(key: &str) -> Option<RmaId> {
    let number = key.strip_prefix(PREFIX)?.strip_suffix(ADOPTED)?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// The customer reference of an RMA's credit: prefix and number.
pub fn customer_reference(prefix: &str, rma: &RmaId) -> String {
    format!("{prefix}{rma}").chars().take(LONGEST).collect()
}

/// The `externalRef` of a credit row: which row of the order it credits, and its first unit.
pub fn row(row: OrderRowId, first_unit: &ReturnedItemId) -> String {
    word(format!("{PREFIX}R{row}-{first_unit}"))
}

/// What a credit row's `externalRef` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowKey<'a> {
    /// The row of the order that is credited.
    pub order_row: OrderRowId,
    /// The first unit's id; shortened if it was absurdly long.
    pub first_unit: &'a str,
}

impl<'a> RowKey<'a> {
    /// Reads it; none for the key of a fee or of another program.
    pub fn parse(reference: &'a str) -> Option<Self> {
        let (order_row, first_unit) = reference.strip_prefix(PREFIX)?.strip_prefix('R')?.split_once('-')?;
        Some(Self { order_row: order_row.parse().ok()?, first_unit })
    }
}

/// The kinds of fee that a credit can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeeKind {
    /// For restocking.
    Restocking,
    /// For the return as such.
    Return,
    /// For the label.
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

/// The `externalRef` of a fee's row.
pub fn fee(kind: FeeKind) -> String {
    format!("{PREFIX}F-{kind}")
}

/// Whether an `externalRef` is that of a fee's row.
pub(crate) fn is_fee(reference: &str) -> bool {
    FeeKind::ALL.into_iter().any(|kind| fee(kind) == reference)
}

/// The `transactionRef` of a refund: `RGO-4410021-778120`.
pub fn refund(rma: &RmaId, transaction: &TransactionId) -> String {
    word(format!("{PREFIX}{rma}-{transaction}"))
}

/// The key of the row that makes room for a refund above the credit.
pub fn adjustment(rma: &RmaId, transaction: &TransactionId) -> String {
    word(format!("{PREFIX}{rma}-{transaction}-row"))
}

/// The key of the note about a transaction. Not the refund's own: a refund that was noted may be recorded later.
pub fn note(rma: &RmaId, transaction: &TransactionId) -> String {
    word(format!("{PREFIX}{rma}-{transaction}-note"))
}

/// The key of closing an RMA's credit.
pub fn close(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}-close"))
}

/// The key of setting the status of an RMA's credit.
pub fn status(rma: &RmaId, status: OrderStatusId) -> String {
    word(format!("{PREFIX}{rma}-status-{status}"))
}

/// The key of setting the custom fields of an RMA's credit.
pub fn custom_fields(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}-fields"))
}

/// The key of moving a shipment, or the RMA itself where there is none.
pub fn progress(rma: &RmaId, shipment: Option<&ShipmentId>, stage: Stage) -> String {
    match shipment {
        Some(shipment) => word(format!("{PREFIX}{rma}-shipment-{shipment}-{stage}")),
        None => word(format!("{PREFIX}{rma}-rma-{stage}")),
    }
}

/// The key of the comment about this many units having come.
pub fn received_comment(rma: &RmaId, units: usize) -> String {
    word(format!("{PREFIX}{rma}-received-{units}"))
}

/// The key of the comment about the result of the return.
pub fn result_comment(rma: &RmaId) -> String {
    word(format!("{PREFIX}{rma}-result"))
}

/// How far the warehouse is with a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Something came.
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

/// The keys that a text mentions, each a whole word: `RGO-1-77` is not in a text that says `RGO-1-778`.
pub fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_key_character(c)).filter(|word| word.starts_with(PREFIX))
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// A key that is too long, or has characters that could not be found again in a text, keeps what fits of it
/// and gets a digest of the whole.
fn word(key: String) -> String {
    if key.len() <= LONGEST && key.chars().all(is_key_character) {
        return key;
    }
    let readable: String = key.chars().filter(|&c| is_key_character(c)).take(LONGEST - 17).collect();
    format!("{readable}-{:016x}", digest(&key))
}

/// FNV-1a: the same in every build and on every machine, which the standard hasher does not promise.
fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
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
