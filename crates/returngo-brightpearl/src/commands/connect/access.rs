//! The access to both systems: from variables, the stored connection, or the user.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use api_client_core::client::Clock;
use brightpearl::{
    ErrorKind,
    client::{MemoryTokenStore, TokenStore, Tokens},
};
use jiff::Timestamp;
use returngo::RmaFilter;
use returngo_brightpearl_mapping::{
    AccountCode,
    check::{InputKind, Mark, check_inputs},
    world::AccountFacts,
};
use returngo_brightpearl_sync::account_facts;

use returngo_brightpearl_connector::{
    configuration::{
        BrightpearlAccess, BrightpearlToken, ConnectionConfiguration, OAuthAccess, ReturngoAccess, Secret,
    },
    with_causes,
};

use crate::terminal::{Prompter, spinner};

/// The access to both systems, as far as it is known.
pub(super) struct Access {
    pub account: Option<String>,
    url: Option<String>,
    datacenter: Option<String>,
    app_ref: Option<String>,
    dev_ref: Option<String>,
    token: Option<BrightpearlToken>,
    returngo_url: Option<String>,
    api_key: Option<Secret>,
    shop: Option<String>,
    pub calls_a_day: Option<u32>,
}

impl Access {
    /// Takes the values of variables, otherwise those of the stored connection.
    pub(super) fn from_inputs(
        variable: &dyn Fn(&str) -> Option<String>,
        stored: Option<&ConnectionConfiguration>,
        now: Timestamp,
    ) -> Self {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let secret = |name: &str| given(name).map(Secret::new);
        let brightpearl = stored.map(|stored| stored.brightpearl.clone());
        let returngo = stored.map(|stored| stored.returngo.clone());
        let (mut url, mut datacenter) = (given("BRIGHTPEARL_URL"), given("BRIGHTPEARL_DATACENTER"));
        if url.is_none() && datacenter.is_none() {
            (url, datacenter) =
                brightpearl.clone().map(|stored| (stored.url, stored.datacenter)).unwrap_or_default();
        }
        let refreshed = given("BRIGHTPEARL_REFRESH_TOKEN");
        let token = refreshed
            .map(|token| authorised(token, given("BRIGHTPEARL_CLIENT_SECRET"), now))
            .or_else(|| secret("BRIGHTPEARL_TOKEN").map(BrightpearlToken::Token))
            .or_else(|| secret("BRIGHTPEARL_STAFF_TOKEN").map(BrightpearlToken::StaffToken))
            .or_else(|| secret("BRIGHTPEARL_ACCESS_TOKEN").map(BrightpearlToken::AccessToken));
        Self {
            account: given("BRIGHTPEARL_ACCOUNT"),
            url,
            datacenter,
            app_ref: given("BRIGHTPEARL_APP_REF")
                .or_else(|| brightpearl.as_ref().map(|stored| stored.app_ref.clone())),
            dev_ref: given("BRIGHTPEARL_DEV_REF")
                .or_else(|| brightpearl.as_ref().and_then(|stored| stored.dev_ref.clone())),
            token: token.or_else(|| brightpearl.map(|stored| stored.token)),
            returngo_url: given("RETURNGO_URL")
                .or_else(|| returngo.as_ref().and_then(|stored| stored.url.clone())),
            api_key: secret("RETURNGO_API_KEY")
                .or_else(|| returngo.as_ref().map(|stored| stored.api_key.clone())),
            calls_a_day: returngo.as_ref().and_then(|stored| stored.calls_a_day),
            shop: given("RETURNGO_SHOP").or_else(|| returngo.map(|stored| stored.shop)),
        }
    }

