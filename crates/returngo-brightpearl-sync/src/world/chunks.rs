/// Characters of one filter in the URI, which must stay below 2,000
/// (docs/evidence/brightpearl-platform.md#id-sets).
const CHARACTERS_A_SEARCH: usize = 1_600;

/// Orders in one filter, for the same reason: an id has seven digits and a comma.
pub(super) const ORDERS_A_SEARCH: usize = 200;

/// Splits texts into parts that are short enough for one filter.
pub(super) fn short_enough<T: AsRef<str>>(texts: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut characters = 0;
        let fits = rest.iter().take_while(|text| {
            characters += in_a_uri(text.as_ref());
            characters <= CHARACTERS_A_SEARCH
        });
        // A text that is too long for any filter is a part of its own.
        let count = fits.count().max(1).min(rest.len());
        let (part, later) = rest.split_at(count);
        rest = later;
        (!part.is_empty()).then_some(part)
    })
}

/// The length of the text and its comma, percent-encoded.
fn in_a_uri(text: &str) -> usize {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() || byte == b'-' { 1 } else { 3 }).sum::<usize>()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_short_and_whole() {
        let texts: Vec<String> =
            (0..1_000).map(|number| format!("#AC{number}")).chain(["x".repeat(5_000)]).collect();
        let parts: Vec<&[String]> = short_enough(&texts).collect();
        assert_eq!(parts.concat(), texts);
        let long =
            |part: &&&[String]| part.iter().map(|text| in_a_uri(text)).sum::<usize>() > CHARACTERS_A_SEARCH;
        assert_eq!(parts.iter().filter(long).count(), 1);
        assert!(parts.len() < 10, "{} parts", parts.len());
        assert_eq!(short_enough::<String>(&[]).count(), 0);
    }
}
