use jiff::Timestamp;

/// An accounting period.
#[derive(Debug, Clone)]
pub(crate) struct StoredPeriod {
    pub(crate) id: u64,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) is_closed: bool,
}
