//! The ids that the account assigns.

/// An ascending sequence of ids. An id is never assigned twice.
#[derive(Debug)]
pub(crate) struct IdSequence {
    next: u64,
}

impl IdSequence {
    const fn from(next: u64) -> Self {
        Self { next }
    }

    /// Assigns the next id.
    pub(crate) const fn next(&mut self) -> u64 {
        self.next_block(1)
    }

    /// Assigns this many consecutive ids and returns the first.
    pub(crate) const fn next_block(&mut self, count: u64) -> u64 {
        let first = self.next;
        self.next += count;
        first
    }

    /// Marks an id that the seed gives as assigned, together with all lower ones.
    pub(crate) fn reserve(&mut self, id: u64) {
        self.next = self.next.max(id + 1);
    }
}

/// One sequence for each kind of object.
pub(crate) struct NextIds {
    pub(crate) order: IdSequence,
    pub(crate) row: IdSequence,
    pub(crate) note: IdSequence,
    pub(crate) payment: IdSequence,
    pub(crate) journal: IdSequence,
    pub(crate) journal_row: IdSequence,
    /// Goods-in notes, transfers and corrections share one sequence.
    pub(crate) goods_note: IdSequence,
    pub(crate) movement: IdSequence,
    pub(crate) webhook: IdSequence,
    pub(crate) credit_invoice: IdSequence,
    pub(crate) sale_invoice: IdSequence,
    pub(crate) contact: IdSequence,
    pub(crate) postal_address: IdSequence,
    pub(crate) order_status: IdSequence,
    pub(crate) payment_method: IdSequence,
}

impl Default for NextIds {
    fn default() -> Self {
        Self {
            order: IdSequence::from(300_001),
            row: IdSequence::from(884_001),
            note: IdSequence::from(120_001),
            payment: IdSequence::from(551_001),
            journal: IdSequence::from(902_001),
            journal_row: IdSequence::from(1_804_001),
            goods_note: IdSequence::from(60_001),
            movement: IdSequence::from(710_001),
            webhook: IdSequence::from(731),
            credit_invoice: IdSequence::from(1),
            sale_invoice: IdSequence::from(5_001),
            contact: IdSequence::from(5_101),
            postal_address: IdSequence::from(7_101),
            order_status: IdSequence::from(31),
            payment_method: IdSequence::from(21),
        }
    }
}
