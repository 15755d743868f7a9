//! Claims of RMAs to credits of other programs. A credit belongs to at most one RMA.
//!
//! An RMA claims such a credit with a note on it before anything else is written. Of several notes, the one with the lowest
//! id is valid, so all RMAs come to the same result.

use std::collections::HashSet;

use brightpearl::{
    OrderNoteId,
    order::{NewOrderNote, Order},
};
use returngo::RmaId;

use crate::{keys, plan::Effect, rma_facts, world::World};

/// The holder of a credit, from the perspective of one RMA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holder {
    None,
    /// This RMA, by a claim.
    Claimed,
    /// This RMA, because of refunds that are recorded on the credit.
    Paid,
    Other(OtherHolder),
}

/// Another RMA that holds a credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OtherHolder {
    pub(crate) rma: RmaId,
    /// The evidence that it holds the credit.
    pub(crate) evidence: HolderEvidence,
    /// Whether this RMA adopted or used the credit as well.
    pub(crate) is_contested: bool,
}

/// The evidence that an RMA holds a credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HolderEvidence {
    Note(OrderNoteId),
    Store,
    PaymentOrNote,
}

/// Returns the holder of a credit: according to the first claim note, else the caller's store, else the refunds on it.
pub(crate) fn holder(credit: &Order, world: &World) -> Holder {
    let own = world.rma.id();
    let noted = claim_notes(credit, world);
    let is_noted = || noted.iter().any(|(_, rma)| rma == own);
    let in_store: Vec<&RmaId> =
        world.claims.iter().filter(|claim| claim.credit_id == credit.id).map(|claim| &claim.rma_id).collect();
    let is_stored = || in_store.contains(&own);
    let is_paid = || has_payment_of(credit, world);
    if let Some((note, rma)) = noted.iter().min() {
        if rma == own {
            return Holder::Claimed;
        }
        let is_contested = is_noted() || is_stored() || is_paid();
        return Holder::Other(OtherHolder {
            rma: rma.clone(),
            evidence: HolderEvidence::Note(*note),
            is_contested,
        });
    }
    if let Some(rma) = in_store.iter().filter(|rma| **rma != own).min() {
        let is_contested = is_stored() || is_paid();
        return Holder::Other(OtherHolder {
            rma: (*rma).clone(),
            evidence: HolderEvidence::Store,
            is_contested,
        });
    }
    if is_stored() {
        return Holder::Claimed;
    }
    if is_paid() {
        return Holder::Paid;
    }
    match other_rma_on(credit, world) {
        Some(rma) => {
            Holder::Other(OtherHolder { rma, evidence: HolderEvidence::PaymentOrNote, is_contested: false })
        }
        None => Holder::None,
    }
}

/// Returns the note that claims a credit for an RMA. Its text is ASCII, so Brightpearl returns it unchanged.
pub(crate) fn claim(rma: &RmaId, credit: &Order) -> Effect {
    let key = keys::adopted(rma);
    let text = format!("ReturnGO RMA {rma} adopted this sales credit. [{key}]");
    Effect::AddOrderNote { key, order_id: credit.id, body: NewOrderNote { text, is_public: false } }
}

/// Returns the claim notes on a credit with their RMAs.
fn claim_notes(credit: &Order, world: &World) -> Vec<(OrderNoteId, RmaId)> {
    let notes = world.order_notes.iter().filter(|note| note.order_id == Some(credit.id));
    let claims = notes.flat_map(|note| {
        let rmas = keys::mentioned(&note.text).filter_map(keys::rma_of_adopted);
        rmas.map(|rma| (note.note_id, rma))
    });
    claims.collect()
}

/// Whether a refund of this RMA is recorded on the credit.
fn has_payment_of(credit: &Order, world: &World) -> bool {
    let rma = &world.rma;
    let refunds: HashSet<String> =
        rma_facts::transactions(rma).iter().map(|refund| keys::refund(rma.id(), &refund.id)).collect();
    let on_credit = world.payments.iter().filter(|payment| payment.order_id == Some(credit.id));
    on_credit
        .filter_map(|payment| payment.transaction_ref.as_ref())
        .any(|reference| refunds.contains(reference))
}

/// Returns the lowest other RMA with a payment or note on the credit.
fn other_rma_on(credit: &Order, world: &World) -> Option<RmaId> {
    let on_credit = world.payments.iter().filter(|payment| payment.order_id == Some(credit.id));
    let references = on_credit.filter_map(|payment| payment.transaction_ref.as_deref());
    let notes = world.order_notes.iter().filter(|note| note.order_id == Some(credit.id));
    let texts = references.chain(notes.map(|note| note.text.as_str()));
    let rmas = texts.flat_map(keys::mentioned).filter_map(keys::rma_of);
    rmas.filter(|rma| rma != world.rma.id()).min()
}
