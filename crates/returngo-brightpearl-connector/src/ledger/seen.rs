use std::collections::BTreeSet;

use brightpearl::{
    GoodsInNoteId, GoodsMovementId, OrderId,
    order::Order,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};
use jiff::Timestamp;
use returngo::sweep::ObservedRma;
use returngo_brightpearl_mapping::World;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a worker saw of an RMA when it had nothing more to do about it: a sweep that finds the same leaves the RMA
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// In ReturnGO.
    pub rma: ObservedRma,
    /// In Brightpearl.
    pub credit: Option<SeenCredit>,
}

/// What was seen of an RMA's credit: enough to know a change when a search shows one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenCredit {
    /// The credit.
    pub id: OrderId,
    /// A digest of all that the order shows. When it changed last does not tell enough: Brightpearl shows whole
    /// seconds, and more may change within the one that was seen.
    #[serde(default)]
    pub digest: Option<String>,
    /// What was received for it.
    pub goods_in_notes: BTreeSet<GoodsInNoteId>,
    /// What became of it.
    pub movements: BTreeSet<GoodsMovementId>,
}

impl Seen {
    /// What this world shows, whose RMA was asked for at this time and has this credit.
    pub fn of(world: &World, credit: Option<OrderId>, asked_at: Timestamp) -> Self {
        Self {
            rma: ObservedRma::of(&world.rma, asked_at),
            credit: credit.map(|id| SeenCredit::of(world, id)),
        }
    }
}

impl SeenCredit {
    fn of(world: &World, id: OrderId) -> Self {
        let credit = world.credits.iter().find(|credit| credit.id == id);
        Self {
            id,
            digest: credit.and_then(digest),
            goods_in_notes: world.goods_in_notes.keys().copied().collect(),
            movements: world.goods_movements.iter().map(|movement| movement.goods_movement_id).collect(),
        }
    }

    /// Whether the credit has not changed since.
    pub fn is_as_in(&self, order: &Order) -> bool {
        self.digest.is_some() && self.digest == digest(order)
    }

    /// Whether this movement is known: by itself, or by the note that it belongs to.
    pub fn knows(&self, movement: &GoodsMovement) -> bool {
        let is_receipt = movement.goods_note_type_code == Some(GoodsNoteTypeCode::GoodsIn);
        self.movements.contains(&movement.goods_movement_id)
            || (is_receipt && movement.batch_id.is_some_and(|batch| self.goods_in_notes.contains(&batch)))
    }
}

/// Custom fields do not count: a sweep does not ask for them.
fn digest(order: &Order) -> Option<String> {
    let mut order = order.clone();
    order.custom_fields = None;
    order.null_custom_fields = None;
    let shown = serde_json::to_vec(&order).ok()?;
    Some(Sha256::digest(shown).iter().map(|byte| format!("{byte:02x}")).collect())
}
