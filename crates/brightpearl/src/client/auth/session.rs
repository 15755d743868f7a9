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

/// The tokens of one account while a client runs: loaded once, refreshed by one task at a time, of
/// all processes.
pub(super) struct Session {
    app: OAuthApp,
    account: AccountCode,
    store: Arc<dyn TokenStore>,
    state: Mutex<TokenState>,
    /// Whoever holds it asks the store and the token endpoint; the others wait for what it finds.
    refreshing: Arc<AsyncMutex<()>>,
}

#[derive(Default)]
struct TokenState {
    tokens: Option<Tokens>,
    /// Counts the tokens, so that a late 401 does not expire those that came after.
    generation: u64,
    /// From then on the access token is replaced although it may still work.
    refresh_at: Timestamp,
    /// Brightpearl said that the access token has expired.
    expired: bool,
    /// The tokens that these came for, while the store does not have these yet.
    unsaved: Option<Tokens>,
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
const REFRESH_BEFORE_EXPIRY: SignedDuration = SignedDuration::from_mins(5);

/// After a refresh that failed, the token that still works is used so long before the next attempt.
const RETRY_REFRESH_AFTER: Duration = Duration::from_secs(60);

/// How often the store is asked whether another process has refreshed the tokens, and how long that may take.
const STORE_POLL_INTERVAL: Duration = Duration::from_millis(250);
const LONGEST_WAIT_FOR_OTHERS: Duration = Duration::from_secs(120);

/// New tokens that cannot be saved are tried again: a store that fails for a moment must not cost the authorisation.
const SAVE_BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
const SAVE_RETRIES: u32 = 4;

impl Session {
    pub(super) fn new(app: OAuthApp, account: AccountCode, store: Arc<dyn TokenStore>) -> Self {
        Self { app, account, store, state: Mutex::default(), refreshing: Arc::default() }
    }

    /// An access token to call with.
    pub(super) async fn access_token(self: &Arc<Self>, pipeline: &Pipeline) -> Result<AccessToken, Error> {
        if let Some(token) = self.state().usable(pipeline.clock.now()) {
            return Ok(token);
        }
        // Boxed, so that a call which has its token does not carry the room that a refresh takes.
        Box::pin(self.new_access_token(pipeline)).await
    }

    /// Renews the tokens in a task of its own: a call that is given up meanwhile must not lose the refresh token that
    /// Brightpearl hands out instead of the one that was sent.
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
                Err(Error::no_access_token("the refresh of the tokens was ended").because(ended))
            }),
            // Another runtime drives this call, and it alone can finish it.
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
            // What the store has since then is as good as what was asked for.
            Err(_) if self.state().usable(now).is_some() => {}
            Err(error) => match self.state().postpone(now) {
                true => {
                    tracing::warn!(account = %self.account, %error, "the access token still works, but cannot be refreshed")
                }
                false => return Err(error),
            },
        }
        self.state().usable(now).ok_or_else(|| {
            Error::no_access_token(format!("the new access token has already expired; {AUTHORISE_AGAIN}"))
        })
    }

    /// Brightpearl said that this access token has expired.
    pub(super) fn expire(&self, generation: u64) {
        let mut state = self.state();
        state.expired |= state.generation == generation;
    }

    pub(super) fn instance_id(&self) -> Option<InstanceId> {
        self.state().tokens.as_ref()?.installation_instance_id
    }

    /// Everything that must not be shown.
    pub(super) fn secrets(&self) -> Vec<String> {
        let state = self.state();
        let tokens = state.tokens.iter().flat_map(|tokens| {
            [Some(tokens.access_token.clone()), tokens.refresh_token.clone()].into_iter().flatten()
        });
        let secret = self.app.client_secret_text().map(str::to_owned);
        tokens.chain(state.previous.clone()).chain(secret).collect()
    }

    /// The store knows what another process refreshed, and what there was before this one started.
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

    /// Refreshes the tokens, or gets them from the process that refreshes them.
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
            tracing::warn!(account = %self.account, error, "the reservation of the refresh could not be ended");
        }
    }

    /// Reserves the refresh. False when it is not needed: another process has refreshed, or is about to while the access
    /// token still works.
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
        // Saved between the last look and the reservation.
        self.take_over_stored().await?;
        if self.state().usable(pipeline.clock.now()).is_some() {
            return Ok(());
        }
        let old = self.state().tokens.clone().ok_or_else(|| {
            Error::no_access_token(format!(
                "the token store has none for {}; ask the account's owner to authorise the app, and save what \
                 the exchange of the code gives",
                self.account
            ))
        })?;
        let new = self.ask(pipeline, &old).await?;
        tracing::info!(account = %self.account, expires_at = %new.expires_at, "refreshed the access token");
        self.state().replace_refreshed(old, new, pipeline.clock.now());
        self.save(pipeline).await.map(drop)
    }

    /// Asks for new tokens. A refresh token that is refused may be one that another process has used since it was
    /// read: what that one saved is taken over.
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

    /// Tokens that are in no store would be lost with the process, and with them the authorisation: no call
    /// goes out before they are saved. Whether there were any.
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
                        let what = "the token store cannot save the new tokens; repair the store, then call again: they are kept until then";
                        return Err(Error::no_access_token(what).because(error));
                    }
                },
            }
        };
        self.state().unsaved = None;
        if saved {
            return Ok(true);
        }
        tracing::warn!(account = %self.account, "the app was authorised again during a refresh: the stored tokens stay");
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
    Error::no_access_token("the token store cannot be read; repair the store, then call again").because(error)
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

    /// `early` is how long before its end the access token is replaced in turn.
    fn replace(&mut self, tokens: Tokens, early: SignedDuration) {
        self.refresh_at = tokens.expires_at.saturating_sub(early).unwrap_or(tokens.expires_at);
        self.previous = self.tokens.replace(tokens).map(|old| old.access_token);
        self.generation += 1;
        self.expired = false;
        self.unsaved = None;
        self.refused = None;
    }

    /// A refresh may hand back the token that is about to expire; asking again at once would give the same.
    fn replace_refreshed(&mut self, old: Tokens, new: Tokens, now: Timestamp) {
        let half_its_life = new.expires_at.duration_since(now) / 2;
        self.replace(new, half_its_life.clamp(SignedDuration::ZERO, REFRESH_BEFORE_EXPIRY));
        self.unsaved = Some(old);
    }

    /// Goes on with the token as long as it works; whether it does.
    fn postpone(&mut self, now: Timestamp) -> bool {
        let Some(expires_at) = self.tokens.as_ref().map(|tokens| tokens.expires_at) else { return false };
        let works = !self.expired && self.unsaved.is_none() && now < expires_at;
        if works {
            self.refresh_at = now.saturating_add(RETRY_REFRESH_AFTER).unwrap_or(expires_at).min(expires_at);
        }
        works
    }
}
