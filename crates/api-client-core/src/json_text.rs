//! JSON as the two systems send it, made readable for serde.

use std::borrow::Cow;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Integers of this many digits fit into 64 bits, whatever their sign.
const SAFE_DIGITS: usize = 18;

/// The digits of a decimal number that a binary floating-point number keeps.
const EXACT_DIGITS: usize = 15;

/// The nesting of lists and objects that serde accepts: it rejects a whole text with more.
const DEEPEST: usize = 127;

/// Further digits after the point are noise of a computation; before it they are money.
const FRACTION: usize = 4;

/// Returns the text without what a reader rejects or would read as another value:
///
/// - a byte order mark in front is left out;
/// - half a surrogate pair, `"\ud83d"`, becomes the replacement character `U+FFFD`;
/// - a number that would lose digits as a binary number, or is beyond all of them, such as `1e400`, becomes a string, so
///   that ids and amounts read it digit by digit or reject it;
/// - a list or object inside 127 others becomes `null`.
///
/// ```
/// use api_client_core::json_text::readable;
///
/// let text = readable(b"\xEF\xBB\xBF{\"rmaId\":184467440737095516170,\"answer\":\"Love it \\ud83d\"}");
/// assert_eq!(&*text, br#"{"rmaId":"184467440737095516170","answer":"Love it \ufffd"}"#);
/// ```
pub fn readable(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut copy = Copy { text, copied: 0, readable: Vec::new() };
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = text.get(at) {
        at = match byte {
            b'"' => copy.string(at),
            b'-' | b'0'..=b'9' => copy.number(at),
            b'[' | b'{' if depth == DEEPEST => copy.too_deep(at),
            b'[' | b'{' => {
                depth += 1;
                at + 1
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ => at + 1,
        };
    }
    copy.finish()
}

/// A copy of a text that is made from the first difference on.
struct Copy<'t> {
    text: &'t [u8],
    /// The length of the text that is copied.
    copied: usize,
    readable: Vec<u8>,
}

impl<'t> Copy<'t> {
    /// Skips the string that begins here and returns its end.
    fn string(&mut self, start: usize) -> usize {
        let mut at = start + 1;
        loop {
            let Some(special) = end_or_escape(&self.text[at..]) else {
                return self.text.len();
            };
            at += special;
            if self.text[at] == b'"' {
                return at + 1;
            }
            at = match self.surrogate(at) {
                None => at + 2,
                Some(Half::High) if self.surrogate(at + 6) == Some(Half::Low) => at + 12,
                Some(_) => {
                    self.replace(at, at + 6, br"\ufffd");
                    at + 6
                }
            };
            if at > self.text.len() {
                return self.text.len();
            }
        }
    }

    /// Returns which half of a surrogate pair the escape here is.
    fn surrogate(&self, at: usize) -> Option<Half> {
        let [b'\\', b'u', b'd' | b'D', half, low @ ..] = self.text.get(at..at + 6)? else { return None };
        if !low.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        match half {
            b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::High),
            b'c'..=b'f' | b'C'..=b'F' => Some(Half::Low),
            _ => None,
        }
    }

    /// Skips the number that begins here and returns its end.
    fn number(&mut self, start: usize) -> usize {
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E');
        let length = self.text[start..].iter().position(|byte| !is_part(byte));
        let end = length.map_or(self.text.len(), |length| start + length);
        let number = &self.text[start..end];
        if loses_digits(number) || is_beyond_binary(number) {
            let quoted = [b"\"", number, b"\""].concat();
            self.replace(start, end, &quoted);
        }
        end
    }

    /// Skips the list or object that begins here and returns its end. One without an end is invalid JSON, which
    /// the reader reports.
    fn too_deep(&mut self, start: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = start;
        while let Some(byte) = self.text.get(at) {
            at += 1;
            match byte {
                b'"' => at = self.end_of_string(at),
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.replace(start, at, b"null");
                return at;
            }
        }
        self.text.len()
    }

    /// Returns the end of the string whose first character is here.
    fn end_of_string(&self, mut at: usize) -> usize {
        while let Some(special) = self.text.get(at..).and_then(end_or_escape) {
            at += special;
            if self.text[at] == b'"' {
                return at + 1;
            }
            at += 2;
        }
        self.text.len()
    }

    fn replace(&mut self, from: usize, to: usize, by: &[u8]) {
        self.readable.extend_from_slice(&self.text[self.copied..from]);
        self.readable.extend_from_slice(by);
        self.copied = to;
    }

    fn finish(mut self) -> Cow<'t, [u8]> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.readable.extend_from_slice(&self.text[self.copied..]);
        Cow::Owned(self.readable)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Returns the end of the string that continues here or has an escape.
