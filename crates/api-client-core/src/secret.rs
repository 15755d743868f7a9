use subtle::ConstantTimeEq;

/// Whether a webhook receiver was given the secret it expects, in a time that does not tell how much of it
/// was right; only its length shows. An empty expectation matches nothing: a secret that was forgotten in
/// the settings must not open the door.
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
