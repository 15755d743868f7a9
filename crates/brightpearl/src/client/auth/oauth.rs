use std::{fmt, sync::Arc, time::Duration};

use api_client_core::{
    Endpoint, Headers, HttpRequest, HttpResponse, Idempotency, Method,
    client::{
        ApiPolicy, CallReport, Clock, Disposition, Failure, FailureClass, HttpSettings, InsecureHttp, Permit,
        Pipeline, PrepareError, RetryPolicy, SystemClock, Transport, UnusableSetting, Waits, check_base_url,
        check_credential,
    },
    decode, query_string,
    time::later,
    wire,
};
use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::Tokens;
use crate::{AccountCode, ApiError, Error, client::http_transport::http_transport, ids::InstanceId};

/// The server at which account owners authorise apps.
const SERVER: &str = "https://oauth.brightpearlapp.com";

/// A code is valid for one attempt, so its exchange is never repeated.
const EXCHANGE: Endpoint = Endpoint::new(Method::Post, "/token/{account}", Idempotency::UnkeyedWrite);

/// Whether a refresh token stays valid after its use is not known; after a lost response a retry is the only
/// chance.
const REFRESH: Endpoint = Endpoint::new(Method::Post, "/token/{account}", Idempotency::RepeatableWrite);

/// An app that account owners authorise by OAuth 2.0 (docs/evidence/brightpearl-platform.md#oauth). Its secret
/// is never printed.
///
/// 1. Send the account's owner to [`authorize_url`](Self::authorize_url).
/// 2. Their browser returns to the redirect URI with a code and your state: check the state,
///    [`exchange`](Self::exchange) the code, and save the tokens in a [`TokenStore`](super::TokenStore).
/// 3. Build clients with [`Credentials::oauth`](super::Credentials::oauth); they refresh the tokens.
///
/// ```
/// use brightpearl::client::OAuthApp;
///
/// let app = OAuthApp::new("acmedev_returns", "https://returns.example.test/connected").dev_ref("acmedev");
/// let url = app.authorize_url(&"acmeoutdoors".parse()?, "9c1f");
/// assert_eq!(
///     url,
///     "https://oauth.brightpearlapp.com/authorize/acmeoutdoors?response_type=code&client_id=acmedev_returns\
///      &redirect_uri=https%3A%2F%2Freturns.example.test%2Fconnected&state=9c1f"
/// );
/// # Ok::<(), brightpearl::InvalidAccountCode>(())
/// ```
///
/// ```no_run
/// # use std::sync::Arc;
/// # use brightpearl::{Client, Credentials, client::{MemoryTokenStore, OAuthApp, TokenStore}};
/// # async fn callback(app: OAuthApp, code: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let account = "acmeoutdoors".parse()?;
/// let tokens = app.exchange(&account, code).await?;
/// let store = Arc::new(MemoryTokenStore::default());
/// store.save(&account, &tokens).await?;
///
/// let brightpearl = Client::builder("acmeoutdoors")
///     .api_domain(tokens.api_domain.unwrap_or_default())
///     .credentials(Credentials::oauth(app, store))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "an app does nothing by itself"]
pub struct OAuthApp {
    pub(super) app_ref: String,
    pub(super) dev_ref: Option<String>,
    client_secret: Option<SecretString>,
    redirect_uri: String,
    server: String,
    transport: Option<Arc<dyn Transport>>,
    http: HttpSettings,
    insecure_http: InsecureHttp,
    clock: Arc<dyn Clock>,
}

