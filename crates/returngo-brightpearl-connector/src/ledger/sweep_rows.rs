use std::{collections::BTreeMap, str::FromStr};

use super::Unknown;

/// What a sweep found and is not done with: one row, of JSON, for each thing.
pub type SweepRows = BTreeMap<SweepRowKey, String>;

/// What a row of a sweep is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SweepRowKey {
    /// What kind of thing.
    pub part: SweepPart,
    /// Which.
    pub key: String,
}

/// What kind of thing a row of a sweep is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SweepPart {
    /// An RMA that is due.
    Due,
    /// A transaction of units of which no RMA is known.
    Unmatched,
}

impl SweepPart {
    const ALL: [Self; 2] = [Self::Due, Self::Unmatched];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Unmatched => "unmatched",
        }
    }
}

impl FromStr for SweepPart {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| Unknown::new("part of a sweep", text))
    }
}

/// Rows that a sweep has changed, each with what it says now; none: it is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepRowChanges(pub BTreeMap<SweepRowKey, Option<String>>);

impl SweepRowChanges {
    /// What makes the one out of the other.
    pub fn between(before: &SweepRows, after: SweepRows) -> Self {
        let gone = before.keys().filter(|key| !after.contains_key(key)).map(|key| (key.clone(), None));
        let mut changes: BTreeMap<_, _> = gone.collect();
        let changed = after.into_iter().filter(|(key, what)| before.get(key) != Some(what));
        changes.extend(changed.map(|(key, what)| (key, Some(what))));
        Self(changes)
    }
}
