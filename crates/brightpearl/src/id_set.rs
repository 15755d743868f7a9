use std::{fmt, str::FromStr};

/// A set of ids as Brightpearl's paths and filters write it: ascending, without duplicates, ranges compressed.
///
/// Brightpearl refuses a list that does not ascend (brightpearl-platform.md §1.4), so a set always prints in
/// order, whatever order it was made in.
///
/// ```
/// use brightpearl::IdSet;
///
/// let set: IdSet = "40,3.17-20,18".parse()?;
/// assert_eq!(set.to_string(), "3,17-20,40");
/// assert_eq!(set.len(), 6);
/// # Ok::<(), brightpearl::InvalidIdSet>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct IdSet {
    /// Ascending, neither touching nor overlapping.
    ranges: Vec<(u64, u64)>,
}

/// The most resources that one GET gives (brightpearl-platform.md §1.4).
pub const MAX_IDS_PER_GET: u64 = 200;

/// A text that is not an id set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id set: `{part}` should be an id or a range, as in 1,320-321")]
pub struct InvalidIdSet {
    text: String,
    part: String,
}

impl IdSet {
    /// A set of these ids.
    pub fn of<I: Into<u64>>(ids: impl IntoIterator<Item = I>) -> Self {
        ids.into_iter().map(Into::into).collect()
    }

    /// How many ids it holds.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(low, high)| (high - low).saturating_add(1)).fold(0, u64::saturating_add)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether it holds this id.
    pub fn contains(&self, id: impl Into<u64>) -> bool {
        let id = id.into();
        let after = self.ranges.partition_point(|&(low, _)| low <= id);
        after.checked_sub(1).is_some_and(|index| self.ranges[index].1 >= id)
    }

    /// The ids, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        self.ranges.iter().flat_map(|&(low, high)| low..=high)
    }

    /// Sets of at most `size` ids each, in order.
    pub fn chunks(&self, size: u64) -> impl Iterator<Item = Self> {
        let size = size.max(1);
        let mut rest = self.ranges.iter().copied().rev().collect::<Vec<_>>();
        std::iter::from_fn(move || {
            let mut chunk = Self::default();
            let mut room = size;
            while let (Some((low, high)), 1..) = (rest.pop(), room) {
                let last = high.min(low.saturating_add(room - 1));
                chunk.ranges.push((low, last));
                room -= last - low + 1;
                if last < high {
                    rest.push((last + 1, high));
                }
                if room == 0 {
                    break;
                }
            }
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}

impl FromIterator<u64> for IdSet {
    fn from_iter<I: IntoIterator<Item = u64>>(ids: I) -> Self {
        merged(ids.into_iter().map(|id| (id, id)).collect())
    }
}

fn merged(mut ranges: Vec<(u64, u64)>) -> IdSet {
    ranges.sort_unstable();
    let mut set = IdSet::default();
    for (low, high) in ranges {
        match set.ranges.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => set.ranges.push((low, high)),
        }
    }
    set
}

impl FromStr for IdSet {
    type Err = InvalidIdSet;

    /// Reads the grammar of Brightpearl's id sets: `,` or `.` between ids and inclusive ranges.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |part: &str| InvalidIdSet { text: text.to_owned(), part: part.to_owned() };
        text.split([',', '.'])
            .map(|part| range(part.trim()).ok_or_else(|| invalid(part)))
            .collect::<Result<_, _>>()
            .map(merged)
    }
}

fn range(part: &str) -> Option<(u64, u64)> {
    let (low, high) = part.split_once('-').unwrap_or((part, part));
    let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    (low >= 1 && low <= high).then_some((low, high))
}

impl fmt::Display for IdSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match high - low {
                0 => write!(f, "{comma}{low}")?,
                1 => write!(f, "{comma}{low},{high}")?,
                _ => write!(f, "{comma}{low}-{high}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for IdSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdSet({self})")
    }
}

macro_rules! ids_are_numbers {
    ($($id:ident),+) => {$(
        impl From<crate::ids::$id> for u64 {
            fn from(id: crate::ids::$id) -> u64 {
                id.get()
            }
        }

        impl From<crate::ids::$id> for IdSet {
            fn from(id: crate::ids::$id) -> Self {
                Self { ranges: vec![(id.get(), id.get())] }
            }
        }
    )+};
}

ids_are_numbers!(
    OrderId,
    ContactId,
    ProductId,
    ChannelId,
    WarehouseId,
    GoodsInNoteId,
    WebhookId,
    JournalId,
    OrderStatusId,
    TaxCodeId,
    NominalCodeId,
    PaymentId,
    LocationId
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn refuses_what_brightpearl_would_refuse() {
        for text in ["", "0", "9-3", "1,,2", "x", "1-", "-", "*"] {
            assert!(text.parse::<IdSet>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_absurd_range_costs_nothing() {
        let set: IdSet = "1-18446744073709551615".parse().unwrap();
        assert_eq!(set.len(), u64::MAX);
        assert_eq!(
            set.chunks(200).take(3).map(|chunk| chunk.to_string()).collect::<Vec<_>>(),
            ["1-200", "201-400", "401-600"]
        );
    }

    proptest! {
        #[test]
        fn prints_ascending_and_reads_back(ids in vec(1u64..500, 1..80)) {
            let set: IdSet = ids.iter().copied().collect();
            let mut expected = ids.clone();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), expected);
            prop_assert_eq!(set.to_string().parse::<IdSet>().unwrap(), set.clone());
            prop_assert!((1..500).all(|id| set.contains(id) == ids.contains(&id)));
        }

        #[test]
        fn chunks_hold_every_id_once(ids in vec(1u64..5000, 1..600), size in 1u64..250) {
            let set: IdSet = ids.into_iter().collect();
            let chunks: Vec<IdSet> = set.chunks(size).collect();
            prop_assert!(chunks.iter().all(|chunk| chunk.len() <= size));
            prop_assert_eq!(chunks.iter().flat_map(IdSet::iter).collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
            prop_assert_eq!(chunks.len() as u64, set.len().div_ceil(size));
        }
    }
}
