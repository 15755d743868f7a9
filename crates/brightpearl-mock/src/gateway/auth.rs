use api_mock_core::Request;
use jiff::Timestamp;

use super::oauth::OAuth;

/// The credentials that the account accepts.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) app_ref: String,
    /// The account token, which is accepted as staff token and bearer token too.
    pub(crate) token: String,
    /// The developer reference of a legacy public app.
    pub(crate) dev_ref: Option<String>,
    /// The account token, signed with the developer's secret.
    pub(crate) signed_token: Option<String>,
    pub(crate) oauth: OAuth,
}

/// Why the credentials are rejected, with the messages of docs/evidence/brightpearl-platform.md#error-codes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AuthenticationError {
    /// There is no token, there are tokens of several schemes, or the token is for another app or developer.
    Missing,
    /// The token is not the account's. The answer contains it.
    UnknownToken(String),
    /// The access token has expired.
    Expired,
}

impl AuthenticationError {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Missing => "Not authenticated. You must provide a valid authentication token.".to_owned(),
            Self::UnknownToken(token) => format!("Invalid instance token: {token}"),
            Self::Expired => super::TOKEN_EXPIRED.to_owned(),
        }
    }
}

/// An authentication scheme of docs/evidence/brightpearl-platform.md#authentication-schemes, with its token.
enum Scheme<'r> {
    Account(&'r str),
    Staff(&'r str),
    Bearer(&'r str),
}

impl<'r> Scheme<'r> {
    /// Returns the scheme of a request. None if it uses no scheme or several.
    fn of(request: &'r Request) -> Option<Self> {
        let header = |name: &str| request.header(name).filter(|token| !token.is_empty());
        let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match (header("brightpearl-account-token"), header("brightpearl-staff-token"), bearer) {
            (Some(token), None, None) => Some(Self::Account(token)),
            (None, Some(token), None) => Some(Self::Staff(token)),
            (None, None, Some(token)) => Some(Self::Bearer(token)),
            _ => None,
        }
    }
}

impl Credentials {
    /// Authenticates a private app, a member of staff, a legacy public app or an OAuth app.
    pub(crate) fn authenticate(&self, request: &Request, now: Timestamp) -> Result<(), AuthenticationError> {
        let scheme = Scheme::of(request).ok_or(AuthenticationError::Missing)?;
        let developer = request.header("brightpearl-dev-ref");
        let token = |given: &str, expected: Option<&str>| {
            if expected == Some(given) {
                Ok(())
            } else {
                Err(AuthenticationError::UnknownToken(given.to_owned()))
            }
        };
        match scheme {
            // With a developer reference the token must be signed, without one it must not.
            Scheme::Account(given) if developer.is_some() => token(given, self.signed_token.as_deref())?,
            Scheme::Account(given) | Scheme::Staff(given) => token(given, Some(&self.token))?,
            Scheme::Bearer(given) => match self.oauth.expiry(given) {
                Some(expiry) if expiry <= now => return Err(AuthenticationError::Expired),
                Some(_) => {}
                None => token(given, Some(&self.token))?,
            },
        }
        let known_app = request.header("brightpearl-app-ref") == Some(&self.app_ref);
        let known_developer = developer.is_none_or(|developer| self.dev_ref.as_deref() == Some(developer));
        if known_app && known_developer { Ok(()) } else { Err(AuthenticationError::Missing) }
    }
}