    /// Checks the form of the known values.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let token = self.token.as_ref().map(|token| match token {
            BrightpearlToken::Token(token) => ("BRIGHTPEARL_TOKEN", token.reveal()),
            BrightpearlToken::StaffToken(token) => ("BRIGHTPEARL_STAFF_TOKEN", token.reveal()),
            BrightpearlToken::AccessToken(token) => ("BRIGHTPEARL_ACCESS_TOKEN", token.reveal()),
            BrightpearlToken::Oauth(access) => {
                ("BRIGHTPEARL_REFRESH_TOKEN", access.tokens.refresh_token.as_deref().unwrap_or_default())
            }
        });
        let client_secret = self.client_secret();
        let client_secret = client_secret.map(|secret| ("BRIGHTPEARL_CLIENT_SECRET", secret.reveal()));
        let texts = [
            ("BRIGHTPEARL_ACCOUNT", InputKind::AccountCode, &self.account),
            ("BRIGHTPEARL_URL", InputKind::Url, &self.url),
            ("BRIGHTPEARL_DATACENTER", InputKind::DataCentre, &self.datacenter),
            ("BRIGHTPEARL_APP_REF", InputKind::Credential, &self.app_ref),
            ("BRIGHTPEARL_DEV_REF", InputKind::Credential, &self.dev_ref),
            ("RETURNGO_URL", InputKind::Url, &self.returngo_url),
            ("RETURNGO_SHOP", InputKind::Shop, &self.shop),
        ];
        let texts = texts.into_iter().filter_map(|(name, kind, text)| Some((name, kind, text.as_deref()?)));
        let key = self.api_key.as_ref().map(|key| ("RETURNGO_API_KEY", key.reveal()));
        let secrets = token.into_iter().chain(client_secret).chain(key);
        let secrets = secrets.map(|(name, secret)| (name, InputKind::Credential, secret));
        let wrong: Vec<String> = check_inputs(texts.chain(secrets))
            .into_iter()
            .filter(|finding| finding.mark == Mark::Failure)
            .map(|finding| {
                let advice = finding.advice.map(|advice| format!(" ({advice})")).unwrap_or_default();
                format!("{} {}{advice}", finding.subject, finding.message)
            })
            .collect();
        match wrong.as_slice() {
            [] => Ok(()),
            wrong => bail!("{}", wrong.join("; ")),
        }
    }

    /// Returns the names of the missing values.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let server = self.url.as_ref().or(self.datacenter.as_ref());
        [
            (self.account.is_none(), "BRIGHTPEARL_ACCOUNT"),
            (server.is_none(), "BRIGHTPEARL_DATACENTER"),
            (self.app_ref.is_none(), "BRIGHTPEARL_APP_REF"),
            (self.token.is_none(), "BRIGHTPEARL_TOKEN"),
            (self.api_key.is_none(), "RETURNGO_API_KEY"),
            (self.shop.is_none(), "RETURNGO_SHOP"),
        ]
        .into_iter()
        .filter_map(|(missing, name)| missing.then_some(name))
        .collect()
    }

    /// Asks for the missing values. Rejected credentials are asked for again before the next question. After the last
    /// question the check of the connection finds them.
    pub(super) async fn ask(
        &mut self,
        prompter: &mut dyn Prompter,
        more_to_ask: bool,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<()> {
        let typed = Typed { account: self.account.is_none(), shop: self.shop.is_none() };
        self.ask_for_brightpearl(prompter, Rejected::default())?;
        if more_to_ask || self.shop.is_none() || self.api_key.is_none() {
            self.enter_brightpearl(prompter, typed, clock).await?;
        }
        self.ask_for_returngo(prompter, None)?;
        if more_to_ask {
            self.enter_returngo(prompter, typed, clock).await?;
        }
        Ok(())
    }

    /// Asks for the missing values, and offers rejected ones again: only one of them may be wrong.
    fn ask_for_brightpearl(&mut self, prompter: &mut dyn Prompter, rejected: Rejected) -> anyhow::Result<()> {
        if self.account.is_none() {
            let prompt = "Brightpearl account code (in the address bar, after signing in)";
            let before = rejected.account.as_deref();
            self.account = Some(prompter.text(prompt, before, &form(InputKind::AccountCode))?);
        }
        if self.url.is_none() && self.datacenter.is_none() {
            self.datacenter = Some(data_centre(prompter)?);
        }
        self.ask_for_the_token(prompter, rejected)
    }

    fn ask_for_returngo(&mut self, prompter: &mut dyn Prompter, before: Option<&str>) -> anyhow::Result<()> {
        if self.shop.is_none() {
            let prompt = "ReturnGO shop (the domain by the store's name in ReturnGO's dashboard)";
            self.shop = Some(prompter.text(prompt, before, &form(InputKind::Shop))?);
        }
        if self.api_key.is_none() {
            let key = prompter.secret("ReturnGO API key", &form(InputKind::Credential))?;
            self.api_key = Some(Secret::new(key));
        }
        Ok(())
    }

    fn ask_for_the_token(&mut self, prompter: &mut dyn Prompter, rejected: Rejected) -> anyhow::Result<()> {
        if self.app_ref.is_none() {
            let prompt = "Reference of the app in Brightpearl's App Store › Private apps";
            let before = rejected.app_ref.as_deref();
            self.app_ref = Some(prompter.text(prompt, before, &form(InputKind::Credential))?);
        }
        if self.token.is_some() {
            return Ok(());
        }
        let mut secret = |prompt: &str| prompter.secret(prompt, &form(InputKind::Credential));
        self.token = Some(match rejected.oauth {
            Some(OAuthAccess { client_secret, authorised_at, .. }) => {
                let client_secret = client_secret.map(|_| secret("Its client secret")).transpose()?;
                let refresh_token = secret("Its refresh token")?;
                authorised(refresh_token, client_secret, authorised_at)
            }
            None => BrightpearlToken::Token(Secret::new(secret("Its account token")?)),
        });
        Ok(())
    }

    /// Authenticates to Brightpearl, by one request. Rejected credentials are asked for again.
    async fn enter_brightpearl(
        &mut self,
        prompter: &mut dyn Prompter,
        typed: Typed,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<()> {
        loop {
            let tokens = self.tokens()?;
            let client = self.brightpearl()?.client(&self.account()?, clock, tokens.clone())?;
            let signing_in = spinner("signing in to Brightpearl");
            let entered = client.account_configuration().await;
            drop(signing_in);
            self.take_over(tokens).await?;
            match entered {
                Ok(_) => return Ok(()),
                Err(error) if is_rejected(&error) => {
                    prompter.note(&with_causes(&error))?;
                    let oauth = match self.token.take() {
                        Some(BrightpearlToken::Oauth(access)) => Some(access),
                        _ => None,
                    };
                    let account = if typed.account { self.account.take() } else { None };
                    let rejected = Rejected { account, app_ref: self.app_ref.take(), oauth };
                    self.ask_for_brightpearl(prompter, rejected)?;
                }
                Err(error) => return Err(error).context("cannot read Brightpearl"),
            }
        }
    }

    /// Authenticates to ReturnGO, by one call. A rejected key is asked for again. The check of the connection finds other
    /// failures, such as a used-up quota.
    async fn enter_returngo(
        &mut self,
        prompter: &mut dyn Prompter,
        typed: Typed,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<()> {
        use returngo::ErrorKind::{WrongKey, WrongShop};
        loop {
            let client = self.returngo()?.client(clock)?;
            let signing_in = spinner("signing in to ReturnGO");
            let entered = client.rmas().list(RmaFilter::new()).next_page().await;
            drop(signing_in);
            match entered {
                Err(error) if matches!(error.kind(), WrongKey | WrongShop) => {
                    prompter.note(&format!("ReturnGO: {}", with_causes(&error)))?;
                    self.api_key = None;
                    let shop = if typed.shop { self.shop.take() } else { None };
                    self.ask_for_returngo(prompter, shop.as_deref())?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Reads the choices that the account offers.
    pub(super) async fn account_facts(&mut self, clock: &Arc<dyn Clock>) -> anyhow::Result<AccountFacts> {
        let tokens = self.tokens()?;
        let client = self.brightpearl()?.client(&self.account()?, clock, tokens.clone())?;
        let reading = spinner("reading the choices of the account");
        let facts = account_facts(&client).await;
        drop(reading);
        self.take_over(tokens).await?;
        facts.context("cannot read Brightpearl")
    }

    fn client_secret(&self) -> Option<&Secret> {
        match self.token.as_ref()? {
            BrightpearlToken::Oauth(access) => access.client_secret.as_ref(),
            _ => None,
        }
    }

    /// Returns where OAuth tokens are kept until the connection is stored.
    fn tokens(&self) -> anyhow::Result<Option<Arc<dyn TokenStore>>> {
        let Some(BrightpearlToken::Oauth(access)) = &self.token else { return Ok(None) };
        Ok(Some(Arc::new(MemoryTokenStore::holding(self.account()?, access.tokens.clone()))))
    }

    /// Takes over tokens that were refreshed in between, so that these are stored.
    async fn take_over(&mut self, tokens: Option<Arc<dyn TokenStore>>) -> anyhow::Result<()> {
        let account = self.account()?;
        if let (Some(BrightpearlToken::Oauth(access)), Some(tokens)) = (&mut self.token, tokens) {
            let newest = tokens.load(&account).await.map_err(|error| anyhow!(error))?;
            access.tokens = newest.context("OAuth tokens missing")?;
        }
        Ok(())
    }

    pub(super) fn account(&self) -> anyhow::Result<AccountCode> {
        let account = self.account.as_ref().context("account code missing")?;
        Ok(account.parse()?)
    }

    fn brightpearl(&self) -> anyhow::Result<BrightpearlAccess> {
        Ok(BrightpearlAccess {
            url: self.url.clone(),
            datacenter: self.datacenter.clone(),
            app_ref: self.app_ref.clone().context("app reference missing")?,
            dev_ref: self.dev_ref.clone(),
            token: self.token.clone().context("token missing")?,
        })
    }

    fn returngo(&self) -> anyhow::Result<ReturngoAccess> {
        Ok(ReturngoAccess {
            url: self.returngo_url.clone(),
            api_key: self.api_key.clone().context("ReturnGO API key missing")?,
            shop: self.shop.clone().context("ReturnGO shop missing")?,
            calls_a_day: self.calls_a_day,
        })
    }

    pub(super) fn into_both(self) -> anyhow::Result<(BrightpearlAccess, ReturngoAccess)> {
        Ok((self.brightpearl()?, self.returngo()?))
    }
}

/// Values that Brightpearl rejected.
#[derive(Default)]
struct Rejected {
    account: Option<String>,
    app_ref: Option<String>,
    oauth: Option<OAuthAccess>,
}

/// Which values the user typed, and may have mistyped.
#[derive(Debug, Clone, Copy)]
struct Typed {
    account: bool,
    shop: bool,
}

/// Returns the access of an app that was authorized by OAuth. The first call gets an access token with the refresh token,
/// even if an access token is known: otherwise a wrong refresh token would show only when that expires, a week later.
fn authorised(refresh_token: String, client_secret: Option<String>, now: Timestamp) -> BrightpearlToken {
    let tokens = Tokens {
        access_token: String::new(),
        refresh_token: Some(refresh_token),
        expires_at: Timestamp::UNIX_EPOCH,
        installation_instance_id: None,
        api_domain: None,
    };
    let client_secret = client_secret.map(Secret::new);
    BrightpearlToken::Oauth(OAuthAccess { client_secret, authorised_at: now, tokens })
}

fn is_rejected(error: &brightpearl::Error) -> bool {
    use ErrorKind::{NoAccessToken, TokenExpired, TokenInvalid, Unauthorized};
    matches!(error.kind(), NoAccessToken | TokenExpired | TokenInvalid | Unauthorized)
}

fn data_centre(prompter: &mut dyn Prompter) -> anyhow::Result<String> {
    const KNOWN: [(&str, &str); 2] = [("euw1", "Europe"), ("use1", "US East")];
    let mut choices: Vec<String> = KNOWN.map(|(code, place)| format!("{code}: {place}")).into();
    choices.push("another".to_owned());
    let chosen = prompter.choose("Data centre (what Brightpearl's address begins with)", &choices)?;
    match KNOWN.get(chosen) {
        Some((code, _)) => Ok((*code).to_owned()),
        None => prompter.text("Its code", None, &form(InputKind::DataCentre)),
    }
}

/// Returns a check of the form of a typed value.
fn form(kind: InputKind) -> impl Fn(&str) -> Result<(), String> {
    move |text| {
        if text.trim().is_empty() {
            return Err("a value is required".to_owned());
        }
        let findings = check_inputs([("it", kind, text)]);
        match findings.into_iter().find(|finding| finding.mark == Mark::Failure) {
            Some(wrong) => Err(wrong
                .advice
                .map_or(wrong.message.clone(), |advice| format!("{}: {advice}", wrong.message))),
            None => Ok(()),
        }
    }
}
