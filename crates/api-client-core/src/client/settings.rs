use std::{error::Error, fmt};

use url::{Host, Url};

/// An invalid setting of a client; the message names it and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableSetting(String);

impl UnusableSetting {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    pub(super) fn caused_by(what: &str, cause: &(dyn Error + 'static)) -> Self {
        let causes = std::iter::successors(Some(cause), |&cause| cause.source());
        Self(causes.fold(what.to_owned(), |text, cause| format!("{text}: {cause}")))
    }
}

impl fmt::Display for UnusableSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UnusableSetting {}

/// Rejects a credential that is empty or has spaces around it. Copied spaces are not trimmed, so that the user
/// learns of them. The message does not contain the value.
///
/// # Errors
/// When it is empty or has spaces around it.
pub fn check_credential(name: &str, value: &str) -> Result<(), UnusableSetting> {
    if value.is_empty() {
        Err(UnusableSetting(format!("the {name} is empty")))
    } else if value.trim() != value {
        Err(UnusableSetting(format!("the {name} has spaces around it: copy it without them")))
    } else {
        Ok(())
    }
}

/// Where a client may send its credentials without encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InsecureHttp {
    /// To this computer only, where mocks are.
    #[default]
    Loopback,
    /// To every host.
    Everywhere,
}

/// Returns the base URL of an API without trailing slashes.
///
/// ```
/// use api_client_core::client::{InsecureHttp, check_base_url};
///
/// assert_eq!(check_base_url("http://127.0.0.1:4010/", InsecureHttp::Loopback).unwrap(), "http://127.0.0.1:4010");
/// assert!(check_base_url("http://mocks.example.test", InsecureHttp::Loopback).is_err());
/// ```
///
/// # Errors
/// When it is not an HTTP URL, contains a user name, query or fragment, or would send credentials without encryption.
pub fn check_base_url(base: &str, insecure: InsecureHttp) -> Result<String, UnusableSetting> {
    let url = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    let Some(url) = url else {
        return Err(UnusableSetting(format!(
            "`{base}` is not a URL: expected a base such as http://127.0.0.1:4010"
        )));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UnusableSetting::new("the URL contains a user name or password: give the host only"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(UnusableSetting(format!(
            "`{base}` has a query or fragment: expected a base such as http://127.0.0.1:4010"
        )));
    }
    if url.scheme() == "http" && insecure == InsecureHttp::Loopback && !is_loopback(&url) {
        return Err(UnusableSetting(format!(
            "`{base}` would send credentials without encryption: use https; http is for this computer only, unless \
             the program calls allow_insecure_http"
        )));
    }
    Ok(base.trim_end_matches('/').to_owned())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_computer_only() {
        for here in [
            "http://127.0.0.1:4010",
            "http://127.9.0.1",
            "http://[::1]:4010",
            "http://localhost",
            "http://a.localhost",
        ] {
            assert!(check_base_url(here, InsecureHttp::Loopback).is_ok(), "{here}");
        }
        for elsewhere in [
            "http://api.example.test",
            "http://192.0.2.7",
            "http://localhost.example.test",
            "http://0.0.0.0",
            "HTTP://api.example.test",
        ] {
            assert!(check_base_url(elsewhere, InsecureHttp::Loopback).is_err(), "{elsewhere}");
            assert!(check_base_url(elsewhere, InsecureHttp::Everywhere).is_ok(), "{elsewhere}");
        }
    }

    #[test]
    fn what_is_not_a_base_is_rejected_and_a_password_is_not_repeated() {
        for wrong in [
            "",
            "api.example.test",
            "ftp://api.example.test",
            "https://",
            "https://a.test?x=1",
            "https://a.test#b",
        ] {
            assert!(check_base_url(wrong, InsecureHttp::Everywhere).is_err(), "{wrong}");
        }
        let error =
            check_base_url("http://127.0.0.1:s3cret@api.example.test", InsecureHttp::Loopback).unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
