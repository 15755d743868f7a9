use std::{fmt, hash, marker::PhantomData, str::FromStr};

use api_client_core::NumericId;

/// A set of ids of one kind, as Brightpearl's paths and filters write it: ascending, without duplicates, ranges
/// compressed.
///
/// Brightpearl rejects a list that is not ascending (docs/evidence/brightpearl-platform.md#id-sets), so a set
/// is always printed in order.
///
/// ```
/// use brightpearl::{IdSet, OrderId};
///
/// let orders: IdSet<OrderId> = "40,3.17-20,18".parse()?;
/// assert_eq!(orders.to_string(), "3,17-20,40");
/// assert_eq!(orders.len(), 6);
/// assert!(orders.contains(OrderId::new(19)));
/// # Ok::<(), brightpearl::InvalidIdSet>(())
/// ```
///
/// A set of one kind does not fit where another one is expected:
///
/// ```compile_fail,E0308
/// use brightpearl::{IdSet, ProductId, order};
///
/// let products = IdSet::of([ProductId::new(2044)]);
/// let request = order::get(&products);
/// ```
///
/// Where the kind is known only when the program runs, as in webhooks, the ids are numbers: `IdSet<u64>`, which
/// [`IdSet::typed`] converts.
pub struct IdSet<Id> {
    /// Ascending, neither touching nor overlapping.
    ranges: Vec<(u64, u64)>,
    kind: PhantomData<fn() -> Id>,
}

/// The maximum number of resources of one GET (docs/evidence/brightpearl-platform.md#id-sets).
pub const MAX_IDS_PER_GET: u64 = 200;

/// The longest id set of one GET. Long sets without ranges are rejected with 414, and integrators then use 100
/// ids (docs/evidence/brightpearl-platform.md#id-sets): this is the length of 100 ids of eight digits.
const MAX_BYTES_PER_GET: usize = 900;

/// A text that is not an id set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidIdSet {
    text: String,
    part: String,
}

impl fmt::Display for InvalidIdSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, part } = self;
        write!(f, "`{text}` is not an id set: `{part}` should be an id or a range, such as 1,320-321")
    }
}

impl std::error::Error for InvalidIdSet {}

impl<Id> IdSet<Id> {
    const fn new(ranges: Vec<(u64, u64)>) -> Self {
        Self { ranges, kind: PhantomData }
    }

    /// Returns the number of ids.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(low, high)| (high - low).saturating_add(1)).fold(0, u64::saturating_add)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Splits the set into sets of at most `size` ids, in order, created one by one.
    pub fn chunks(&self, size: u64) -> impl Iterator<Item = Self> + use<Id> {
        self.within(size, usize::MAX)
    }

    /// Splits the set into sets for one GET each, in order: at most [`MAX_IDS_PER_GET`] ids, and a URI that is
    /// not too long. They are created one by one, because a range may contain billions of ids.
    pub fn per_get(&self) -> impl Iterator<Item = Self> + use<Id> {
        self.within(MAX_IDS_PER_GET, MAX_BYTES_PER_GET)
    }

    /// Returns the set as numbers, without their kind.
    pub fn untyped(&self) -> IdSet<u64> {
        IdSet::new(self.ranges.clone())
    }

