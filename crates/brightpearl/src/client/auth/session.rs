use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use api_client_core::{Backoff, client::Pipeline, lock};
use jiff::{SignedDuration, Timestamp};
use tokio::{runtime::Handle, sync::Mutex as AsyncMutex};
use tracing::Instrument as _;

use super::{OAuthApp, TokenStore, TokenStoreError, Tokens, oauth::AUTHORISE_AGAIN};
use crate::{AccountCode, Error, InstanceId};

/// The tokens of one account while a client runs: loaded once, and refreshed by one task at a time, across all
/// processes.
pub(super) struct Session {
    app: OAuthApp,
    account: AccountCode,
    store: Arc<dyn TokenStore>,
    state: Mutex<TokenState>,
    /// Held by the task that uses the store and the token endpoint; the others wait for its result.
    refreshing: Arc<AsyncMutex<()>>,
}

#[derive(Default)]
struct TokenState {
    tokens: Option<Tokens>,
    /// The number of tokens so far, so that a late 401 does not expire newer ones.
    generation: u64,
    /// The time at which the access token is replaced, although it may still work.
    refresh_at: Timestamp,
    /// Brightpearl reported that the access token has expired.
    expired: bool,
    /// The tokens that these replace, until the store has the new ones.
    unsaved: Option<Tokens>,
    /// Brightpearl rejected the refresh token, which is not sent again.
    refused: Option<Error>,
    /// The previous access token: the response of a call in progress may still repeat it.
    previous: Option<String>,
}

/// An access token and its generation.
#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) text: String,
    /// The host that was issued with it.
    pub(super) api_domain: Option<String>,
    pub(super) generation: u64,
}

/// How long before it expires an access token is replaced.
const REFRESH_BEFORE_EXPIRY: SignedDuration = SignedDuration::from_mins(5);

/// The wait after a failed refresh while the present token still works.
const RETRY_REFRESH_AFTER: Duration = Duration::from_secs(60);

/// How often the store is checked for tokens that another process refreshed, and for how long.
const STORE_POLL_INTERVAL: Duration = Duration::from_millis(250);
const LONGEST_WAIT_FOR_OTHERS: Duration = Duration::from_secs(120);

/// Saving new tokens is retried: a store that fails for a moment must not cost the authorisation.
const SAVE_BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
const SAVE_RETRIES: u32 = 4;

impl Session {
    pub(super) fn new(app: OAuthApp, account: AccountCode, store: Arc<dyn TokenStore>) -> Self {
        Self { app, account, store, state: Mutex::default(), refreshing: Arc::default() }
    }

    /// Returns a valid access token.
    pub(super) async fn access_token(self: &Arc<Self>, pipeline: &Pipeline) -> Result<AccessToken, Error> {
        if let Some(token) = self.state().usable(pipeline.clock.now()) {
            return Ok(token);
        }
        // Boxed, so that a call with a token does not reserve the memory of a refresh.
        Box::pin(self.new_access_token(pipeline)).await
    }

    /// Renews the tokens in a task of its own: a call that is dropped meanwhile must not lose the refresh token
    /// that replaces the one that was sent.
    async fn new_access_token(self: &Arc<Self>, pipeline: &Pipeline) -> Result<AccessToken, Error> {
        let refreshing = Arc::clone(&self.refreshing).lock_owned().await;
        if let Some(token) = self.state().usable(pipeline.clock.now()) {
            return Ok(token);
        }
        let (session, pipeline) = (Arc::clone(self), pipeline.clone());
        let renewal = async move {
            let _permit = refreshing;
            session.renew(&pipeline).await
        };
        match Handle::try_current() {
            Ok(runtime) => runtime.spawn(renewal.in_current_span()).await.unwrap_or_else(|ended| {
                Err(Error::no_access_token("the token refresh was cancelled").because(ended))
            }),
            // Another runtime drives this call, and only it can finish it.
            Err(_) => renewal.await,
        }
    }

