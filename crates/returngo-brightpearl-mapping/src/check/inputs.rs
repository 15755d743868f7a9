//! Checks of entered values before the first request.

use brightpearl::AccountCode;

use super::Finding;

/// The kind of an entered value, which decides how it is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A token, an API key, a secret, or the reference of an app. The value is never shown.
    Credential,
    /// The code of a Brightpearl account.
    AccountCode,
    /// The data centre of a Brightpearl account.
    DataCentre,
    /// The domain of a ReturnGO shop.
    Shop,
    /// The base URL of an API.
    Url,
}

/// Checks entered values, each with the name that the user knows it by. Values are never trimmed silently: a problem is
/// reported.
///
/// ```
/// use returngo_brightpearl_mapping::check::{InputKind, check_inputs};
///
/// let findings =
///     check_inputs([("token", InputKind::Credential, "planted "), ("account", InputKind::AccountCode, "1008")]);
/// assert_eq!(findings[0].to_string(), "✗ token: has a trailing space → copy it again without the space");
/// assert!(findings[1].message.contains("it is a number"));
/// ```
pub fn check_inputs<'a>(values: impl IntoIterator<Item = (&'a str, InputKind, &'a str)>) -> Vec<Finding> {
    values.into_iter().map(|(name, entered, value)| entered.finding(name, value)).collect()
}

impl InputKind {
    fn finding(self, name: &str, value: &str) -> Finding {
        if self == Self::AccountCode {
            return account_code(name, value);
        }
        if let Some(finding) = spaces(name, value) {
            return finding;
        }
        match self {
            Self::DataCentre => data_centre(name, value),
            Self::Shop => shop(name, value),
            Self::Url => url(name, value),
            Self::Credential | Self::AccountCode => {
                quotes(name, value).unwrap_or_else(|| Finding::pass(name, "set, without surrounding spaces"))
            }
        }
    }
}

/// Returns the problem with spaces in a value, if any.
fn spaces(name: &str, value: &str) -> Option<Finding> {
    let (start, end) = (value.trim_start() != value, value.trim_end() != value);
    let inside = value.trim().contains(char::is_whitespace);
    let message = match (start, end) {
        _ if value.trim().is_empty() => {
            return Some(Finding::failure(name, "is empty", "enter a value"));
        }
        (true, true) => "has leading and trailing spaces",
        (true, false) => "has a leading space",
        (false, true) => "has a trailing space",
        (false, false) if inside => "contains a space",
        (false, false) => return None,
    };
    Some(Finding::failure(name, message, "copy it again without the space"))
}

/// Returns the problem if a value was copied with its quotation marks.
fn quotes(name: &str, value: &str) -> Option<Finding> {
    let quoted = ['"', '\'', '`'].into_iter().any(|mark| value.starts_with(mark) && value.ends_with(mark));
    quoted.then(|| Finding::failure(name, "is in quotation marks", "enter it without them"))
}

fn account_code(name: &str, code: &str) -> Finding {
    match code.parse::<AccountCode>() {
        Ok(code) => Finding::pass(name, format!("{code} has the form of an account code")),
        Err(invalid) => Finding::failure(
            name,
            invalid.to_string(),
            "copy it from the address bar after you sign in to Brightpearl",
        ),
    }
}

/// Checks a data center. There are two, and their hosts had other names before (docs/evidence/brightpearl-platform.md#hosts-and-uris).
fn data_centre(name: &str, code: &str) -> Finding {
    let today = match code {
        "euw1" | "use1" => return Finding::pass(name, format!("data center {code}")),
        "eu1" | "ws-eu1" => "euw1",
        "use" | "ws-use" => "use1",
        _ => {
            return Finding::warning(
                name,
                format!("unknown data center `{code}`; known data centers: euw1 (Europe) and use1 (US East)"),
                "use the one at the start of the address in Brightpearl's address bar",
            );
        }
    };
    Finding::failure(
        name,
        format!("`{code}` is the old name of data center {today}"),
        format!("enter {today}"),
    )
}

fn shop(name: &str, domain: &str) -> Finding {
    let advice = "copy the domain with the icon next to the store's name in ReturnGO's dashboard";
    if domain.contains("://") || domain.contains('/') {
        Finding::failure(name, format!("`{domain}` is a URL; expected only the domain"), advice)
    } else if !domain.contains('.') {
        Finding::failure(
            name,
            format!("`{domain}` is not a domain; expected a domain such as acmeoutdoors.example.test"),
            advice,
        )
    } else {
        Finding::pass(name, format!("shop {domain}"))
    }
}

fn url(name: &str, base: &str) -> Finding {
    if base.starts_with("https://") || base.starts_with("http://") {
        Finding::pass(name, base)
    } else {
        Finding::failure(
            name,
            format!("`{base}` is not a URL"),
            "enter a base URL such as http://127.0.0.1:4010",
        )
    }
}
