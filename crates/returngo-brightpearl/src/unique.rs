//! Lists as both systems send them can name a thing twice; it counts once.

use std::collections::BTreeMap;

use serde::Serialize;

/// One of each id, lowest first. Of two that differ the choice must not depend on the order of the list, so it
/// falls on the one whose JSON is greater.
pub(crate) fn by_id<'a, T, K>(
    list: impl IntoIterator<Item = &'a T>,
    id: impl Fn(&T) -> K,
) -> BTreeMap<K, &'a T>
where
    T: Serialize + PartialEq,
    K: Ord,
{
    let mut unique: BTreeMap<K, &T> = BTreeMap::new();
    for one in list {
        unique.entry(id(one)).and_modify(|known| *known = greater(known, one)).or_insert(one);
    }
    unique
}

fn greater<'a, T: Serialize + PartialEq>(left: &'a T, right: &'a T) -> &'a T {
    let json = |one: &T| serde_json::to_string(one).unwrap_or_default();
    if left == right || json(left) >= json(right) { left } else { right }
}