    fn within(&self, ids: u64, bytes: usize) -> impl Iterator<Item = Self> + use<Id> {
        let mut rest = self.ranges.iter().copied().rev().collect::<Vec<_>>();
        std::iter::from_fn(move || {
            let mut chunk = Self::default();
            let (mut ids, mut bytes) = (ids.max(1), bytes);
            while let Some((low, high)) = rest.pop() {
                let last = high.min(low.saturating_add(ids - 1));
                let length = length(low, last);
                if length > bytes && !chunk.is_empty() {
                    rest.push((low, high));
                    break;
                }
                chunk.ranges.push((low, last));
                if last < high {
                    rest.push((last + 1, high));
                }
                ids -= last - low + 1;
                bytes = bytes.saturating_sub(length);
                if ids == 0 {
                    break;
                }
            }
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}

impl<Id: NumericId> IdSet<Id> {
    /// Creates a set of these ids.
    pub fn of(ids: impl IntoIterator<Item = Id>) -> Self {
        ids.into_iter().collect()
    }

    /// Whether the set contains this id.
    pub fn contains(&self, id: Id) -> bool {
        let id = id.number();
        let after = self.ranges.partition_point(|&(low, _)| low <= id);
        after.checked_sub(1).is_some_and(|index| self.ranges[index].1 >= id)
    }

    /// Returns the ids, ascending. A short range may contain billions: check [`len`](Self::len) before
    /// collecting those of a set from another program.
    pub fn iter(&self) -> impl Iterator<Item = Id> {
        self.ranges.iter().flat_map(|&(low, high)| low..=high).map(Id::from_number)
    }
}

impl IdSet<u64> {
    /// Returns the set as ids of one kind: those of the resource that the numbers were read for.
    ///
    /// ```
    /// use brightpearl::{GoodsInNoteId, integration::Notification};
    ///
    /// let body = br#"{"accountCode":"acmeoutdoors","resourceType":"goods-in-note","id":"60431",
    ///     "lifecycleEvent":"created"}"#;
    /// let notification = Notification::parse(body)?;
    /// if notification.resource_type == "goods-in-note" {
    ///     let notes = notification.ids.typed::<GoodsInNoteId>();
    ///     assert!(notes.contains(GoodsInNoteId::new(60431)));
    /// }
    /// # Ok::<(), brightpearl::DecodeError>(())
    /// ```
    pub fn typed<Id: NumericId>(&self) -> IdSet<Id> {
        IdSet::new(self.ranges.clone())
    }
}

impl<Id> Clone for IdSet<Id> {
    fn clone(&self) -> Self {
        Self::new(self.ranges.clone())
    }
}

impl<Id> PartialEq for IdSet<Id> {
    fn eq(&self, other: &Self) -> bool {
        self.ranges == other.ranges
    }
}

impl<Id> Eq for IdSet<Id> {}

impl<Id> hash::Hash for IdSet<Id> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.ranges.hash(state);
    }
}

/// The empty set.
impl<Id> Default for IdSet<Id> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

/// Returns the maximum printed length of a range, including its comma.
fn length(low: u64, high: u64) -> usize {
    let digits = |id: u64| id.checked_ilog10().unwrap_or_default() as usize + 1;
    if low == high { digits(low) + 1 } else { digits(low) + digits(high) + 2 }
}

impl<Id: NumericId> FromIterator<Id> for IdSet<Id> {
    fn from_iter<I: IntoIterator<Item = Id>>(ids: I) -> Self {
        merged(ids.into_iter().map(|id| (id.number(), id.number())).collect())
    }
}

impl<Id: NumericId> From<Id> for IdSet<Id> {
    fn from(id: Id) -> Self {
        Self::new(vec![(id.number(), id.number())])
    }
}

fn merged<Id>(mut ranges: Vec<(u64, u64)>) -> IdSet<Id> {
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

impl<Id> FromStr for IdSet<Id> {
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

impl<Id> fmt::Display for IdSet<Id> {
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

impl<Id> fmt::Debug for IdSet<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn refuses_what_brightpearl_would_refuse() {
        for text in ["", "0", "9-3", "1,,2", "x", "1-", "-", "*"] {
            assert!(text.parse::<IdSet<u64>>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_absurd_range_costs_nothing() {
        let set: IdSet<u64> = "1-18446744073709551615".parse().unwrap();
        assert_eq!(set.len(), u64::MAX);
        assert_eq!(
            set.chunks(200).take(3).map(|chunk| chunk.to_string()).collect::<Vec<_>>(),
            ["1-200", "201-400", "401-600"]
        );
    }

    #[test]
    fn sets_without_ranges_are_cut_by_their_length() {
        let sparse: IdSet<u64> = (0..250u64).map(|index| 10_000_000 + index * 7).collect();
        assert_eq!(sparse.per_get().map(|set| set.len()).collect::<Vec<_>>(), [100, 100, 50]);
        let dense: IdSet<u64> = "1-450".parse().unwrap();
        assert_eq!(dense.per_get().map(|set| set.len()).collect::<Vec<_>>(), [200, 200, 50]);
    }

    proptest! {
        #[test]
        fn prints_ascending_and_reads_back(ids in vec(1u64..500, 1..80)) {
            let set: IdSet<u64> = ids.iter().copied().collect();
            let mut expected = ids.clone();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), expected);
            prop_assert_eq!(set.to_string().parse::<IdSet<u64>>().unwrap(), set.clone());
            prop_assert!((1..500).all(|id| set.contains(id) == ids.contains(&id)));
        }

        #[test]
        fn chunks_hold_every_id_once(ids in vec(1u64..5000, 1..600), size in 1u64..250) {
            let set: IdSet<u64> = ids.into_iter().collect();
            let chunks: Vec<IdSet<u64>> = set.chunks(size).collect();
            prop_assert!(chunks.iter().all(|chunk| chunk.len() <= size));
            prop_assert_eq!(chunks.iter().flat_map(IdSet::iter).collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
            prop_assert_eq!(chunks.len() as u64, set.len().div_ceil(size));
        }

        #[test]
        fn what_one_get_takes_is_neither_too_many_nor_too_long(ids in vec(1u64..100_000_000, 1..900)) {
            let set: IdSet<u64> = ids.into_iter().flat_map(|id| [id, id + 1, id + 3]).collect();
            let gets: Vec<IdSet<u64>> = set.per_get().collect();
            prop_assert!(gets.iter().all(|get| get.len() <= MAX_IDS_PER_GET));
            prop_assert!(gets.iter().all(|get| get.to_string().len() <= MAX_BYTES_PER_GET));
            prop_assert_eq!(gets.iter().flat_map(IdSet::iter).collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
        }
    }
}