impl OAuthApp {
    /// Creates an app by its reference and registered redirect URI.
    pub fn new(app_ref: impl Into<String>, redirect_uri: impl Into<String>) -> Self {
        Self {
            app_ref: app_ref.into(),
            dev_ref: None,
            client_secret: None,
            redirect_uri: redirect_uri.into(),
            server: SERVER.to_owned(),
            transport: None,
            http: HttpSettings::new(),
            insecure_http: InsecureHttp::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The developer's reference, sent with every call.
    pub fn dev_ref(mut self, dev_ref: impl Into<String>) -> Self {
        self.dev_ref = Some(dev_ref.into());
        self
    }

    /// The client secret, for a confidential client.
    pub fn client_secret(mut self, secret: impl Into<String>) -> Self {
        self.client_secret = Some(secret.into().into());
        self
    }

    /// Sets another authorisation server, such as a mock; `https://oauth.brightpearlapp.com` by default.
    pub fn server(mut self, base: impl Into<String>) -> Self {
        self.server = base.into();
        self
    }

    /// Sets the transport of [`exchange`](Self::exchange); HTTP by default. A client refreshes over its own
    /// transport.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Sets how the default transport of [`exchange`](Self::exchange) connects.
    pub fn http(mut self, settings: HttpSettings) -> Self {
        self.http = settings;
        self
    }

    /// Allows an `http://` URL of another computer as the [`server`](Self::server), to which secrets go without
    /// encryption.
    pub fn allow_insecure_http(mut self) -> Self {
        self.insecure_http = InsecureHttp::Everywhere;
        self
    }

    /// Sets the clock of [`exchange`](Self::exchange); the machine's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Returns the URL for the account's owner. `state` comes back with the code: make it unguessable, and
    /// check it.
    pub fn authorize_url(&self, account: &AccountCode, state: &str) -> String {
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.app_ref),
            ("redirect_uri", &self.redirect_uri),
            ("state", state),
        ]);
        format!("{}/authorize/{account}?{query}", self.server.trim_end_matches('/'))
    }

    /// Exchanges the code from the redirect URI for tokens. Sent once: a code is valid for one attempt.
    ///
    /// # Errors
    /// [`ErrorKind::NoAccessToken`](crate::ErrorKind::NoAccessToken) when the server rejects the code, with
    /// what to do; [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous) when the response was lost.
    pub async fn exchange(&self, account: &AccountCode, code: &str) -> Result<Tokens, Error> {
        self.check().map_err(|error| Error::configuration(error.to_string()))?;
        let transport = match &self.transport {
            Some(transport) => Arc::clone(transport),
            None => http_transport(Duration::from_secs(60), &self.http)?,
        };
        let pipeline = Pipeline {
            transport,
            clock: Arc::clone(&self.clock),
            retry: RetryPolicy::default(),
            observer: None,
            max_wait: None,
            api: "brightpearl",
        };
        let fields =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.redirect_uri)];
        self.ask(&pipeline, EXCHANGE, account, &fields, &[code]).await
    }

    /// Gets new tokens. Values that the response omits are kept from the old ones.
    pub(super) async fn refresh(
        &self,
        pipeline: &Pipeline,
        account: &AccountCode,
        old: &Tokens,
    ) -> Result<Tokens, Error> {
        let Some(refresh_token) = &old.refresh_token else {
            return Err(Error::no_access_token(format!(
                "the access token has expired and no refresh token is stored for {account}; {AUTHORISE_AGAIN}"
            )));
        };
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        let new = self.ask(pipeline, REFRESH, account, &fields, &[refresh_token, &old.access_token]).await?;
        Ok(Tokens {
            refresh_token: new.refresh_token.or_else(|| old.refresh_token.clone()),
            installation_instance_id: new.installation_instance_id.or(old.installation_instance_id),
            api_domain: new.api_domain.or_else(|| old.api_domain.clone()),
            ..new
        })
    }

    async fn ask(
        &self,
        pipeline: &Pipeline,
        endpoint: Endpoint,
        account: &AccountCode,
        fields: &[(&str, &str)],
        secrets: &[&str],
    ) -> Result<Tokens, Error> {
        let mut fields = fields.to_vec();
        fields.push(("client_id", &self.app_ref));
        if let Some(client_secret) = &self.client_secret {
            fields.push(("client_secret", client_secret.expose_secret()));
        }
        let mut headers = Headers::default();
        headers.insert("Accept", "application/json");
        headers.insert("Content-Type", "application/x-www-form-urlencoded");
        let request = HttpRequest {
            method: endpoint.method,
            url: format!("{}{}", self.server.trim_end_matches('/'), endpoint.path(&[account])),
            headers,
            body: Some(form(&fields).into_bytes()),
        };
        let answer = pipeline.send(&TokenEndpointPolicy, endpoint, &request).await;
        let response = answer.map_err(|failure| self.refused(*failure, secrets))?;
        let response_body: TokenResponse = decode::json(&response.body)
            .map_err(|error| Error::undecodable(CallReport::answered(endpoint), &response, error))?;
        Ok(response_body.at(pipeline.clock.now()))
    }

    fn refused(&self, failure: Failure, secrets: &[&str]) -> Error {
        let hide = |text: &str| super::hide(secrets.iter().copied().chain(self.client_secret_text()), text);
        let body = failure.response.as_ref().map(|response| response.body.as_slice()).unwrap_or_default();
        match serde_json::from_slice::<OAuthError>(body) {
            Ok(refusal) if failure.class == FailureClass::Refused => {
                let advice = refusal.advice();
                let said = ApiError { code: refusal.error, message: hide(&refusal.error_description) };
                Error::token_refused(failure, advice, said)
            }
            _ => Error::failed(failure, Some(AUTHORISE_AGAIN), &hide),
        }
    }

    pub(super) fn client_secret_text(&self) -> Option<&str> {
        self.client_secret.as_ref().map(|secret| secret.expose_secret())
    }

    pub(super) fn check(&self) -> Result<(), UnusableSetting> {
        check_credential("app reference", &self.app_ref)?;
        if let Some(secret) = &self.client_secret {
            check_credential("client secret", secret.expose_secret())?;
        }
        let insecure = if self.transport.is_some() { InsecureHttp::Everywhere } else { self.insecure_http };
        check_base_url(&self.server, insecure).map(drop)
    }
}

