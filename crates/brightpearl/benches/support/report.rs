//! How figures are told.

/// Prints a ratio beside its target.
pub(crate) fn ratio(what: &str, ratio: f64, at_most: f64) {
    let verdict = if ratio <= at_most { "met" } else { "MISSED" };
    println!("ratio  {what}: {ratio:.2} (target at most {at_most:.2}, {verdict})");
}
