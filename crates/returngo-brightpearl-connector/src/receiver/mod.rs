//! The webhook receiver: `/webhooks/returngo/{connection}/{secret}` and `/webhooks/brightpearl/{connection}/{secret}`.
//!
//! Neither system signs its deliveries (docs/evidence/brightpearl-platform.md#webhook-security,
//! docs/evidence/returngo.md#webhooks), so the URL holds a secret. A delivery is answered with 200 once it is
//! durable in the inbox, and not before. What is our own trouble is answered with 503, which asks for another
//! delivery; a 4xx would drop it for good.

mod endpoints;
mod group_commit;
mod refresher;

use std::{net::SocketAddr, sync::Arc};

use api_client_core::{client::Clock, decode};
use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Path, Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_ENCODING},
    routing::post,
};
use serde_json::Value;

use endpoints::Rejection;
pub use endpoints::WebhookEndpoints;
pub use group_commit::Inbox;
pub use refresher::EndpointRefresher;

use crate::{
    metrics,
    store::{ConnectionId, Delivery, Source},
};

/// Bodies are a few hundred bytes; ids of many things may make them a few thousand.
const LARGEST_BODY: usize = 64 * 1024;

#[derive(Debug, Clone)]
struct Receiver {
    endpoints: Arc<WebhookEndpoints>,
    inbox: Inbox,
    clock: Arc<dyn Clock>,
}

/// The routes of the receiver. Serve them with [`server::serve`](crate::server::serve), or with
/// [`into_make_service_with_connect_info::<SocketAddr>`](Router::into_make_service_with_connect_info), so that
/// senders who guess secrets can be told apart.
pub fn routes(endpoints: Arc<WebhookEndpoints>, inbox: Inbox, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/webhooks/returngo/{connection}/{secret}", post(from_returngo))
        .route("/webhooks/brightpearl/{connection}/{secret}", post(from_brightpearl))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Receiver { endpoints, inbox, clock })
}

type Endpoint = Path<(String, String)>;

async fn from_returngo(
    State(receiver): State<Receiver>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path((connection, secret)): Endpoint,
    request: Request,
) -> StatusCode {
    receiver.take(Source::Returngo, from, &connection, &secret, request).await
}

async fn from_brightpearl(
    State(receiver): State<Receiver>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path((connection, secret)): Endpoint,
    request: Request,
) -> StatusCode {
    receiver.take(Source::Brightpearl, from, &connection, &secret, request).await
}

impl Receiver {
    async fn take(
        &self,
        source: Source,
        from: SocketAddr,
        connection: &str,
        secret: &str,
        request: Request,
    ) -> StatusCode {
        let status = self.answer(source, from, connection, secret, request).await;
        metrics::webhook_answered(source, status.as_u16());
        status
    }

    /// Nothing of the body is read before the secret is known to be right.
    async fn answer(
        &self,
        source: Source,
        from: SocketAddr,
        connection: &str,
        secret: &str,
        request: Request,
    ) -> StatusCode {
        let now = self.clock.now();
        let connection = match self.endpoints.open(connection, secret, from.ip(), now).await {
            Ok(connection) => connection,
            Err(Rejection::NotFound) => return StatusCode::NOT_FOUND,
            Err(Rejection::SlowDown) => return StatusCode::TOO_MANY_REQUESTS,
            Err(Rejection::Unavailable) => return StatusCode::SERVICE_UNAVAILABLE,
        };
        if is_encoded(request.headers()) {
            return StatusCode::UNSUPPORTED_MEDIA_TYPE;
        }
        let body = match Bytes::from_request(request, &()).await {
            Ok(body) => body,
            Err(refused) => return refused.status(),
        };
        if !is_for(source, &connection, &body, &self.endpoints) {
            return StatusCode::BAD_REQUEST;
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        match self.inbox.put(Delivery { connection, source, body, received_at: now }).await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Whether the body is compressed, for example. Its content type says nothing: that of ReturnGO is not documented
/// (docs/evidence/returngo.md#webhooks), so the body itself tells whether it is JSON.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Whether a body is one that this connection's system may send: JSON, and of no other account. What it says besides is
/// read when it is handled, where a body that cannot be read is put before a person.
fn is_for(source: Source, connection: &ConnectionId, body: &[u8], endpoints: &WebhookEndpoints) -> bool {
    let Ok(body) = decode::json::<Value>(body) else { return false };
    match source {
        Source::Returngo => true,
        Source::Brightpearl => {
            let account = body.get("accountCode").and_then(Value::as_str);
            account.is_none_or(|account| endpoints.is_account_of(connection, account))
        }
    }
}
