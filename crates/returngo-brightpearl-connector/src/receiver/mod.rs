//! The webhook receiver: `/webhooks/{source}/{connection}/{secret}`, where the source is `returngo` or `brightpearl`.
//!
//! Neither system signs its deliveries (docs/evidence/brightpearl-platform.md#webhook-security,
//! docs/evidence/returngo.md#webhooks), so the URL contains a secret. A delivery is answered with 200 once it is durable in the
//! inbox. A failure of the connector itself is answered with 503, which asks the sender to retry; a 4xx would drop the delivery.

mod endpoints;
mod group_commit;
mod refresh_handle;
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
use jiff::Timestamp;
use serde_json::Value;

use endpoints::Rejection;
pub use endpoints::WebhookEndpoints;
pub use group_commit::Inbox;
pub use refresher::EndpointRefresher;

use crate::{
    metrics,
    store::{ConnectionId, Delivery, Source},
};

/// Bodies have a few hundred bytes; many ids may make them a few thousand.
const LARGEST_BODY: usize = 64 * 1024;

#[derive(Debug, Clone)]
struct Receiver {
    endpoints: Arc<WebhookEndpoints>,
    inbox: Inbox,
    clock: Arc<dyn Clock>,
}

/// The routes of the receiver. Serve them with [`server::serve`](crate::server::serve), or with
/// [`into_make_service_with_connect_info::<SocketAddr>`](Router::into_make_service_with_connect_info): the address of a sender
/// is needed to count wrong secrets.
pub fn routes(endpoints: Arc<WebhookEndpoints>, inbox: Inbox, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/webhooks/{source}/{connection}/{secret}", post(receive))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Receiver { endpoints, inbox, clock })
}

async fn receive(
    State(receiver): State<Receiver>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path((source, connection, secret)): Path<(String, String, String)>,
    request: Request,
) -> StatusCode {
    let Ok(source) = source.parse::<Source>() else { return StatusCode::NOT_FOUND };
    let now = receiver.clock.now();
    let status = match receiver.endpoints.authenticate(&connection, &secret, from.ip(), now).await {
        Ok(connection) => receiver.store(source, connection, request, now).await,
        Err(Rejection::NotFound) => StatusCode::NOT_FOUND,
        Err(Rejection::TooManyRequests) => StatusCode::TOO_MANY_REQUESTS,
        Err(Rejection::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
    };
    metrics::webhook_answered(source, status.as_u16());
    status
}

impl Receiver {
    /// The body is not read before the secret is known to be right.
    async fn store(
        &self,
        source: Source,
        connection: ConnectionId,
        request: Request,
        received_at: Timestamp,
    ) -> StatusCode {
        if is_encoded(request.headers()) {
            return StatusCode::UNSUPPORTED_MEDIA_TYPE;
        }
        let body = match Bytes::from_request(request, &()).await {
            Ok(body) => body,
            Err(rejection) => return rejection.status(),
        };
        if !is_for(source, &connection, &body, &self.endpoints) {
            return StatusCode::BAD_REQUEST;
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        match self.inbox.put(Delivery { connection, source, body, received_at }).await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Whether the body is encoded, for example compressed. The content type is ignored: ReturnGO's is not documented
/// (docs/evidence/returngo.md#webhooks), so the body itself shows whether it is JSON.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Whether the body may be meant for this connection: JSON, and not of another account. The rest is decoded when the webhook is
/// processed; one that cannot be decoded is listed for review then.
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
