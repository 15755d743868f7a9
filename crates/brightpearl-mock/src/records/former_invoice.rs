use brightpearl::OffsetDateTime;

/// The invoice of an order that was un-invoiced. The order gets it back when it is closed again.
pub(crate) struct FormerInvoice {
    pub(crate) reference: String,
    pub(crate) original_date: Option<OffsetDateTime>,
}
