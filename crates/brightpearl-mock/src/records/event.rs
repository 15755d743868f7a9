use brightpearl::{GoodsInNoteId, IdSet, OrderId, ProductId};

/// A change of resources of one kind.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) resource: &'static str,
    pub(crate) lifecycle: &'static str,
    pub(crate) specifier: &'static str,
    pub(crate) ids: IdSet<u64>,
}

impl Event {
    const fn new(
        resource: &'static str,
        lifecycle: &'static str,
        specifier: &'static str,
        ids: IdSet<u64>,
    ) -> Self {
        Self { resource, lifecycle, specifier, ids }
    }

    /// Raised for new orders too.
    pub(crate) fn order_modified(id: OrderId) -> Self {
        Self::new("order", "modified", "", IdSet::of([id.get()]))
    }

    pub(crate) fn order_status_modified(id: OrderId) -> Self {
        Self::new("order", "modified", "order-status", IdSet::of([id.get()]))
    }

    pub(crate) fn sales_order_created(id: OrderId) -> Self {
        Self::new("sales-order", "created", "", IdSet::of([id.get()]))
    }

    pub(crate) fn goods_in_note_created(notes: &[GoodsInNoteId]) -> Self {
        Self::new("goods-in-note", "created", "", IdSet::of(notes.iter().map(|note| note.get())))
    }

    /// The id is that of the transfer note, which is an assumption
    /// (docs/evidence/brightpearl-warehouse.md#warehouse-events). A switch uses the ids of the arriving movements
    /// instead.
    pub(crate) fn quarantine_release_created<I: Into<u64>>(ids: impl IntoIterator<Item = I>) -> Self {
        Self::new("quarantine-release", "created", "", ids.into_iter().map(Into::into).collect())
    }

    /// None without products.
    pub(crate) fn on_hand_modified(products: impl IntoIterator<Item = ProductId>) -> Option<Self> {
        let ids = IdSet::of(products);
        (!ids.is_empty()).then(|| Self::new("product", "modified", "on-hand-modified", ids.untyped()))
    }

    pub(crate) fn full_name(&self) -> String {
        let parts = [self.resource, self.lifecycle, self.specifier];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
    }
}
