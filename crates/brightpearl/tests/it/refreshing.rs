//! A refresh of OAuth tokens that something happens to, over HTTP.

use std::{sync::Arc, time::Duration};

use api_client_core::{HttpRequest, HttpResponse};
use async_trait::async_trait;
use brightpearl::{
    Client, Credentials,
    client::{MemoryTokenStore, OAuthApp, ReqwestTransport, TokenStore, Tokens, Transport, TransportError},
};
use brightpearl_mock::MockBrightpearl;
use tokio::sync::Semaphore;

const REDIRECT_URI: &str = "https://returns.example.test/connected";

/// Holds what the token endpoint answered until it is let through.
#[derive(Debug)]
struct Held {
    network: ReqwestTransport,
    answered: Semaphore,
    through: Semaphore,
}

#[async_trait]
impl Transport for Held {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let is_token = request.url.contains("/token/");
        let answer = self.network.send(request).await;
        if is_token {
            self.answered.add_permits(1);
            self.through.acquire().await.unwrap().forget();
        }
        answer
    }
}

/// A client whose access token has expired.
struct Site {
    mock: MockBrightpearl,
    app: OAuthApp,
    store: Arc<MemoryTokenStore>,
    transport: Arc<Held>,
    client: Client,
}

impl Site {
    async fn start() -> Self {
        let mock = MockBrightpearl::builder().with(|seed| seed.client_secret = None).start().await;
        let app = OAuthApp::new(mock.app_ref(), REDIRECT_URI).server(mock.url());
        let store = Arc::new(MemoryTokenStore::default());
        let transport = Arc::new(Held {
            network: ReqwestTransport::new("test", Duration::from_secs(10)).unwrap(),
            answered: Semaphore::new(0),
            through: Semaphore::new(0),
        });
        let client = Client::builder(mock.account())
            .url(mock.url())
            .credentials(Credentials::oauth(app.clone(), store.clone()))
            .transport(transport.clone())
            .build()
            .unwrap();
        let site = Self { mock, app, store, transport, client };
        let tokens = site.authorised().await;
        let expired = Tokens { expires_at: "2020-01-01T00:00:00Z".parse().unwrap(), ..tokens };
        site.store.save(site.client.account(), &expired).await.unwrap();
        site
    }

    /// Tokens as the account's owner hands them out.
    async fn authorised(&self) -> Tokens {
        let code = self.mock.authorization_code(REDIRECT_URI);
        self.app.exchange(self.client.account(), &code).await.unwrap()
    }

    async fn stored(&self) -> Tokens {
        self.store.load(self.client.account()).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_does_not_lose_the_refreshed_tokens() {
    let site = Site::start().await;
    let before = site.stored().await;
    let client = site.client.clone();
    let call = tokio::spawn(async move { client.channels().list().await });
    site.transport.answered.acquire().await.unwrap().forget();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(site.stored().await, before, "Brightpearl has answered, and nothing is saved yet");

    site.transport.through.add_permits(1);
    site.client.channels().list().await.unwrap();
    assert_ne!(site.stored().await.refresh_token, before.refresh_token);
    assert_eq!(site.mock.requests().of("post-oauth-token"), 2, "exchanged, refreshed once");
}

#[tokio::test]
async fn a_refresh_does_not_overwrite_an_authorisation_that_came_meanwhile() {
    let site = Site::start().await;
    let client = site.client.clone();
    let call = tokio::spawn(async move { client.channels().list().await });
    site.transport.answered.acquire().await.unwrap().forget();
    let again = site.authorised().await;
    site.store.save(site.client.account(), &again).await.unwrap();
    site.transport.through.add_permits(1);
    call.await.unwrap().unwrap();
    assert_eq!(site.stored().await, again);
}
