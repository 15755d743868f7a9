use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api_client_core::client::Pipeline;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex as Turn;

use super::{OAuthApp, TokenStore, Tokens, oauth::AUTHORISE_AGAIN};
use crate::{AccountCode, Error, InstanceId};

/// The tokens of one account while a client runs: loaded once, refreshed by one task at a time.
pub(super) struct Session {
    app: OAuthApp,
    account: AccountCode,
    store: Arc<dyn TokenStore>,
    held: Mutex<Held>,
    /// Whoever holds it asks the store and the token endpoint; the others wait for what it finds.
    turn: Turn<()>,
}

#[derive(Default)]
struct Held {
    tokens: Option<Tokens>,
    /// Counts the tokens, so that a late 401 does not expire those that came after.
    generation: u64,
    /// From then on the access token is replaced although it may still work.
    refresh_at: Timestamp,
    /// Brightpearl said that the access token has expired.
    expired: bool,
    /// The store does not have these tokens yet.
    unsaved: bool,
    /// Brightpearl refused the refresh token: it is not asked again for these tokens.
    refused: Option<Error>,
    /// The access token before this one: an answer that is under way may still echo it.
    previous: Option<String>,
}

/// An access token, and which of those that this session had it is.
#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) text: String,
    /// The host that it came with.
    pub(super) api_domain: Option<String>,
    pub(super) generation: u64,
}

/// So long before it expires an access token is replaced.
const SHORTLY: SignedDuration = SignedDuration::from_mins(5);

/// After a refresh that failed, the token that still works is used so long before the next attempt.
const NEXT_ATTEMPT: Duration = Duration::from_secs(60);

impl Session {
    pub(super) fn new(app: OAuthApp, account: AccountCode, store: Arc<dyn TokenStore>) -> Self {
        Self { app, account, store, held: Mutex::default(), turn: Turn::default() }
    }

    /// An access token to call with.
    pub(super) async fn access_token(&self, pipeline: &Pipeline) -> Result<AccessToken, Error> {
        if let Some(token) = self.held().usable(pipeline.clock.now()) {
            return Ok(token);
        }
        // Boxed, so that a call which has its token does not carry the room that a refresh takes.
        Box::pin(self.new_access_token(pipeline)).await
    }

    async fn new_access_token(&self, pipeline: &Pipeline) -> Result<AccessToken, Error> {
        let _turn = self.turn.lock().await;
        if let Some(token) = self.held().usable(pipeline.clock.now()) {
            return Ok(token);
        }
        self.save().await?;
        self.take_over_stored().await?;
        if let Some(token) = self.held().usable(pipeline.clock.now()) {
            return Ok(token);
        }
        self.refresh(pipeline).await
    }

    /// Brightpearl said that this access token has expired.
    pub(super) fn expire(&self, generation: u64) {
        let mut held = self.held();
        held.expired |= held.generation == generation;
    }

    pub(super) fn instance_id(&self) -> Option<InstanceId> {
        self.held().tokens.as_ref()?.installation_instance_id
    }

    /// Everything that must not be shown.
    pub(super) fn secrets(&self) -> Vec<String> {
        let held = self.held();
        let tokens = held.tokens.iter().flat_map(|tokens| {
            [Some(tokens.access_token.clone()), tokens.refresh_token.clone()].into_iter().flatten()
        });
        let secret = self.app.client_secret_text().map(str::to_owned);
        tokens.chain(held.previous.clone()).chain(secret).collect()
    }

    /// The store knows what another process refreshed, and what there was before this one started.
    async fn take_over_stored(&self) -> Result<(), Error> {
        let stored = self.store.load(&self.account).await.map_err(|error| {
            Error::no_access_token("the token store cannot be read; see to it").because(error)
        })?;
        let mut held = self.held();
        match stored {
            Some(stored) if held.tokens.as_ref() != Some(&stored) => held.replace(stored, SHORTLY),
            _ => {}
        }
        Ok(())
    }

