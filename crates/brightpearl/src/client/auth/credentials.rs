use std::{fmt, sync::Arc};

use api_client_core::client::{UnusableSetting, check_credential};
use secrecy::{ExposeSecret, SecretString};

use super::{OAuthApp, TokenStore};
use crate::Error;

/// The caller's credentials. The token is never printed.
///
/// | what Brightpearl gave you | what to use |
/// |---|---|
/// | a private app with an account token | [`private_app`](Self::private_app) |
/// | a private app with a member of staff's token | [`staff`](Self::staff) |
/// | a public app from before OAuth, with a signed account token | [`public_app`](Self::public_app) |
/// | an app that account owners authorise | [`oauth`](Self::oauth) |
/// | an access token only | [`access_token`](Self::access_token) |
///
/// ```
/// use brightpearl::Credentials;
///
/// let credentials = Credentials::private_app("acmeoutdoors_returns", "a-secret-token");
/// assert!(!format!("{credentials:?}").contains("a-secret-token"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    pub(super) app_ref: String,
    pub(super) dev_ref: Option<String>,
    pub(super) scheme: Scheme,
}

#[derive(Clone)]
pub(super) enum Scheme {
    AccountToken(SecretString),
    StaffToken(SecretString),
    AccessToken(SecretString),
    OAuth { app: Box<OAuthApp>, store: Arc<dyn TokenStore> },
}

impl Credentials {
    /// A private system app: the app's reference and the account token shown beside it in Brightpearl's
    /// *App store › Private apps*.
    pub fn private_app(app_ref: impl Into<String>, account_token: impl Into<String>) -> Self {
        Self::of(app_ref, Scheme::AccountToken(account_token.into().into()))
    }

    /// A private staff app: the app's reference and a member of staff's token.
    pub fn staff(app_ref: impl Into<String>, staff_token: impl Into<String>) -> Self {
        Self::of(app_ref, Scheme::StaffToken(staff_token.into().into()))
    }

    /// A public app of the kind that came before OAuth: the developer's reference, the app's, and the account
    /// token as `client::sign_token` (feature `signed-tokens`) signs it with the developer's secret.
    pub fn public_app(
        dev_ref: impl Into<String>,
        app_ref: impl Into<String>,
        signed_account_token: impl Into<String>,
    ) -> Self {
        Self::of(app_ref, Scheme::AccountToken(signed_account_token.into().into())).with_dev_ref(dev_ref)
    }

    /// An OAuth access token that the caller keeps valid. When it expires, calls fail with
    /// [`TokenExpired`](crate::ErrorKind::TokenExpired): build a new client with the new token.
    pub fn access_token(app_ref: impl Into<String>, access_token: impl Into<String>) -> Self {
        Self::of(app_ref, Scheme::AccessToken(access_token.into().into()))
    }

    /// An app that the account's owner has authorised. Its tokens are loaded from the store, refreshed shortly
    /// before they expire or when Brightpearl reports it, and saved in the store. A rejected refresh token is
    /// not sent again: calls fail with [`NoAccessToken`](crate::ErrorKind::NoAccessToken) until the store has
    /// other tokens.
    pub fn oauth(app: OAuthApp, store: Arc<dyn TokenStore>) -> Self {
        let dev_ref = app.dev_ref.clone();
        Self { dev_ref, ..Self::of(app.app_ref.clone(), Scheme::OAuth { app: Box::new(app), store }) }
    }

    /// Adds the developer's reference, as OAuth apps should.
    #[must_use]
    pub fn with_dev_ref(mut self, dev_ref: impl Into<String>) -> Self {
        self.dev_ref = Some(dev_ref.into());
        self
    }

    fn of(app_ref: impl Into<String>, scheme: Scheme) -> Self {
        Self { app_ref: app_ref.into(), dev_ref: None, scheme }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let checked = || -> Result<(), UnusableSetting> {
            check_credential("app reference", &self.app_ref)?;
            if let Some(dev_ref) = &self.dev_ref {
                check_credential("developer reference", dev_ref)?;
            }
            match &self.scheme {
                Scheme::AccountToken(token) | Scheme::StaffToken(token) | Scheme::AccessToken(token) => {
                    check_credential("token", token.expose_secret())
                }
                Scheme::OAuth { app, .. } => app.check(),
            }
        };
        checked().map_err(|error| Error::configuration(error.to_string()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::AccountToken(_) => "account token hidden",
            Scheme::StaffToken(_) => "staff token hidden",
            Scheme::AccessToken(_) => "access token hidden",
            Scheme::OAuth { .. } => "OAuth",
        };
        let dev_ref = self.dev_ref.as_deref().map(|dev_ref| format!(" by {dev_ref}")).unwrap_or_default();
        write!(f, "Credentials({}{dev_ref}, {scheme})", self.app_ref)
    }
}
