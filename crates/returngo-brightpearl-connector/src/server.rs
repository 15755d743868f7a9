//! The HTTP server: how much time and how many connections a sender may take.
//!
//! A connection that waits for a request is closed after a while, and earlier when its place is needed: sockets that
//! send nothing do not keep webhooks out. While there is no place, further connections wait to be accepted: a burst of
//! webhooks is received later, not cut off.

mod connections;

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

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

use connections::{Connections, Slot, is_public};

/// The longest head of a request.
const LARGEST_HEAD: usize = 64 * 1024;

/// The wait after a connection could not be accepted, for want of file descriptors for example.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How much time and how many connections senders may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a connection may take to send the head of its next request. This is also how long it may be idle.
    pub head_within: Duration,
    /// How long a request may take from its head to its answer, its body included.
    pub answer_within: Duration,
    /// Connections at the same time; further ones wait. Each needs a file descriptor, of which a process often has
    /// 1,024.
    pub connections: usize,
    /// Connections of one limited address at the same time; further ones are closed.
    pub connections_per_address: usize,
    /// Which addresses are limited. Not those of reverse proxies, behind which all senders have one address.
    pub is_limited: fn(IpAddr) -> bool,
    /// How long a connection has been idle at least before it makes place for another: the first request of a new one
    /// may be on its way.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_within: Duration::from_secs(15),
            answer_within: Duration::from_secs(20),
            connections: 512,
            connections_per_address: 256,
            is_limited: is_public,
            grace: Duration::from_millis(500),
        }
    }
}

/// Answers requests until it is told to stop; then only those that are being received.
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
            // A sender that is gone is as good as a stop.
            _ = stop.wait_for(|stop| *stop) => break,
        };
        while tasks.try_join_next().is_some() {}
        match accepted {
            Ok((stream, from)) => {
                // Meanwhile the others wait in the queue of the operating system.
                tokio::select! { () = connections.have_room() => {} _ = stop.wait_for(|stop| *stop) => break }
                match Connections::admit(&connections, from.ip()) {
                    Some(place) => {
                        tasks.spawn(answer(stream, from, routes.clone(), place, stop.clone()));
                    }
                    None => {
                        tracing::warn!(%from, "connection closed: its address has too many (connections_per_address)");
                    }
                }
            }
            Err(error) => {
                tracing::error!("cannot accept a connection, the longest idle one is closed: {error}");
                connections.close_longest_idle();
                tokio::select! { () = clock.sleep(AFTER_FAILURE) => {} _ = stop.wait_for(|stop| *stop) => break }
            }
        }
    }
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

/// Answers the requests of one connection.
async fn answer(
    stream: TcpStream,
    from: SocketAddr,
    routes: Router,
    place: Slot,
    mut stop: watch::Receiver<bool>,
) {
    let limits = &place.connections.limits;
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        let answered = routes.call(request);
        let place = &place;
        async move {
            place.begins();
            let answer = tokio::time::timeout(limits.answer_within, answered).await;
            place.ends();
            Ok::<_, Infallible>(answer.map_or_else(|_| too_late(), |answer| answer.into_response()))
        }
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_within)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let told = tokio::select! {
        biased;
        mark_served = serving.as_mut() => Some(mark_served),
        () = place.is_taken() => {
            if !place.is_used() {
                return tracing::debug!(%from, "idle connection closed to make place for another");
            }
            None
        }
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let mark_served = match told {
        Some(mark_served) => mark_served,
        None => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = mark_served {
        tracing::debug!(%from, "connection ended: {error}");
    }
}

/// 503 asks for another delivery; a 4xx would drop it for good.
fn too_late() -> Response {
    let close = (CONNECTION, HeaderValue::from_static("close"));
    (StatusCode::SERVICE_UNAVAILABLE, [close]).into_response()
}