    async fn renew(&self, pipeline: &Pipeline) -> Result<AccessToken, Error> {
        if self.save(pipeline).await? {
            self.end().await;
        }
        self.take_over_stored().await?;
        if let Some(token) = self.state().usable(pipeline.clock.now()) {
            return Ok(token);
        }
        let refused = self.state().refused.clone();
        let renewed = match refused {
            Some(refused) => Err(refused),
            None => self.coordinated_refresh(pipeline).await,
        };
        let now = pipeline.clock.now();
        match renewed {
            Ok(()) => {}
            // Tokens that the store has by now are as good as refreshed ones.
            Err(_) if self.state().usable(now).is_some() => {}
            Err(error) => match self.state().postpone(now) {
                true => {
                    tracing::warn!(account = %self.account, %error, "cannot refresh the access token; the present one still works")
                }
                false => return Err(error),
            },
        }
        self.state().usable(now).ok_or_else(|| {
            Error::no_access_token(format!("the new access token has already expired; {AUTHORISE_AGAIN}"))
        })
    }

    /// Records that Brightpearl reported this access token as expired.
    pub(super) fn expire(&self, generation: u64) {
        let mut state = self.state();
        state.expired |= state.generation == generation;
    }

    pub(super) fn instance_id(&self) -> Option<InstanceId> {
        self.state().tokens.as_ref()?.installation_instance_id
    }

    /// Returns all secrets.
    pub(super) fn secrets(&self) -> Vec<String> {
        let state = self.state();
        let tokens = state.tokens.iter().flat_map(|tokens| {
            [Some(tokens.access_token.clone()), tokens.refresh_token.clone()].into_iter().flatten()
        });
        let secret = self.app.client_secret_text().map(str::to_owned);
        tokens.chain(state.previous.clone()).chain(secret).collect()
    }

    /// Adopts the stored tokens, which another process may have refreshed.
    async fn take_over_stored(&self) -> Result<(), Error> {
        let stored = self.stored().await?;
        let mut state = self.state();
        match stored {
            Some(stored) if state.tokens.as_ref() != Some(&stored) => {
                state.replace(stored, REFRESH_BEFORE_EXPIRY)
            }
            _ => {}
        }
        Ok(())
    }

    async fn stored(&self) -> Result<Option<Tokens>, Error> {
        self.store.load(&self.account).await.map_err(unreadable)
    }

    /// Refreshes the tokens, or waits for the process that refreshes them.
    async fn coordinated_refresh(&self, pipeline: &Pipeline) -> Result<(), Error> {
        if !self.begin(pipeline).await? {
            return Ok(());
        }
        let refreshed = self.refresh(pipeline).await;
        // Until they are saved, no other process knows that the refresh token was used.
        if self.state().unsaved.is_none() {
            self.end().await;
        }
        refreshed
    }

    async fn end(&self) {
        if let Err(error) = self.store.end_refresh(&self.account).await {
            tracing::warn!(account = %self.account, error, "cannot end the reservation of the token refresh");
        }
    }

