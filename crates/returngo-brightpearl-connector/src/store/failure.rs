//! When two failures are the same one.

/// Whether two attempts failed in the same way. Both systems' errors also tell what is another at every attempt: the
/// request's id, how often it was sent and for how long, and the attempt in the key of a write that sets a state.
pub(super) fn is_the_same(one: &str, other: &str) -> bool {
    same_at_every_attempt(one) == same_at_every_attempt(other)
}

/// What an error says at every attempt that fails in the same way.
pub(crate) fn same_at_every_attempt(error: &str) -> String {
    let without_ids = without(error, " [request ", "]", |_| true);
    let without_attempts = without(&without_ids, " (", ")", |inside| inside.contains(" attempts in "));
    without(&without_attempts, "@", " ", |inside| inside.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A text without what stands between these two, if it is of that kind; the blank that ends a key goes with it.
fn without(text: &str, opens: &str, closes: &str, is_of_kind: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(opens) {
        kept.push_str(before);
        rest = match after.split_once(closes) {
            Some((inside, remaining)) if is_of_kind(inside) => remaining,
            _ => {
                kept.push_str(opens);
                after
            }
        };
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_another_at_every_attempt_does_not_make_another_failure() {
        let one = "RGO-1-status@7 was not written: PUT /order/{id}/status (5 attempts in 3.1s): refused (status 400); \
                   OR-004 no such status [request 8f1c-11]";
        let other = "RGO-1-status@12 was not written: PUT /order/{id}/status: refused (status 400); OR-004 no such \
                     status [request 77aa-02]";
        assert!(is_the_same(one, other));
        assert!(!is_the_same(one, &other.replace("OR-004", "OR-009")));
        assert!(!is_the_same(one, &other.replace("RGO-1-status", "RGO-1-fields")));
        assert!(!is_the_same("down (really)", "down"));
        assert!(!is_the_same("asked dana@example.test", "asked kim@example.test"));
    }
}
