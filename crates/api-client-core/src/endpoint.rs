use std::fmt::{Display, Write};

use crate::Method;

/// The effect of repeating a request. Every [`Endpoint`] declares it, and the pipeline decides on retries by
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// Changes nothing.
    Read,
    /// Creates an object under a key of the caller. Repeating is safe, and the key finds the object.
    KeyedWrite,
    /// Sets a state. Repeating has the same effect as sending once.
    RepeatableWrite,
    /// Has its effect each time it is sent. Never repeated once it may have arrived.
    UnkeyedWrite,
}

impl Idempotency {
    /// Whether repeating the request has the same effect as sending it once, without looking anything up first.
    pub const fn is_repeatable(self) -> bool {
        matches!(self, Self::Read | Self::RepeatableWrite)
    }
}

/// One operation of an API: its method, its path with placeholders, and its idempotency.
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
    /// The path, with `{name}` for each value.
    pub template: &'static str,
    /// The effect of repeating the request.
    pub idempotency: Idempotency,
}

/// A value for a placeholder of a path.
pub type Placeholder<'a> = &'a dyn Display;

impl Endpoint {
    /// Creates an endpoint.
    pub const fn new(method: Method, template: &'static str, idempotency: Idempotency) -> Self {
        Self { method, template, idempotency }
    }

    /// Returns the path with its placeholders filled in order. Characters that would change the path are
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

/// Characters that stay as they are in a path segment: id sets use `,`, `-`, `.` and `*`.
const SEGMENT: &[u8] = b",*";

/// Periods keep their `/` and `:`: one integrator saw a percent-encoded slash break the filter
/// (docs/evidence/brightpearl-platform.md#periods-in-filters), and both are legal in a query.
const QUERY_VALUE: &[u8] = b",/:";

/// Appends a text, percent-encoded except for the unreserved characters of RFC 3986 and `kept`.
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

/// Returns a query string of names and values; empty without any.
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
