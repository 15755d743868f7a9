use api_mock_core::{Refusal, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Window, placeholder_codes};
use crate::Switches;

/// The answer of a resource to a valid request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// Creates `{"response": …}` without null fields, as Brightpearl does outside of searches.
    pub(crate) fn of(payload: impl Serialize) -> Self {
        let mut response = written(payload);
        drop_nulls(&mut response);
        // Moved, because `json!` would serialize it again.
        Self::whole(Value::Object(Map::from_iter([("response".to_owned(), response)])))
    }

    /// Creates `{"response": [ … ]}`, or a 404 with this message if nothing was found.
    pub(crate) fn non_empty<T: Serialize>(found: Vec<T>, message: &str) -> Result<Self, Problem> {
        if found.is_empty() { Err(Problem::not_found(message)) } else { Ok(Self::of(found)) }
    }

    /// Creates `{}`, the answer to PUT, DELETE and actions.
    pub(crate) fn nothing() -> Self {
        Self::whole(json!({}))
    }

    /// Creates an answer with exactly this body.
    pub(crate) const fn whole(body: Value) -> Self {
        Self { status: 200, body }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// Serializes a payload. The types used here can always be serialized.
fn written(payload: impl Serialize) -> Value {
    serde_json::to_value(payload).unwrap_or_default()
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The errors for which a resource rejects a request.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    errors: Vec<(String, String)>,
    /// A hint for users of the mock, which Brightpearl does not send.
    pub(crate) hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, errors: vec![(code.to_owned(), message.into())], hint: None }
    }

    /// Creates an error of the caller, with status 400.
    pub(crate) fn client(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// Creates a 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "CMNC-404", message)
    }

    /// Creates an internal error. A value of the wrong JSON type causes one too
    /// (docs/evidence/brightpearl-platform.md#error-codes).
    pub(crate) fn internal(hint: Option<String>) -> Self {
        Self { hint, ..Self::new(500, "CMNU-003", "Internal Server Error") }
    }

    /// Combines several errors into one answer. Without errors the result is Ok.
    pub(crate) fn all(problems: Vec<Self>) -> Result<(), Self> {
        let combined = problems.into_iter().reduce(|mut first, next| {
            first.errors.extend(next.errors);
            first
        });
        combined.map_or(Ok(()), Err)
    }

    /// Applies the switches for errors whose status or code is not certain.
    pub(crate) fn under(mut self, switches: Switches) -> Self {
        let Some((code, _)) = self.errors.first_mut() else { return self };
        match code.as_str() {
            "CMNC-008" if switches.unsorted_ids_are_cmnc_006 => "CMNC-006".clone_into(code),
            "CMNC-038" | "CMNC-043" => self.status = switches.patch_refusal_status,
            placeholder_codes::SEARCH_PARAMETER => self.status = switches.unknown_filter_status,
            _ => {}
        }
        self
    }

    /// Returns code and message of each error.
    pub(crate) fn listed(&self) -> Value {
        self.errors.iter().map(|(code, message)| json!({ "code": code, "message": message })).collect()
    }

    /// Returns the messages in one line.
    pub(crate) fn message(&self) -> String {
        self.errors.iter().map(|(_, message)| message.as_str()).collect::<Vec<_>>().join("; ")
    }
}

/// Builds the body of an error, with `=`, `'`, `<`, `>` and `&` escaped as `\u003d` and so on
/// (docs/evidence/brightpearl-platform.md#error-codes).
pub(crate) fn error_body(problem: &Problem) -> String {
    html_safe(&json!({ "errors": problem.listed() }))
}

/// Builds the body of the gateway's own errors: a sentence instead of a list of errors.
pub(crate) fn sentence(text: &str) -> String {
    html_safe(&json!({ "response": text }))
}

/// The gateway's message above the request limit.
pub(crate) const THROTTLED: &str =
    "You have sent too many requests. Please wait before sending another request";
/// The gateway's message for an expired access token.
pub(crate) const TOKEN_EXPIRED: &str = "Authorization token expired";

/// Returns status and body of the error that a fault asks for.
pub(crate) fn refusal_body(refusal: Refusal) -> (u16, String) {
    match refusal {
        Refusal::Status500 => (500, error_body(&Problem::internal(None))),
        Refusal::Status503 => (503, sentence("Service Unavailable")),
        Refusal::Throttle => (503, sentence(THROTTLED)),
        Refusal::TokenExpired => (401, sentence(TOKEN_EXPIRED)),
    }
}

/// Escapes HTML characters. They are not JSON syntax, so they only occur inside strings.
fn html_safe(body: &Value) -> String {
    let mut safe = String::new();
    for character in body.to_string().chars() {
        match character {
            '=' | '\'' | '<' | '>' | '&' => safe.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => safe.push(other),
        }
    }
    safe
}

/// Adds the headers of every answer. The instance id is added for known callers only
/// (docs/evidence/brightpearl-platform.md#response-headers).
pub(crate) fn headers(
    response: Response,
    message_type: &str,
    ruid: u64,
    window: &Window,
    instance: Option<u64>,
) -> Response {
    let response = response
        .header("Message-Type", message_type)
        .header("Ruid", format_args!("5d0b7f5e-0c34-4b4b-9a0e-{ruid:012x}"))
        .header("Cache-Control", "no-cache, must-revalidate")
        .header("Pragma", "no-cache")
        .header("Expires", "Mon, 20 Dec 1998 01:00:00 GMT")
        .header("Strict-Transport-Security", "max-age=31536000");
    let response = match window.remaining {
        Some(remaining) => response
            .header("Brightpearl-Requests-Remaining", remaining)
            .header("Brightpearl-Next-Throttle-Period", window.period_ms),
        None => response,
    };
    match instance {
        Some(instance) => response.header("Brightpearl-Installed-Integration-Instance-Id", instance),
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_texts_are_html_safe_and_still_json() {
        let problem = Problem::new(500, "CMNC-018", "The filter a=b cannot be parsed as: INTEGER");
        let body = error_body(&problem);
        assert!(body.contains("a\\u003db"), "{body}");
        let read: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["errors"][0]["message"], "The filter a=b cannot be parsed as: INTEGER");
        assert_eq!(sentence("<&'"), r#"{"response":"\u003c\u0026\u0027"}"#);
    }

    #[test]
    fn unset_fields_are_left_out_at_every_depth() {
        let answer = Answer::of(json!([{ "a": null, "b": { "c": null, "d": "" } }]));
        assert_eq!(answer.body, json!({ "response": [{ "b": { "d": "" } }] }));
    }
}
