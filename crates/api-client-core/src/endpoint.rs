use std::fmt::{Display, Write};

use crate::Method;

/// What repeating a request would do. Declared with every [`Endpoint`]; the pipeline decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// Changes nothing.
    Read,
    /// Creates under a key of the caller's; repeating is safe, and the key finds what is there.
    KeyedWrite,
    /// Sets a state; doing it twice is the same as once.
    RepeatableWrite,
    /// Doing it twice does it twice. Never repeated once it may have arrived.
    UnkeyedWrite,
}

impl Idempotency {
    /// Whether repeating the request has the same effect as sending it once, without looking anything up first.
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::Read | Self::RepeatableWrite)
    }
}

/// One operation of an API: its method, its path with placeholders, and what repeating it would do.
///
/// ```
/// use api_client_core::{Endpoint, Idempotency, Method};
///
/// const GET_ORDER: Endpoint = Endpoint::new(Method::Get, "/order-service/order/{orderIds}", Idempotency::Read);
/// assert_eq!(GET_ORDER.path(&[&"1,320-321"]), "/order-service/order/1,320-321");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{name}` where a value goes.
    pub template: &'static str,
    /// What repeating it would do.
    pub idempotency: Idempotency,
}

/// A value for a placeholder of a path.
pub type Placeholder<'a> = &'a dyn Display;

impl Endpoint {
    /// An endpoint.
    pub const fn new(method: Method, template: &'static str, idempotency: Idempotency) -> Self {
        Self { method, template, idempotency }
    }

    /// The path with the placeholders filled in their order. Characters that would change the path are
    /// percent-encoded; a missing value leaves its placeholder empty.
    pub fn path(&self, values: &[Placeholder<'_>]) -> String {
        let mut values = values.iter();
        let mut path = String::with_capacity(self.template.len() + 16);
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once('{') {
            let (_, after) = after.split_once('}').unwrap_or((after, ""));
            path.push_str(before);
            if let Some(value) = values.next() {
                push_encoded(&mut path, &value.to_string(), SEGMENT);
            }
            rest = after;
        }
        path.push_str(rest);
        path
    }
}

/// Keeps a value inside its path segment. Id sets use `,`, `-`, `.` and `*`, which stay as they are.
const SEGMENT: &[u8] = b",*";

/// Periods keep their `/` and `:`: one integrator saw a percent-encoded slash break the filter
/// (docs/evidence/brightpearl-platform.md#periods-in-filters), and both are legal in a query.
const QUERY_VALUE: &[u8] = b",/:";

/// Appends a text, percent-encoded but for what RFC 3986 calls unreserved and for `kept`.
fn push_encoded(to: &mut String, text: &str, kept: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            to.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

/// A query string out of names and values; empty when there are none.
///
/// ```
/// let query = api_client_core::query_string(&[("updatedOn", "2026-05-01T00:00:00Z/"), ("customerRef", "#1 & 2")]);
/// assert_eq!(query, "updatedOn=2026-05-01T00:00:00Z/&customerRef=%231%20%26%202");
/// ```
pub fn query_string(pairs: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        push_encoded(&mut query, name.as_ref(), QUERY_VALUE);
        query.push('=');
        push_encoded(&mut query, value.as_ref(), QUERY_VALUE);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_segment() {
        let endpoint = Endpoint::new(Method::Get, "/a/{x}/b/{y}", Idempotency::Read);
        assert_eq!(endpoint.path(&[&"../../etc?q", &7]), "/a/..%2F..%2Fetc%3Fq/b/7");
        assert_eq!(endpoint.path(&[&"1"]), "/a/1/b/");
    }

    #[test]
    fn other_alphabets_go_as_their_utf_8_bytes() {
        assert_eq!(query_string(&[("customerRef", "Zoë~_.-\n")]), "customerRef=Zo%C3%AB~_.-%0A");
    }
}
