//! The caller's credentials, in each way that Brightpearl supports
//! (docs/evidence/brightpearl-platform.md#authentication-schemes).

mod credentials;
mod oauth;
mod session;
#[cfg(feature = "signed-tokens")]
mod signature;
mod tokens;

use std::sync::Arc;

use api_client_core::{Headers, HttpRequest, client::Pipeline};
use secrecy::ExposeSecret;

#[cfg(feature = "signed-tokens")]
pub use self::signature::sign_token;
pub use self::{
    credentials::Credentials,
    oauth::OAuthApp,
    tokens::{MemoryTokenStore, TokenStore, TokenStoreError, Tokens},
};
use self::{credentials::Scheme, session::Session};
use super::hosts::brightpearl_host;
use crate::{AccountCode, Error, InstanceId};

/// The credentials of a running client.
pub(super) struct Authenticator {
    credentials: Credentials,
    /// The host of Brightpearl that the client was built for; none for a URL.
    home: Option<String>,
    /// For OAuth.
    session: Option<Arc<Session>>,
}

impl Authenticator {
    pub(super) fn new(
        credentials: Credentials,
        account: &AccountCode,
        home: Option<String>,
    ) -> Result<Self, Error> {
        credentials.check()?;
        let session = match &credentials.scheme {
            Scheme::OAuth { app, store } => {
                Some(Arc::new(Session::new(OAuthApp::clone(app), account.clone(), Arc::clone(store))))
            }
            _ => None,
        };
        Ok(Self { credentials, home, session })
    }

    /// Adds the credentials; returns the generation of the access token, 0 for other credentials.
    pub(super) async fn add_to(&self, request: &mut HttpRequest, pipeline: &Pipeline) -> Result<u64, Error> {
        let Credentials { app_ref, dev_ref, scheme } = &self.credentials;
        let headers = &mut request.headers;
        headers.insert("brightpearl-app-ref", app_ref);
        if let Some(dev_ref) = dev_ref {
            headers.insert("brightpearl-dev-ref", dev_ref);
        }
        match (scheme, &self.session) {
            (Scheme::AccountToken(token), _) => {
                headers.insert_secret("brightpearl-account-token", token.expose_secret());
            }
            (Scheme::StaffToken(token), _) => {
                headers.insert_secret("brightpearl-staff-token", token.expose_secret());
            }
            (Scheme::AccessToken(token), _) => add_bearer(headers, token.expose_secret()),
            (Scheme::OAuth { .. }, session) => {
                if let Some(session) = session {
                    let token = session.access_token(pipeline).await?;
                    add_bearer(headers, &token.text);
                    if let Some(api_domain) = &token.api_domain {
                        self.follow(api_domain, &mut request.url);
                    }
                    return Ok(token.generation);
                }
            }
        }
        Ok(0)
    }

    /// Sends the request to the host that the authorisation names: that is where the account's API is, and a
    /// refresh may change it (docs/evidence/brightpearl-platform.md#oauth).
    fn follow(&self, api_domain: &str, url: &mut String) {
        let Some(home) = &self.home else { return };
        match brightpearl_host(api_domain) {
            Ok(host) => {
                if let Some(path) = url.strip_prefix(home).filter(|_| host != *home) {
                    *url = format!("{host}{path}");
                }
            }
            Err(error) => tracing::warn!(%error, "the tokens name an unknown host; {home} stays in use"),
        }
    }

    /// Records that the access token of this generation has expired; returns whether there may be another.
    pub(super) fn expire(&self, generation: u64) -> bool {
        self.session.as_ref().inspect(|session| session.expire(generation)).is_some()
    }

    /// Returns the app's installation, if the authorisation stated it.
    pub(super) fn instance_id(&self) -> Option<InstanceId> {
        self.session.as_ref()?.instance_id()
    }

    /// Removes the secrets from a text, in case a response repeats one.
    pub(super) fn hide_in(&self, text: &str) -> String {
        match &self.credentials.scheme {
            Scheme::AccountToken(token) | Scheme::StaffToken(token) | Scheme::AccessToken(token) => {
                hide([token.expose_secret()], text)
            }
            Scheme::OAuth { .. } => {
                let secrets = self.session.as_ref().map(|session| session.secrets()).unwrap_or_default();
                hide(secrets.iter().map(String::as_str), text)
            }
        }
    }
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.credentials.fmt(f)
    }
}

fn add_bearer(headers: &mut Headers, token: &str) {
    headers.insert_secret("authorization", format!("Bearer {token}"));
}

/// Removes secrets from a text, also as Brightpearl's JSON escapes them
/// (docs/evidence/brightpearl-platform.md#error-codes): errors show a response that cannot be decoded.
fn hide<'s>(secrets: impl IntoIterator<Item = &'s str>, text: &str) -> String {
    secrets.into_iter().filter(|secret| !secret.is_empty()).fold(text.to_owned(), |text, secret| {
        text.replace(secret, "[secret]").replace(&secret.replace('=', "\\u003d"), "[secret]")
    })
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn secrets_are_hidden_as_they_are_and_as_json_escapes_them() {
        assert_eq!(hide(["qE3=", ""], r"no: qE3=, qE3\u003d"), "no: [secret], [secret]");
    }
}
