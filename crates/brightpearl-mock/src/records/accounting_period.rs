use jiff::Timestamp;

/// An accounting period.
#[derive(Debug, Clone)]
pub(crate) struct StoredPeriod {
    pub(crate) id: u64,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// When it was closed. None for an open period.
    pub(crate) closed_on: Option<Timestamp>,
}
