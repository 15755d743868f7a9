//! A receiver for the webhooks of both systems, with the required checks.
//!
//! Neither system signs its deliveries (docs/evidence/brightpearl-platform.md#webhook-security,
//! docs/evidence/returngo.md#webhooks), so the URL contains a secret. A delivery is only a hint: the object that it names is
//! read again over the API. The receiver responds before it processes a delivery. A 503 requests another delivery; a 4xx
//! would drop it.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Path, Request, State},
    http::{StatusCode, header::CONTENT_ENCODING},
    routing::post,
};
use tokio::{
    net::TcpListener,
    sync::mpsc::{self, error::TrySendError},
};

/// A delivery that passed the checks. Repeated deliveries are included: processing one again changes nothing.
#[derive(Debug)]
pub enum Arrival {
    /// From Brightpearl.
    Brightpearl(brightpearl::integration::Notification),
    /// From ReturnGO.
    Returngo(returngo::webhook::Notification),
}

/// A running receiver.
pub struct Receiver {
    base: String,
    arrivals: mpsc::Receiver<Arrival>,
    checks: Arc<Checks>,
}

struct Checks {
    secret: String,
    account: String,
    seen: Mutex<Seen>,
    queue: mpsc::Sender<Arrival>,
}

/// The latest bodies, to count repeated ones.
#[derive(Default)]
struct Seen {
    bodies: VecDeque<Vec<u8>>,
    repeated: u64,
}

/// The largest body, in bytes. Typical bodies have a few hundred bytes, those with many ids a few thousand.
const LARGEST_BODY: usize = 64 * 1024;

/// The number of bodies that are kept.
const REMEMBERED: usize = 256;

/// The largest number of queued deliveries. Further deliveries get a 503.
const QUEUE: usize = 1024;

impl Receiver {
    /// Listens on this address for deliveries of this Brightpearl account. `secret` becomes part of the URLs.
    ///
    /// # Errors
    /// If the receiver cannot listen on the address.
    pub async fn start(address: SocketAddr, account: &str, secret: &str) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let base = format!("http://{}", listener.local_addr()?);
        let (queue, arrivals) = mpsc::channel(QUEUE);
        let checks = Arc::new(Checks {
            secret: secret.to_owned(),
            account: account.to_owned(),
            seen: Mutex::default(),
            queue,
        });
        let routes = Router::new()
            .route("/webhooks/brightpearl/{secret}", post(from_brightpearl))
            .route("/webhooks/returngo/{secret}", post(from_returngo))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(Arc::clone(&checks));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { base, arrivals, checks })
    }

    /// Returns its base URL, such as `http://127.0.0.1:8787`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the URL for subscriptions in Brightpearl.
    pub fn brightpearl_url(&self) -> String {
        format!("{}/webhooks/brightpearl/{}", self.base, self.checks.secret)
    }

    /// Returns the URL for registrations in ReturnGO.
    pub fn returngo_url(&self) -> String {
        format!("{}/webhooks/returngo/{}", self.base, self.checks.secret)
    }

    /// Waits for the next delivery.
    pub async fn next(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }

    /// Returns a queued delivery, if any.
    pub fn try_next(&mut self) -> Option<Arrival> {
        self.arrivals.try_recv().ok()
    }

    /// Returns the number of repeated deliveries.
    pub fn repeated(&self) -> u64 {
        self.checks.seen.lock().unwrap_or_else(PoisonError::into_inner).repeated
    }
}

async fn from_brightpearl(
    State(checks): State<Arc<Checks>>,
    Path(secret): Path<String>,
    request: Request,
) -> StatusCode {
    let body = match checks.body(&secret, request).await {
        Ok(body) => body,
        Err(status) => return status,
    };
    match brightpearl::integration::Notification::parse(&body) {
        Ok(notification) if notification.account_code == checks.account => {
            checks.take(&body, Arrival::Brightpearl(notification))
        }
        Ok(_) => StatusCode::NOT_FOUND,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

async fn from_returngo(
    State(checks): State<Arc<Checks>>,
    Path(secret): Path<String>,
    request: Request,
) -> StatusCode {
    let body = match checks.body(&secret, request).await {
        Ok(body) => body,
        Err(status) => return status,
    };
    match returngo::webhook::Notification::parse(&body) {
        Ok(notification) => checks.take(&body, Arrival::Returngo(notification)),
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

impl Checks {
    /// Returns the body of a delivery with the correct secret. It is not read otherwise. The content type is ignored,
    /// because that of ReturnGO is not documented (docs/evidence/returngo.md#webhooks).
    async fn body(&self, secret: &str, request: Request) -> Result<Bytes, StatusCode> {
        if !returngo::webhook::secrets_match(&self.secret, secret) {
            return Err(StatusCode::NOT_FOUND);
        }
        let mut encodings = request.headers().get_all(CONTENT_ENCODING).iter();
        if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        Bytes::from_request(request, &()).await.map_err(|refused| refused.status())
    }

    fn take(&self, body: &[u8], arrival: Arrival) -> StatusCode {
        match self.queue.try_send(arrival) {
            Ok(()) => {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).remember(body);
                StatusCode::OK
            }
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Seen {
    fn remember(&mut self, body: &[u8]) {
        if self.bodies.iter().any(|seen| seen == body) {
            self.repeated += 1;
            return;
        }
        self.bodies.truncate(REMEMBERED - 1);
        self.bodies.push_front(body.to_vec());
    }
}
