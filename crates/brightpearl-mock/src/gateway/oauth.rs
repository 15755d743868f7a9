//! The OAuth 2.0 token endpoints, without envelope and throttle (docs/evidence/brightpearl-platform.md#oauth).

use std::collections::{BTreeMap, BTreeSet};

use api_mock_core::{Refusal, Request, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Switches;

/// The lifetime of an access token (documented).
const LIFETIME: SignedDuration = SignedDuration::from_secs(604_800);

/// The valid authorization codes and tokens of an app.
#[derive(Clone)]
pub(crate) struct OAuth {
    account: String,
    /// The app reference.
    client_id: String,
    /// None for a public client.
    client_secret: Option<String>,
    instance: u64,
    /// Unused authorization codes, with their redirect URI.
    codes: BTreeMap<String, String>,
    refresh_tokens: BTreeSet<String>,
    /// Access tokens with their expiry.
    access_tokens: BTreeMap<String, Timestamp>,
    /// The number of issued codes and tokens, which makes each unique.
    handed_out: u64,
}

/// An OAuth endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Issues a code to the user's browser.
    Authorize,
    /// Exchanges codes and refresh tokens for access tokens.
    Token,
    /// Describes an access token.
    Introspect,
}

impl Endpoint {
    /// Returns the endpoint of a request, and the account code in its path, if any.
    pub(crate) fn of(request: &Request) -> Option<(Self, Option<String>)> {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let (endpoint, account) = match (request.method.as_str(), path.as_slice()) {
            ("GET", ["authorize", account]) => (Self::Authorize, Some(*account)),
            ("POST", ["token", account] | [account, "oauth", "token"]) => (Self::Token, Some(*account)),
            ("POST", ["oauth", "token"]) => (Self::Token, None),
            ("POST", ["oauth", "token", "introspect"]) => (Self::Introspect, None),
            ("POST", [account, "oauth", "token", "introspect"]) => (Self::Introspect, Some(*account)),
            _ => return None,
        };
        Some((endpoint, account.map(str::to_owned)))
    }

    /// Returns the name under which requests are counted and faults match.
    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::Authorize => "get-oauth-authorize",
            Self::Token => "post-oauth-token",
            Self::Introspect => "post-oauth-token-introspect",
        }
    }
}

/// Why a token is denied, with the messages of the token endpoint.
enum OAuthError {
    Client,
    Grant,
    RedirectUri,
    /// An error name of RFC 6749, because Brightpearl's message is not known.
    Request(&'static str),
}

impl OAuthError {
    fn body(&self) -> Value {
        match self {
            Self::Client => json!({ "error": "invalid_client" }),
            Self::Grant => json!({
                "error_description": "The auth token has either expired or does not exist",
                "error": "invalid_grant",
            }),
            Self::RedirectUri => json!({
                "error_description": "Redirect uri does not match that used to request auth token",
                "error": "invalid_grant",
            }),
            Self::Request(error) => json!({ "error": error }),
        }
    }
}

impl OAuth {
    pub(crate) fn new(account: &str, client_id: &str, client_secret: Option<String>, instance: u64) -> Self {
        Self {
            account: account.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            instance,
            codes: BTreeMap::new(),
            refresh_tokens: BTreeSet::new(),
            access_tokens: BTreeMap::new(),
            handed_out: 0,
        }
    }

    /// Answers a request to an OAuth endpoint. None for any other request.
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        now: Timestamp,
        switches: &Switches,
    ) -> Option<Response> {
        let (endpoint, account) = Endpoint::of(request)?;
        let form = request.form();
        let account = account.or_else(|| value(&form, "account_code").map(str::to_owned));
        if account.is_some_and(|account| account != self.account) {
            return Some(Response::json(400, &OAuthError::Client.body()));
        }
        let outcome = match endpoint {
            Endpoint::Authorize => self.authorize(request),
            Endpoint::Token => self.token(&form, now, switches).map(|body| Response::json(200, &body)),
            Endpoint::Introspect => {
                self.introspect(request, &form, now).map(|body| Response::json(200, &body))
            }
        };
        Some(outcome.unwrap_or_else(|denied| Response::json(400, &denied.body())))
    }

    /// Issues an authorization code, as a user's consent would.
    pub(crate) fn new_code(&mut self, redirect_uri: &str) -> String {
        let number = self.next();
        let code = format!("7d2c0f4e-52d1-4b7e-8a1e-{number:012x}");
        self.codes.insert(code.clone(), redirect_uri.to_owned());
        code
    }

    /// Issues a code at once, without asking a user.
    fn authorize(&mut self, request: &Request) -> Result<Response, OAuthError> {
        if request.query("client_id") != Some(&self.client_id) {
            return Err(OAuthError::Client);
        }
        if request.query("response_type") != Some("code") {
            return Err(OAuthError::Request("unsupported_response_type"));
        }
        let redirect_uri = request.query("redirect_uri").ok_or(OAuthError::Request("invalid_request"))?;
        let code = self.new_code(redirect_uri);
        let separator = if redirect_uri.contains('?') { '&' } else { '?' };
        let mut location = format!("{redirect_uri}{separator}code={code}");
        if let Some(state) = request.query("state") {
            location.push_str("&state=");
            location.push_str(
                &percent_encoding::utf8_percent_encode(state, percent_encoding::NON_ALPHANUMERIC).to_string(),
            );
        }
        Ok(Response::new(302, "text/html", "").header("Location", location))
    }

