//! What somebody filled in, before anything is called with it.

use brightpearl::AccountCode;

use super::Finding;

/// What somebody filled in: it decides what can be wrong with the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A token, an API key, a secret, or the reference of an app. Its value is looked at, and never shown.
    Credential,
    /// The code of a Brightpearl account.
    AccountCode,
    /// The data centre of a Brightpearl account.
    DataCentre,
    /// The domain of a ReturnGO shop.
    Shop,
    /// The base of an API.
    Url,
}

/// Checks what was filled in, each value under the name that the person knows it by. Values are never trimmed in
/// silence: what is wrong with them is said.
///
/// ```
/// use returngo_brightpearl_mapping::check::{InputKind, check_inputs};
///
/// let findings =
///     check_inputs([("token", InputKind::Credential, "planted "), ("account", InputKind::AccountCode, "1008")]);
/// assert_eq!(findings[0].to_string(), "✗ token: has a space at its end → copy it again, without the space");
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
                quotes(name, value).unwrap_or_else(|| Finding::pass(name, "given, without spaces around it"))
            }
        }
    }
}

/// What is wrong with the edges of a value, or all of it.
fn spaces(name: &str, value: &str) -> Option<Finding> {
    let (start, end) = (value.trim_start() != value, value.trim_end() != value);
    let inside = value.trim().contains(char::is_whitespace);
    let message = match (start, end) {
        _ if value.trim().is_empty() => {
            return Some(Finding::failure(name, "is empty", "fill it in"));
        }
        (true, true) => "has spaces at both ends",
        (true, false) => "has a space at its beginning",
        (false, true) => "has a space at its end",
        (false, false) if inside => "has a space inside it",
        (false, false) => return None,
    };
    Some(Finding::failure(name, message, "copy it again, without the space"))
}

/// Quotation marks are copied along with values from files.
fn quotes(name: &str, value: &str) -> Option<Finding> {
    let quoted = ['"', '\'', '`'].into_iter().any(|mark| value.starts_with(mark) && value.ends_with(mark));
    quoted.then(|| Finding::failure(name, "is in quotation marks", "give it without them"))
}

fn account_code(name: &str, code: &str) -> Finding {
    match code.parse::<AccountCode>() {
        Ok(code) => Finding::pass(name, format!("{code} has the form of an account code")),
        Err(invalid) => Finding::failure(
            name,
            invalid.to_string(),
            "copy it from the address bar of Brightpearl, after signing in",
        ),
    }
}

/// Two data centres are known; their hosts had other names once (docs/evidence/brightpearl-platform.md#hosts-and-uris).
fn data_centre(name: &str, code: &str) -> Finding {
    let today = match code {
        "euw1" | "use1" => return Finding::pass(name, format!("data centre {code}")),
        "eu1" | "ws-eu1" => "euw1",
        "use" | "ws-use" => "use1",
        _ => {
            return Finding::warning(
                name,
                format!(
                    "`{code}` is no data centre that is known here: euw1 (Europe) and use1 (US East) are"
                ),
                "take the one that Brightpearl's address bar begins with",
            );
        }
    };
    Finding::failure(
        name,
        format!("`{code}` is the old name of data centre {today}"),
        format!("give {today}"),
    )
}

fn shop(name: &str, domain: &str) -> Finding {
    let advice = "copy the domain by the icon next to the store's name in ReturnGO's dashboard";
    if domain.contains("://") || domain.contains('/') {
        Finding::failure(name, format!("`{domain}` is an address: expected the bare domain"), advice)
    } else if !domain.contains('.') {
        Finding::failure(
            name,
            format!("`{domain}` is not a domain, such as acmeoutdoors.example.test"),
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
        Finding::failure(name, format!("`{base}` is not a URL"), "give a base such as http://127.0.0.1:4010")
    }
}
