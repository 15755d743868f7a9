//! Escaping of text for terminals and logs. Names and messages come from both systems, some from shoppers: none of their
//! characters may move the cursor, reverse a line or start another line of a log.

use std::borrow::Cow;

/// Escapes text of one or several lines. Control characters become JSON escapes, so that JSON keeps its value.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| c == '\n')
}

/// Escapes text, and makes it one line.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

fn shown(text: &str, may_stay: fn(char) -> bool) -> Cow<'_, str> {
    let is_hidden = |c: char| acts(c) && !may_stay(c);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().fold(String::with_capacity(text.len() + 16), |mut escaped, c| {
        match c {
            '\n' if is_hidden(c) => escaped.push_str("\\n"),
            c if is_hidden(c) => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => escaped.push(c),
        }
        escaped
    });
    Cow::Owned(escaped)
}

/// Returns whether a character controls the output: C0, DEL and C1, line and paragraph separators, and those that set
/// the direction of text.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Removes user names and passwords from URLs, because errors and the log may name a database.
pub(super) fn without_passwords(text: &str) -> Cow<'_, str> {
    const BEGINS: &str = "://";
    if !text.contains(BEGINS) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(BEGINS) {
        let (before, url) = rest.split_at(begin + BEGINS.len());
        let end = url.find(|c: char| c.is_whitespace() || "'\"`<>".contains(c)).unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        safe.push_str(before);
        match url.rsplit_once('@') {
            // The placeholder in advice.
            Some(("user:password", _)) => safe.push_str(url),
            Some((_, place)) => safe.push_str(&format!("…@{}", without_parameter(place))),
            None => safe.push_str(&without_parameter(url)),
        }
        rest = after;
    }
    safe.push_str(rest);
    Cow::Owned(safe)
}

fn without_parameter(url: &str) -> String {
    let Some((before, rest)) = url.split_once("password=") else { return url.to_owned() };
    let after = rest.split_once('&').map(|(_, after)| format!("&{after}")).unwrap_or_default();
    format!("{before}password=…{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out_and_all_else_stays() {
        assert_eq!(line("Ada\u{1b}[2J\u{7}"), "Ada\\u001b[2J\\u0007");
        assert_eq!(line("a\u{7f}b\u{9b}31m"), "a\\u007fb\\u009b31m");
        assert_eq!(line("gpj.\u{202e}exe\u{2066}"), "gpj.\\u202eexe\\u2066");
        assert_eq!(line("one\ntwo\r\u{2028}"), "one\\ntwo\\u000d\\u2028");
        assert_eq!(lines("one\ntwo\t"), "one\ntwo\\u0009");
        for stays in ["Łódź – 株式会社 🎁 ✓ │", ""] {
            assert!(matches!(lines(stays), Cow::Borrowed(text) if text == stays));
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({"name": "a\u{1b}\n\u{7f}\u{9b}\u{202e}b"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let shown = lines(&text);
        assert!(shown.is_ascii() && shown != text);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    #[test]
    fn passwords_of_urls_are_left_out() {
        let safe = "cannot use 'postgres://…@db.example.test/x' or https://example.test/a, b@example.test";
        assert_eq!(
            without_passwords(
                "cannot use 'postgres://user:t0p/s@cret@db.example.test/x' or https://example.test/a, b@example.test"
            ),
            safe
        );
        let advice = "write it as postgres://user:password@host/name";
        assert_eq!(without_passwords(advice), advice);
        assert_eq!(
            without_passwords("postgres://h/x?password=t0p&sslmode=require"),
            "postgres://h/x?password=…&sslmode=require"
        );
    }
}