    fn token(&mut self, form: &Form, now: Timestamp, switches: &Switches) -> Result<Value, OAuthError> {
        let secret = value(form, "client_secret");
        if value(form, "client_id") != Some(&self.client_id) || secret != self.client_secret.as_deref() {
            return Err(OAuthError::Client);
        }
        match value(form, "grant_type") {
            Some("authorization_code") => self.exchange(form, now),
            Some("refresh_token") => self.refresh(form, now, switches),
            Some(_) => Err(OAuthError::Request("unsupported_grant_type")),
            None => Err(OAuthError::Request("invalid_request")),
        }
    }

    /// Exchanges a code, which is valid for one attempt.
    fn exchange(&mut self, form: &Form, now: Timestamp) -> Result<Value, OAuthError> {
        let redirect_uri =
            value(form, "code").and_then(|code| self.codes.remove(code)).ok_or(OAuthError::Grant)?;
        if value(form, "redirect_uri") != Some(&redirect_uri) {
            return Err(OAuthError::RedirectUri);
        }
        let mut answer = self.tokens(now);
        // Only this grant has the instance id, and as a string.
        answer["installation_instance_id"] = json!(self.instance.to_string());
        Ok(answer)
    }

    fn refresh(&mut self, form: &Form, now: Timestamp, switches: &Switches) -> Result<Value, OAuthError> {
        let given = value(form, "refresh_token").filter(|given| self.refresh_tokens.contains(*given));
        let given = given.ok_or(OAuthError::Grant)?;
        if !switches.old_refresh_tokens_work {
            self.refresh_tokens.remove(given);
        }
        let valid = self.access_tokens.iter().find(|(_, expires)| **expires > now);
        let valid = valid.filter(|_| switches.refresh_returns_a_valid_token);
        match valid.map(|(token, expires)| (token.clone(), *expires)) {
            Some((token, expires)) => {
                let refresh_token = self.new_refresh_token();
                Ok(grant(&token, &refresh_token, expires.duration_since(now)))
            }
            None => Ok(self.tokens(now)),
        }
    }

    /// Issues a pair of tokens. They contain characters that a form must encode.
    fn tokens(&mut self, now: Timestamp) -> Value {
        let access_token = format!("mock+access/{:04}=", self.next());
        self.access_tokens.insert(access_token.clone(), now.saturating_add(LIFETIME).unwrap_or(now));
        let refresh_token = self.new_refresh_token();
        grant(&access_token, &refresh_token, LIFETIME)
    }

    fn new_refresh_token(&mut self) -> String {
        let refresh_token = format!("mock+refresh/{:04}=", self.next());
        self.refresh_tokens.insert(refresh_token.clone());
        refresh_token
    }

    /// Describes an access token. Every value is a string.
    fn introspect(&self, request: &Request, form: &Form, now: Timestamp) -> Result<Value, OAuthError> {
        let secret = self.client_secret.as_deref().unwrap_or_default();
        let expected = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.client_id)));
        if request.header("authorization") != Some(&expected) {
            return Err(OAuthError::Client);
        }
        let token = value(form, "token").ok_or(OAuthError::Request("invalid_request"))?;
        Ok(match self.access_tokens.get(token) {
            Some(expires) if *expires > now => json!({
                "active": "true", "token_type": "Bearer", "exp": expires.as_second().to_string(),
            }),
            _ => json!({ "active": "false" }),
        })
    }

    /// Returns the expiry of an access token. None for an unknown token.
    pub(crate) fn expiry(&self, access_token: &str) -> Option<Timestamp> {
        self.access_tokens.get(access_token).copied()
    }

    const fn next(&mut self) -> u64 {
        self.handed_out += 1;
        self.handed_out
    }
}

/// Builds the error answer that a fault asks for: an error of RFC 6749, without an envelope.
pub(crate) fn refusal(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Status500 => Response::json(500, &json!({ "error": "server_error" })),
        Refusal::Status503 | Refusal::Throttle => {
            Response::json(503, &json!({ "error": "temporarily_unavailable" }))
        }
        Refusal::TokenExpired => Response::json(400, &OAuthError::Grant.body()),
    }
}

type Form = [(String, String)];

fn value<'f>(form: &'f Form, name: &str) -> Option<&'f str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn grant(access_token: &str, refresh_token: &str, lifetime: SignedDuration) -> Value {
    json!({
        "access_token": access_token,
        "refresh_token": refresh_token,
        "api_domain": API_DOMAIN,
        "token_type": "Bearer",
        "expires_in": lifetime.as_secs(),
    })
}

/// Brightpearl's domain. The caller knows the address of the mock.
const API_DOMAIN: &str = "euw1.brightpearlconnect.com";
