use brightpearl::OffsetDateTime;

/// A close that accounting has not processed yet.
pub(crate) struct PendingClose {
    pub(crate) tax_date: Option<OffsetDateTime>,
    /// How many more reads show the order as pending.
    pub(crate) reads: u32,
}
