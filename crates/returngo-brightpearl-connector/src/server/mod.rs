//! The HTTP server, with limits on time and connections.
//!
//! An idle connection is closed after a timeout, or earlier to make room for another one, so that idle sockets cannot keep
//! webhooks out. While all connections are in use, further ones wait to be accepted, so that a burst of webhooks is received
//! late rather than rejected.

mod connections;
mod limits;

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use api_client_core::client::Clock;
use axum::{
    Router,
    extract::ConnectInfo,
    http::{HeaderValue, Request, StatusCode, header::CONNECTION},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::Service, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use connections::{Connections, Slot};

pub use limits::Limits;

/// The maximum size of a request head, in bytes.
const MAX_HEAD_SIZE: usize = 64 * 1024;

/// The wait after a connection could not be accepted, for example because file descriptors ran out.
const ACCEPT_BACKOFF: Duration = Duration::from_secs(1);

/// Serves requests until `stop` is true, then completes those in progress.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    let connections = Arc::new(Connections::new(limits, Arc::clone(&clock)));
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // A closed channel counts as a stop.
            _ = stop.wait_for(|stop| *stop) => break,
        };
        while tasks.try_join_next().is_some() {}
        match accepted {
            Ok((stream, from)) => {
                // Further connections wait in the queue of the operating system.
                tokio::select! { () = connections.wait_for_capacity() => {} _ = stop.wait_for(|stop| *stop) => break }
                match Connections::admit(&connections, from.ip()) {
                    Some(slot) => {
                        tasks.spawn(serve_connection(stream, from, routes.clone(), slot, stop.clone()));
                    }
                    None => {
                        tracing::warn!(%from, "connection closed: connections_per_address exceeded");
                    }
                }
            }
            Err(error) => {
                tracing::error!("cannot accept a connection, closing the longest idle one: {error}");
                connections.close_longest_idle();
                tokio::select! { () = clock.sleep(ACCEPT_BACKOFF) => {} _ = stop.wait_for(|stop| *stop) => break }
            }
        }
    }
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

/// Serves the requests of one connection.
async fn serve_connection(
    stream: TcpStream,
    from: SocketAddr,
    routes: Router,
    slot: Slot,
    mut stop: watch::Receiver<bool>,
) {
    let limits = &slot.connections.limits;
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        let response = routes.call(request);
        let slot = &slot;
        async move {
            slot.begin_request();
            let response = tokio::time::timeout(limits.request_timeout, response).await;
            slot.end_request();
            Ok::<_, Infallible>(response.map_or_else(|_| timed_out(), |response| response.into_response()))
        }
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_buf_size(MAX_HEAD_SIZE)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        biased;
        result = serving.as_mut() => Some(result),
        () = slot.evicted() => {
            if !slot.is_in_use() {
                return tracing::debug!(%from, "idle connection closed in favour of another");
            }
            None
        }
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let result = match ended {
        Some(result) => result,
        None => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%from, "connection ended: {error}");
    }
}

/// The response to a request that took too long. 503 requests another delivery of a webhook; after a 4xx it would be lost.
fn timed_out() -> Response {
    let close = (CONNECTION, HeaderValue::from_static("close"));
    (StatusCode::SERVICE_UNAVAILABLE, [close]).into_response()
}
