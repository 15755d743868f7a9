use std::fmt;

use api_client_core::{Headers, client::check_credential};
use secrecy::{ExposeSecret, SecretString};

use crate::Error;

/// Who the caller is. Never prints its token.
///
/// ```
/// use brightpearl::Credentials;
///
/// let credentials = Credentials::private_app("acmeoutdoors_returns", "a-secret-token");
/// assert!(!format!("{credentials:?}").contains("a-secret-token"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    app_ref: String,
    scheme: Scheme,
}

#[derive(Clone)]
enum Scheme {
    AccountToken(SecretString),
    StaffToken(SecretString),
}

impl Credentials {
    /// A private system app: the app's reference and the account token shown beside it in Brightpearl's
    /// *App store › Private apps*.
    pub fn private_app(app_ref: impl Into<String>, account_token: impl Into<String>) -> Self {
        Self { app_ref: app_ref.into(), scheme: Scheme::AccountToken(account_token.into().into()) }
    }

    /// A private staff app: the app's reference and a member of staff's token.
    pub fn staff(app_ref: impl Into<String>, staff_token: impl Into<String>) -> Self {
        Self { app_ref: app_ref.into(), scheme: Scheme::StaffToken(staff_token.into().into()) }
    }

    pub(super) fn add_to(&self, headers: &mut Headers) {
        headers.insert("brightpearl-app-ref", &self.app_ref);
        match &self.scheme {
            Scheme::AccountToken(token) => {
                headers.insert_secret("brightpearl-account-token", token.expose_secret())
            }
            Scheme::StaffToken(token) => {
                headers.insert_secret("brightpearl-staff-token", token.expose_secret())
            }
        }
    }

    /// The text without the token, should somebody have echoed it.
    pub(super) fn hide_in(&self, text: &str) -> String {
        text.replace(self.token().expose_secret(), "[secret]")
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check_credential("app reference", &self.app_ref)
            .and_then(|()| check_credential("token", self.token().expose_secret()))
            .map_err(|error| Error::configuration(error.to_string()))
    }

    fn token(&self) -> &SecretString {
        match &self.scheme {
            Scheme::AccountToken(token) | Scheme::StaffToken(token) => token,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::AccountToken(_) => "account token",
            Scheme::StaffToken(_) => "staff token",
        };
        write!(f, "Credentials({}, {scheme} hidden)", self.app_ref)
    }
}
