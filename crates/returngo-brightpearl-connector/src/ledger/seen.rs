use std::collections::BTreeSet;

use brightpearl::{
    GoodsInNoteId, GoodsMovementId, OffsetDateTime, OrderId, OrderStatusId,
    order::OrderSummary,
    warehouse::{GoodsMovement, GoodsNoteTypeCode},
};
use jiff::Timestamp;
use returngo::sweep::SeenRma;
use returngo_brightpearl::World;
use serde::{Deserialize, Serialize};

/// What a worker saw of an RMA when it had nothing more to do about it: a sweep that finds the same leaves the RMA
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// In ReturnGO.
    pub rma: SeenRma,
    /// In Brightpearl.
    pub credit: Option<SeenCredit>,
}

/// What was seen of an RMA's credit: enough to know a change when a search shows one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenCredit {
    /// The credit.
    pub id: OrderId,
    /// When it changed last; none if it never did.
    pub updated_on: Option<OffsetDateTime>,
    /// Its status: automation may set one within the second of the change that was seen.
    pub status: Option<OrderStatusId>,
    /// What was received for it.
    pub goods_in_notes: BTreeSet<GoodsInNoteId>,
    /// What became of it.
    pub movements: BTreeSet<GoodsMovementId>,
}

impl Seen {
    /// What this world shows, whose RMA was asked for at this time and has this credit.
    pub fn of(world: &World, credit: Option<OrderId>, asked_at: Timestamp) -> Self {
        Self { rma: SeenRma::of(&world.rma, asked_at), credit: credit.map(|id| SeenCredit::of(world, id)) }
    }
}

impl SeenCredit {
    fn of(world: &World, id: OrderId) -> Self {
        let credit = world.credits.iter().find(|credit| credit.id == id);
        Self {
            id,
            updated_on: credit.and_then(|credit| credit.updated_on),
            status: credit.map(|credit| credit.order_status.order_status_id),
            goods_in_notes: world.goods_in_notes.keys().copied().collect(),
            movements: world.goods_movements.iter().map(|movement| movement.goods_movement_id).collect(),
        }
    }

    /// Whether the credit has not changed since. Whether searches and orders show fractions of a second alike is
    /// not documented.
    pub fn is_as_in(&self, row: &OrderSummary) -> bool {
        let second = |time: OffsetDateTime| time.timestamp().as_second();
        self.updated_on.map(second) == row.updated_on.map(second) && self.status == row.order_status_id
    }

    /// Whether this movement is known: by itself, or by the note that it belongs to.
    pub fn knows(&self, movement: &GoodsMovement) -> bool {
        let is_receipt = movement.goods_note_type_code == Some(GoodsNoteTypeCode::GoodsIn);
        self.movements.contains(&movement.goods_movement_id)
            || (is_receipt && movement.batch_id.is_some_and(|batch| self.goods_in_notes.contains(&batch)))
    }
}
