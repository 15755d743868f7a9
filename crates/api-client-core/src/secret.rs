use subtle::ConstantTimeEq;

/// Compares a webhook's secret with the expected one in constant time, apart from its length. An empty expected
/// secret matches nothing, so that a missing setting does not accept every request.
///
/// ```
/// use api_client_core::secrets_match;
///
/// assert!(secrets_match("f3a9…", "f3a9…"));
/// assert!(!secrets_match("f3a9…", "f3a8…"));
/// assert!(!secrets_match("", ""));
/// ```
pub fn secrets_match(expected: &str, given: &str) -> bool {
    !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}
