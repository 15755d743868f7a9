use api_mock_core::Request;
use jiff::Timestamp;

use super::oauth::OAuth;

/// The credentials that the account accepts.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) app_ref: String,
    /// The account token, good as staff token and bearer token too.
    pub(crate) token: String,
    /// The developer behind a legacy public app.
    pub(crate) dev_ref: Option<String>,
    /// The account token signed with that developer's secret.
    pub(crate) signed_token: Option<String>,
    pub(crate) oauth: OAuth,
}

/// Why a request is not let in, in the words of docs/evidence/brightpearl-platform.md#error-codes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AuthenticationError {
    /// No token, tokens of several schemes, or not the app or developer that the token is for.
    Missing,
    /// A token that is not the account's; the answer echoes it.
    UnknownToken(String),
    /// An access token that has seen its time.
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

/// One of the schemes of docs/evidence/brightpearl-platform.md#authentication-schemes, with its token.
enum Scheme<'r> {
    Account(&'r str),
    Staff(&'r str),
    Bearer(&'r str),
}

impl<'r> Scheme<'r> {
    /// The one scheme that a request uses; with several, or with none, it is nobody.
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
    /// Lets a private app, a member of staff, a legacy public app or an OAuth app in.
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
            // With a developer's reference the token must be signed, without one it must not be.
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
