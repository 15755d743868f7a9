/// Counts of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchSummary {
    /// RMAs that are in sync.
    pub in_sync: usize,
    /// RMAs that need review.
    pub needs_review: usize,
    /// RMAs that failed or were postponed.
    pub failed: usize,
    /// Writes that were made.
    pub written: usize,
}