    /// Reserves the refresh. Returns false when it is not needed: another process has refreshed, or is
    /// refreshing while the access token still works.
    async fn begin(&self, pipeline: &Pipeline) -> Result<bool, Error> {
        let mut waited = Duration::ZERO;
        while !self.store.begin_refresh(&self.account).await.map_err(unreadable)? {
            if self.state().postpone(pipeline.clock.now()) {
                return Ok(false);
            }
            if waited >= LONGEST_WAIT_FOR_OTHERS {
                return Err(Error::no_access_token(format!(
                    "another process has been refreshing the tokens of {} for {} seconds; try again later",
                    self.account,
                    waited.as_secs()
                )));
            }
            pipeline.clock.sleep(STORE_POLL_INTERVAL).await;
            waited += STORE_POLL_INTERVAL;
            self.take_over_stored().await?;
            if self.state().usable(pipeline.clock.now()).is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn refresh(&self, pipeline: &Pipeline) -> Result<(), Error> {
        // Tokens may have been saved before the reservation.
        self.take_over_stored().await?;
        if self.state().usable(pipeline.clock.now()).is_some() {
            return Ok(());
        }
        let old = self.state().tokens.clone().ok_or_else(|| {
            Error::no_access_token(format!(
                "no tokens are stored for {}; ask the account's owner to authorise the app, and save the \
                 tokens from the exchange of the code",
                self.account
            ))
        })?;
        let new = self.ask(pipeline, &old).await?;
        tracing::info!(account = %self.account, expires_at = %new.expires_at, "refreshed the access token");
        self.state().replace_refreshed(old, new, pipeline.clock.now());
        self.save(pipeline).await.map(drop)
    }

    /// Requests new tokens. A rejected refresh token may have been used by another process since it was read:
    /// the tokens that it saved are adopted.
    async fn ask(&self, pipeline: &Pipeline, old: &Tokens) -> Result<Tokens, Error> {
        let refreshed = self.app.refresh(pipeline, &self.account, old).await;
        if let Err(error) = &refreshed
            && error.has_code("invalid_grant")
        {
            self.state().refused = Some(error.clone());
            self.take_over_stored().await?;
        }
        refreshed
    }

    /// Saves new tokens; no call is sent before: tokens that are in no store would be lost with the process,
    /// and with them the authorisation. Returns whether there were any.
    async fn save(&self, pipeline: &Pipeline) -> Result<bool, Error> {
        let unsaved = {
            let state = self.state();
            state.unsaved.clone().zip(state.tokens.clone())
        };
        let Some((old, new)) = unsaved else { return Ok(false) };
        let mut waits = (0..SAVE_RETRIES).map(|failures| SAVE_BACKOFF.wait_after(failures));
        let saved = loop {
            match self.store.replace(&self.account, &old, &new).await {
                Ok(saved) => break saved,
                Err(error) => match waits.next() {
                    Some(wait) => pipeline.clock.sleep(wait).await,
                    None => {
                        let what = "cannot save the new tokens in the token store; repair the store and try again: they are kept until then";
                        return Err(Error::no_access_token(what).because(error));
                    }
                },
            }
        };
        self.state().unsaved = None;
        if saved {
            return Ok(true);
        }
        tracing::warn!(account = %self.account, "the app was authorised again during a refresh; the stored tokens are kept");
        match self.stored().await? {
            Some(stored) => self.state().replace(stored, REFRESH_BEFORE_EXPIRY),
            None => self.state().tokens = None,
        }
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, TokenState> {
        lock(&self.state)
    }
}

fn unreadable(error: TokenStoreError) -> Error {
    Error::no_access_token("cannot read the token store; repair the store and try again").because(error)
}

impl TokenState {
    fn usable(&self, now: Timestamp) -> Option<AccessToken> {
        let tokens = self
            .tokens
            .as_ref()
            .filter(|_| !self.expired && self.unsaved.is_none() && now < self.refresh_at)?;
        Some(AccessToken {
            text: tokens.access_token.clone(),
            api_domain: tokens.api_domain.clone(),
            generation: self.generation,
        })
    }

    /// `early` is how long before it expires the access token will be replaced.
    fn replace(&mut self, tokens: Tokens, early: SignedDuration) {
        self.refresh_at = tokens.expires_at.saturating_sub(early).unwrap_or(tokens.expires_at);
        self.previous = self.tokens.replace(tokens).map(|old| old.access_token);
        self.generation += 1;
        self.expired = false;
        self.unsaved = None;
        self.refused = None;
    }

    /// A refresh may return the token that is about to expire; repeating it at once would return the same.
    fn replace_refreshed(&mut self, old: Tokens, new: Tokens, now: Timestamp) {
        let half_its_life = new.expires_at.duration_since(now) / 2;
        self.replace(new, half_its_life.clamp(SignedDuration::ZERO, REFRESH_BEFORE_EXPIRY));
        self.unsaved = Some(old);
    }

    /// Continues with the present token while it works; returns whether it does.
    fn postpone(&mut self, now: Timestamp) -> bool {
        let Some(expires_at) = self.tokens.as_ref().map(|tokens| tokens.expires_at) else { return false };
        let works = !self.expired && self.unsaved.is_none() && now < expires_at;
        if works {
            self.refresh_at = now.saturating_add(RETRY_REFRESH_AFTER).unwrap_or(expires_at).min(expires_at);
        }
        works
    }
}
