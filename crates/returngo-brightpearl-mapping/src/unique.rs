//! Removal of duplicates from the lists of both systems.

use serde::Serialize;

/// Returns one entry for each id, lowest first. Of several entries, the one with the greatest JSON is kept, so that the
/// result does not depend on the order of the list.
pub(crate) fn by_id<'a, T, K>(list: impl IntoIterator<Item = &'a T>, id: impl Fn(&'a T) -> K) -> Vec<&'a T>
where
    T: Serialize + PartialEq,
    K: Ord,
{
    let mut unique: Vec<(K, &T)> = list.into_iter().map(|one| (id(one), one)).collect();
    unique.sort_by(|(left, _), (right, _)| left.cmp(right));
    unique.dedup_by(|(again, one), (id, known)| {
        let is_repeated = again == id;
        if is_repeated {
            *known = greater(known, one);
        }
        is_repeated
    });
    unique.into_iter().map(|(_, one)| one).collect()
}

fn greater<'a, T: Serialize + PartialEq>(left: &'a T, right: &'a T) -> &'a T {
    let json = |one: &T| serde_json::to_string(one).unwrap_or_default();
    if left == right || json(left) >= json(right) { left } else { right }
}