    async fn refresh(&self, pipeline: &Pipeline) -> Result<AccessToken, Error> {
        let old = self.held().tokens.clone().ok_or_else(|| {
            Error::no_access_token(format!(
                "the token store has none for {}; ask the account's owner to authorise the app, and save what \
                 the exchange of the code gives",
                self.account
            ))
        })?;
        let refused = self.held().refused.clone();
        let refreshed = match refused {
            Some(refused) => Err(refused),
            None => self.ask(pipeline, &old).await,
        };
        let now = pipeline.clock.now();
        match refreshed {
            Ok(new) => {
                tracing::info!(account = %self.account, expires_at = %new.expires_at, "refreshed the access token");
                self.held().replace_refreshed(new, now);
                self.save().await?;
            }
            // What the store has since then is as good as what was asked for.
            Err(_) if self.held().usable(now).is_some() => {}
            Err(error) => match self.held().postpone(now) {
                true => {
                    tracing::warn!(account = %self.account, %error, "the access token still works, but cannot be refreshed")
                }
                false => return Err(error),
            },
        }
        self.held().usable(now).ok_or_else(|| {
            Error::no_access_token(format!("the new access token has already expired; {AUTHORISE_AGAIN}"))
        })
    }

    /// Asks for new tokens. A refresh token that is refused may be one that another process has used since it was
    /// read: what that one saved is taken over.
    async fn ask(&self, pipeline: &Pipeline, old: &Tokens) -> Result<Tokens, Error> {
        let refreshed = self.app.refresh(pipeline, &self.account, old).await;
        if let Err(error) = &refreshed
            && error.has_code("invalid_grant")
        {
            self.held().refused = Some(error.clone());
            self.take_over_stored().await?;
        }
        refreshed
    }

    /// Tokens that are in no store would be lost with the process, and with them the authorisation: no call
    /// goes out before they are saved.
    async fn save(&self) -> Result<(), Error> {
        let unsaved = {
            let held = self.held();
            held.tokens.clone().filter(|_| held.unsaved)
        };
        if let Some(tokens) = unsaved {
            self.store.save(&self.account, &tokens).await.map_err(|error| {
                Error::no_access_token("the token store cannot save the new tokens; see to it").because(error)
            })?;
            self.held().unsaved = false;
        }
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn usable(&self, now: Timestamp) -> Option<AccessToken> {
        let tokens =
            self.tokens.as_ref().filter(|_| !self.expired && !self.unsaved && now < self.refresh_at)?;
        Some(AccessToken {
            text: tokens.access_token.clone(),
            api_domain: tokens.api_domain.clone(),
            generation: self.generation,
        })
    }

    /// `early` is how long before its end the access token is replaced in turn.
    fn replace(&mut self, tokens: Tokens, early: SignedDuration) {
        self.refresh_at = tokens.expires_at.saturating_sub(early).unwrap_or(tokens.expires_at);
        self.previous = self.tokens.replace(tokens).map(|old| old.access_token);
        self.generation += 1;
        self.expired = false;
        self.unsaved = false;
        self.refused = None;
    }

    /// A refresh may hand back the token that is about to expire; asking again at once would give the same.
    fn replace_refreshed(&mut self, tokens: Tokens, now: Timestamp) {
        let half_its_life = tokens.expires_at.duration_since(now) / 2;
        self.replace(tokens, half_its_life.clamp(SignedDuration::ZERO, SHORTLY));
        self.unsaved = true;
    }

    /// Goes on with the token as long as it works; whether it does.
    fn postpone(&mut self, now: Timestamp) -> bool {
        let Some(expires_at) = self.tokens.as_ref().map(|tokens| tokens.expires_at) else { return false };
        let works = !self.expired && now < expires_at;
        if works {
            self.refresh_at = now.saturating_add(NEXT_ATTEMPT).unwrap_or(expires_at).min(expires_at);
        }
        works
    }
}
