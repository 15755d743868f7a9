//! The HTTP server: how much time and how many connections a sender may take.
//!
//! A connection that waits for a request is closed after a while, and at once when its place is needed: sockets that
//! send nothing do not keep webhooks out.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
    sync::{Notify, watch},
    task::JoinSet,
};

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
    /// Connections at the same time. Each needs a file descriptor, of which a process often has 1,024.
    pub connections: usize,
    /// Connections of one address at the same time. Behind a reverse proxy all senders have the proxy's address.
    pub connections_per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_within: Duration::from_secs(15),
            answer_within: Duration::from_secs(20),
            connections: 512,
            connections_per_address: 256,
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
    let connections = Arc::new(Connections { limits, state: Mutex::default() });
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
            // A sender that is gone is as good as a stop.
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, from)) => match Connections::admit(&connections, from.ip()) {
                Some(place) => {
                    tasks.spawn(answer(stream, from, routes.clone(), place, stop.clone()));
                }
                None => tracing::debug!(%from, "connection closed: too many requests are in progress"),
            },
            Err(error) => {
                tracing::error!("cannot accept a connection, the longest idle one is closed: {error}");
                connections.state().close_idle(|_| true);
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
    place: Place,
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
    let served = async {
        tokio::select! {
            served = serving.as_mut() => return served,
            _ = stop.wait_for(|stop| *stop) => {}
        }
        serving.as_mut().graceful_shutdown();
        serving.await
    };
    tokio::select! {
        served = served => if let Err(error) = served {
            tracing::debug!(%from, "connection ended: {error}");
        },
        () = place.close.notified() => tracing::debug!(%from, "idle connection closed to make place for another"),
    }
}

/// 503 asks for another delivery; a 4xx would drop it for good.
fn too_late() -> Response {
    let close = (CONNECTION, HeaderValue::from_static("close"));
    (StatusCode::SERVICE_UNAVAILABLE, [close]).into_response()
}

/// The connections that are open.
#[derive(Debug)]
struct Connections {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<u64, Open>,
    /// Numbers connections, and the order in which they became idle.
    next: u64,
}

#[derive(Debug)]
struct Open {
    address: IpAddr,
    /// The lower, the longer; none while a request is in progress.
    idle_since: Option<u64>,
    close: Arc<Notify>,
}

impl Connections {
    /// A place for a connection from this address. Where there is none, the connection that has been idle for longest
    /// makes place. None when all are busy.
    fn admit(connections: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let Limits { connections: all, connections_per_address, .. } = connections.limits;
        let mut state = connections.state();
        let of_address = state.open.values().filter(|open| open.address == address).count();
        let has_place = if of_address >= connections_per_address {
            state.close_idle(|open| open.address == address)
        } else {
            state.open.len() < all || state.close_idle(|_| true)
        };
        has_place.then(|| {
            let (number, close) = (state.number(), Arc::new(Notify::new()));
            let open = Open { address, idle_since: Some(number), close: Arc::clone(&close) };
            state.open.insert(number, open);
            Place { number, close, connections: Arc::clone(connections) }
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Closes the one of these connections that has been idle for longest. False when none is idle.
    fn close_idle(&mut self, among: impl Fn(&Open) -> bool) -> bool {
        let idle = self.open.iter().filter(|(_, open)| among(open));
        let longest = idle.filter_map(|(number, open)| Some((open.idle_since?, *number))).min();
        let closed = longest.and_then(|(_, number)| self.open.remove(&number));
        closed.inspect(|open| open.close.notify_one()).is_some()
    }
}

/// The place of a connection, free once it is dropped.
struct Place {
    number: u64,
    close: Arc<Notify>,
    connections: Arc<Connections>,
}

impl Place {
    fn begins(&self) {
        if let Some(open) = self.connections.state().open.get_mut(&self.number) {
            open.idle_since = None;
        }
    }

    fn ends(&self) {
        let mut state = self.connections.state();
        let now = state.number();
        if let Some(open) = state.open.get_mut(&self.number) {
            open.idle_since = Some(now);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.state().open.remove(&self.number);
    }
}
