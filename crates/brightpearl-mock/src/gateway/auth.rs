use api_mock_core::Request;

/// The credentials that the account accepts.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) app_ref: String,
    pub(crate) token: String,
}

/// Why a request is not let in, in the words of brightpearl-platform.md §3.3.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unauthenticated {
    /// No token, or no app reference.
    Missing,
    /// A token that is not the account's; the answer echoes it.
    UnknownToken(String),
}

impl Unauthenticated {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Missing => "Not authenticated. You must provide a valid authentication token.".to_owned(),
            Self::UnknownToken(token) => format!("Invalid instance token: {token}"),
        }
    }
}

impl Credentials {
    /// Lets a private app in, by the account token, a staff token or a bearer token (brightpearl-platform.md
    /// §4.1). The account has one token, good for each of these schemes.
    pub(crate) fn admit(&self, request: &Request) -> Result<(), Unauthenticated> {
        let known_app = request.header("brightpearl-app-ref") == Some(&self.app_ref);
        match token(request) {
            Some(token) if token != self.token => Err(Unauthenticated::UnknownToken(token.to_owned())),
            Some(_) if known_app => Ok(()),
            _ => Err(Unauthenticated::Missing),
        }
    }
}

fn token(request: &Request) -> Option<&str> {
    let bearer = || request.header("authorization")?.strip_prefix("Bearer ");
    request
        .header("brightpearl-account-token")
        .or_else(|| request.header("brightpearl-staff-token"))
        .or_else(bearer)
        .filter(|token| !token.is_empty())
}