fn end_or_escape(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| matches!(byte, b'"' | b'\\'))
}

/// Whether no binary number is as large as this one. Those without an exponent lose digits long before.
fn is_beyond_binary(number: &[u8]) -> bool {
    let has_exponent = number.iter().any(|byte| matches!(byte, b'e' | b'E'));
    let is_infinite = |text: &str| text.parse().is_ok_and(f64::is_infinite);
    has_exponent && str::from_utf8(number).is_ok_and(is_infinite)
}

/// Whether a number that is read as a binary one is no longer the number that was written.
fn loses_digits(number: &[u8]) -> bool {
    if number.len() <= EXACT_DIGITS {
        return false;
    }
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let whole = digits.iter().position(|byte| !byte.is_ascii_digit());
    match whole {
        None => {
            let fits = |text: &str| text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok();
            digits.len() > SAFE_DIGITS && !str::from_utf8(number).is_ok_and(fits)
        }
        Some(whole) => digits.get(whole) == Some(&b'.') && whole + FRACTION > EXACT_DIGITS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        String::from_utf8(readable(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn what_reads_as_it_is_is_not_copied() {
        for text in [
            r#"{"a":"\ud83d\ude00 \\ud83d \" 1844674407370955161700","b":[18446744073709551615,-1.5e3,0.30000000000000004]}"#,
            r#"{"open":"string\"#,
            r#""\"#,
            "",
        ] {
            assert!(matches!(readable(text.as_bytes()), Cow::Borrowed(_)), "{text}");
            assert_eq!(read(text), text);
        }
    }

    #[test]
    fn half_a_pair_is_replaced_wherever_it_stands() {
        assert_eq!(
            read(r#"["\ud83d","\uDE00","\ud83d\ud83d\ude00","\\\ud83d"]"#),
            r#"["\ufffd","\ufffd","\ufffd\ud83d\ude00","\\\ufffd"]"#
        );
        assert_eq!(read(r#"{"\ud83d":1}"#), r#"{"\ufffd":1}"#);
        assert_eq!(read(r#""\ud83"#), r#""\ud83"#);
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(
            read("[18446744073709551616,-9223372036854775809,1]"),
            r#"["18446744073709551616","-9223372036854775809",1]"#
        );
        assert_eq!(
            read("[123456789012.3456,0.30000000000000004]"),
            r#"["123456789012.3456",0.30000000000000004]"#
        );
        assert_eq!(read("00000000000000000000"), "00000000000000000000");
    }

    #[test]
    fn numbers_beyond_all_binary_ones_become_text() {
        assert_eq!(
            read("[1e400,-1E+309,1e99999999999999999999,1.5e308,1e-400,1e,--e9]"),
            r#"["1e400","-1E+309","1e99999999999999999999",1.5e308,1e-400,1e,--e9]"#
        );
    }

    #[test]
    fn what_is_nested_too_deep_is_left_out_and_the_rest_reads() {
        let nested = |levels: usize, inside: &str| {
            format!("{}{inside}{}", r#"[{"a":"#.repeat(levels / 2), "}]".repeat(levels / 2))
        };
        let deepest = format!(r#"[{}]"#, nested(126, "7"));
        assert!(matches!(readable(deepest.as_bytes()), Cow::Borrowed(_)));
        for inside in ["[]", r#"{"b":"]\"[","c":[[1e400]]}"#, &nested(100_000, "7")] {
            let text = format!(r#"[{},"told"]"#, nested(126, inside));
            let value: serde_json::Value = serde_json::from_slice(&readable(text.as_bytes())).unwrap();
            assert_eq!(
                value,
                serde_json::from_str::<serde_json::Value>(&format!(r#"[{},"told"]"#, nested(126, "null")))
                    .unwrap()
            );
        }
        for open in ["[".repeat(1_000_000), r#"{"a":"#.repeat(200_000), format!("{}\"", "[".repeat(200))] {
            assert_eq!(read(&open), open, "it does not end");
        }
    }

    proptest::proptest! {
        #[test]
        fn json_stays_the_same_json(text in "[\\PC\"\\\\]*", number: i64, cents in -1e13 as i64..1e13 as i64) {
            let value = serde_json::json!({ text.clone(): [text, number, cents as f64 / 100.0] });
            let text = value.to_string();
            let [read, plain]: [serde_json::Value; 2] =
                [serde_json::from_slice(&readable(text.as_bytes())).unwrap(), serde_json::from_str(&text).unwrap()];
            proptest::prop_assert_eq!(read, plain);
        }

        #[test]
        fn bytes_may_be_anything(bytes: Vec<u8>, text in "[\"\\\\ud8c-fU1.e\\[\\]{}]*") {
            readable(&bytes);
            readable(text.as_bytes());
        }
    }
}
