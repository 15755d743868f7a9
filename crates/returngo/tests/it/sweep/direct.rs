//! The mock without a network in between, so that a day takes seconds.

use std::sync::Arc;

use api_client_core::{Headers, HttpRequest, HttpResponse};
use api_mock_core::Reply;
use async_trait::async_trait;
use jiff::Timestamp;
use returngo::{
    Client,
    client::{Clock, Quota, SkippingClock, Transport, TransportError},
};
use returngo_mock::{MockCore, Seed, Shop};

/// A shop and a client of it that live by one clock.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) core: MockCore<Shop>,
    pub(super) clock: SkippingClock,
}

impl World {
    /// An empty shop.
    pub(super) fn at(now: &str) -> Self {
        let now: Timestamp = now.parse().unwrap();
        let seed = Seed { api_key: "k".to_owned(), shop: "s".to_owned(), rmas: Vec::new() };
        let world = Self { core: MockCore::new(Shop::new(seed)), clock: SkippingClock::at(now) };
        world.core.clock().set(Some(now));
        world
    }

    pub(super) fn client(&self) -> Client {
        self.client_with(Quota::default())
    }

    pub(super) fn client_with(&self, quota: Quota) -> Client {
        let client = Client::builder().api_key("k").shop("s").quota(quota);
        client.transport(Arc::new(self.clone())).clock(Arc::new(self.clock.clone())).build().unwrap()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub(super) async fn pass(&self, seconds: u64) {
        self.clock.sleep(std::time::Duration::from_secs(seconds)).await;
        self.core.clock().set(Some(self.now()));
    }
}

#[async_trait]
impl Transport for World {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.core.clock().set(Some(self.now()));
        let uri = request.url.strip_prefix("https://api.returngo.ai").unwrap();
        let (path, query) = uri.split_once('?').map_or((uri, None), |(path, query)| (path, Some(query)));
        let mut incoming = api_mock_core::Request::new(request.method.as_str(), path, query);
        incoming.headers =
            request.headers.iter().map(|header| (header.name.to_string(), header.value.clone())).collect();
        incoming.body = request.body.unwrap_or_default();
        match self.core.handle(&incoming) {
            Reply::Answer { response, .. } => {
                let mut headers = Headers::default();
                for (name, value) in response.headers {
                    headers.insert(name, value);
                }
                Ok(HttpResponse { status: response.status, headers, body: response.body })
            }
            Reply::Cut => Err(TransportError::answer_lost("cut")),
        }
    }
}
