use returngo::client::CallsMade;

/// An API key of ReturnGO, whose calls are counted together: a keyed digest, from which the key cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyDigest(String);

impl KeyDigest {
    /// This digest.
    pub fn new(digest: impl Into<String>) -> Self {
        Self(digest.into())
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may be taken of the calls to ReturnGO of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// The calls of the day; none is unlimited.
    pub per_day: Option<u32>,
    /// So many of them are left to writes; those that were made count.
    pub for_writes: u32,
    /// So many of them are left to other processes, their writes included.
    pub for_others: u32,
}

impl CallLimits {
    /// How many of these calls the day has left, after what was spent.
    pub fn left(&self, spent: &CallsMade, are_writes: bool) -> u32 {
        let Some(per_day) = self.per_day else { return u32::MAX };
        let for_writes = if are_writes { 0 } else { self.for_writes.saturating_sub(spent.writes) };
        let kept = for_writes.max(self.for_others);
        [spent.reads, spent.writes, kept].into_iter().fold(per_day, u32::saturating_sub)
    }
}

/// Calls to ReturnGO that a process may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedCalls {
    /// How many were reserved.
    pub calls: u32,
    /// All that was spent or reserved of the day, these included.
    pub spent: CallsMade,
}