impl fmt::Debug for OAuthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthApp")
            .field("app_ref", &self.app_ref)
            .field("dev_ref", &self.dev_ref)
            .field("redirect_uri", &self.redirect_uri)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Encodes a form: every value completely, `/` and `:` too, because tokens contain `+`, `/` and `=`.
fn form(fields: &[(&str, &str)]) -> String {
    query_string(fields).replace('/', "%2F").replace(':', "%3A").replace(',', "%2C")
}

/// The token endpoint's policy: no credentials beyond the form, and no budget, since it is not counted
/// (docs/evidence/brightpearl-platform.md#request-budget).
struct TokenEndpointPolicy;

#[async_trait]
impl ApiPolicy for TokenEndpointPolicy {
    async fn prepare<'a>(
        &'a self,
        _request: &mut HttpRequest,
        _waits: &mut Waits<'_>,
    ) -> Result<Permit<'a>, PrepareError> {
        Ok(Box::new(()))
    }

    fn classify(&self, response: &HttpResponse, _now: Timestamp) -> Disposition {
        match response.status {
            200..300 => Disposition::Accepted,
            429 => Disposition::Throttled { wait: None },
            500.. => Disposition::ServerFailed,
            _ => Disposition::Refused,
        }
    }

    fn request_id<'a>(&self, response: &'a HttpResponse) -> Option<&'a str> {
        response.headers.get("ruid")
    }
}

/// The refresh token that was sent may be invalid now, so that no other field may make this response
/// undecodable.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    #[serde(default, with = "wire::empty_is_none")]
    refresh_token: Option<String>,
    /// A number written as text.
    #[serde(default, with = "wire::informational_id")]
    installation_instance_id: Option<InstanceId>,
    #[serde(default, with = "wire::informational_text")]
    api_domain: Option<String>,
    #[serde(default, with = "wire::informational")]
    expires_in: Option<u32>,
}

/// The assumed lifetime of an access token without a stated one.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(300);

impl TokenResponse {
    fn at(self, now: Timestamp) -> Tokens {
        let lifetime =
            self.expires_in.map_or(ASSUMED_LIFETIME, |seconds| Duration::from_secs(seconds.into()));
        Tokens {
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            expires_at: later(now, lifetime),
            installation_instance_id: self.installation_instance_id,
            api_domain: self.api_domain,
        }
    }
}

pub(super) const AUTHORISE_AGAIN: &str = "ask the account's owner to authorise the app again";

/// An OAuth error, which has no envelope.
#[derive(Deserialize)]
struct OAuthError {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl OAuthError {
    fn advice(&self) -> String {
        let redirect = self.error_description.to_ascii_lowercase().contains("redirect");
        match self.error.as_str() {
            "invalid_client" => "invalid app reference or client secret; check both".to_owned(),
            "invalid_grant" if redirect => {
                "the redirect URI differs from the one that the code was requested with; use the same for both"
                    .to_owned()
            }
            "invalid_grant" => {
                format!(
                    "the code or refresh token has expired or was used; {AUTHORISE_AGAIN}, and save the tokens from \
                     the exchange of the code"
                )
            }
            _ => "Brightpearl issued no access token".to_owned(),
        }
    }
}
