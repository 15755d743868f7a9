//! The HTTP server under senders that take their time, or too many connections.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use api_client_core::client::{Clock, SystemClock};
use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    failpoints::NoFailpoints,
    receiver::{self, Inbox, WebhookEndpoints},
    server::{self, Limits},
    store::{self, ConnectionId, Encrypted, Store, StoredConnection},
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
};

use crate::{
    raw_http::{Answer, head},
    store::databases::Database,
};

const DOOR: &str = "/webhooks/returngo/acme/a-secret";
const BODY: &str = r#"{"eventName":"RMA_STATUS_UPDATED","rmaId":"4410021"}"#;

/// Longer than any test waits.
const NEVER: Duration = Duration::from_secs(300);

/// Limits that no test reaches, over every address. An idle connection makes place at once.
fn none() -> Limits {
    Limits {
        head_timeout: NEVER,
        request_timeout: NEVER,
        connections: 10_000,
        connections_per_address: 10_000,
        is_limited: |_| true,
        idle_grace: Duration::ZERO,
    }
}

struct Served {
    address: SocketAddr,
    _stop: watch::Sender<bool>,
    _store: Arc<Store>,
    _database: Database,
}

impl Served {
    async fn with(limits: Limits) -> Self {
        let database = Database::sqlite();
        let store = store::open(&database.url).await.unwrap();
        let connection: ConnectionId = "acme".parse().unwrap();
        let stored = StoredConnection { id: connection.clone(), configuration: Encrypted(vec![0; 200]) };
        store.put_connection(&stored, SystemClock.now()).await.unwrap();
        let endpoints = Arc::new(WebhookEndpoints::default());
        endpoints.put(connection, "acmeoutdoors", "a-secret");
        let inbox = Inbox::new(Arc::clone(&store), Arc::new(NoFailpoints), Arc::default());
        let routes = receiver::routes(endpoints, inbox, Arc::new(SystemClock));
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port()));
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(server::serve(listener, routes, limits, Arc::new(SystemClock), stopped));
        Self { address, _stop: stop, _store: store, _database: database }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// A connection from another address of this machine.
    async fn connect_from(&self, address: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((address, 0))).unwrap();
        let stream = socket.connect(self.address).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// A delivery whose body does not come, on a connection of its own.
    fn hang(&self, endpoint: &str) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(head("application/json", endpoint, 1000).as_bytes()).unwrap();
        stream
    }

    /// A delivery whose body the server waits for.
    fn busy(&self) -> TcpStream {
        const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        let head =
            head("application/json", DOOR, 1000).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
        let mut stream = self.connect();
        stream.write_all(head.as_bytes()).unwrap();
        let mut requested = [0; CONTINUE.len()];
        stream.read_exact(&mut requested).unwrap();
        assert_eq!(requested, CONTINUE);
        stream
    }
}

/// Whether a webhook is taken on this connection.
fn is_taken(stream: TcpStream) -> bool {
    send(&stream) && is_answered(stream)
}

/// Sends a webhook; whether it could be sent.
fn send(mut stream: &TcpStream) -> bool {
    stream.write_all(format!("{}{BODY}", head("application/json", DOOR, BODY.len())).as_bytes()).is_ok()
}

fn is_answered(mut stream: TcpStream) -> bool {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}

/// Sends the body of a delivery that is in progress.
fn send_body(mut stream: &TcpStream) {
    stream.write_all(format!("{BODY:>1000}").as_bytes()).unwrap();
}

/// The server has sent nothing on this connection, and goes on with it.
fn assert_waits(mut stream: &TcpStream) {
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let waits = stream.read(&mut [0]).unwrap_err();
    assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
}

/// The connection is closed by the server, soon.
fn assert_closed(mut stream: TcpStream, what: &str) {
    let began = SystemClock.now();
    let mut answer = Vec::new();
    // A connection that is cut is closed as well.
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{what}: {error}");
    }
    assert!(SystemClock.now().duration_since(began) < SignedDuration::from_secs(15), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_does_not_come_closes_the_connection() {
    let served = Served::with(Limits { head_timeout: Duration::from_millis(300), ..none() }).await;
    assert_closed(served.connect(), "nothing is sent");
    let mut slow = served.connect();
    slow.write_all(b"POST /webhooks/returngo/ac").unwrap();
    assert_closed(slow, "half a head is sent");
    let mut idle = served.connect();
    idle.write_all(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    assert_closed(idle, "it is idle after an answer");
    assert!(is_taken(served.connect()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_given_up() {
    let served = Served::with(Limits { request_timeout: Duration::from_millis(300), ..none() }).await;
    let began = SystemClock.now();
    assert_eq!(Answer::read(served.hang(DOOR)).status, 503, "it may be delivered again");
    assert!(SystemClock.now().duration_since(began) < SignedDuration::from_secs(15));
    assert!(is_taken(served.connect()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_secret_is_checked_before_the_body_is_read() {
    let served = Served::with(none()).await;
    assert_eq!(Answer::read(served.hang("/webhooks/returngo/acme/a-guess")).status, 404);
    let mut encoded = served.connect();
    let head = head("application/json", DOOR, 1000).replace("\r\n\r\n", "\r\ncontent-encoding: gzip\r\n\r\n");
    encoded.write_all(head.as_bytes()).unwrap();
    assert_eq!(Answer::read(encoded).status, 415);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_make_place_for_a_webhook() {
    for (connections, connections_per_address) in [(10_000, 50), (50, 10_000)] {
        let served = Served::with(Limits { connections, connections_per_address, ..none() }).await;
        let mut idle = Vec::new();
        for _ in 0..200 {
            idle.push(served.connect());
        }
        for _ in 0..3 {
            assert!(is_taken(served.connect()), "{connections} {connections_per_address}");
        }
        assert_closed(idle.swap_remove(0), "it was idle for longest");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_too_many_requests_in_progress_keeps_no_other_out() {
    let served = Served::with(Limits { connections_per_address: 8, ..none() }).await;
    let busy: Vec<TcpStream> = (0..8).map(|_| served.busy()).collect();
    assert!(!is_taken(served.connect()));
    assert!(is_taken(served.connect_from([127, 0, 0, 2]).await));
    for stream in busy {
        send_body(&stream);
        assert_eq!(Answer::read(stream).status, 200, "what was in progress is answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reverse_proxy_has_as_many_requests_in_progress_as_the_server_takes() {
    let served = Served::with(Limits { request_timeout: NEVER, ..Limits::default() }).await;
    let busy: Vec<TcpStream> = (0..300).map(|_| served.busy()).collect();
    for stream in busy {
        send_body(&stream);
        assert_eq!(Answer::read(stream).status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_beyond_all_connections_wait_and_are_taken() {
    let served = Served::with(Limits { connections: 8, ..none() }).await;
    let busy: Vec<TcpStream> = (0..8).map(|_| served.busy()).collect();
    let mut burst: Vec<TcpStream> = (0..100).map(|_| served.connect()).collect();
    burst.push(served.connect_from([127, 0, 0, 2]).await);
    for waiting in &burst {
        assert!(send(waiting));
    }
    assert_waits(&burst[0]);
    assert_waits(burst.last().unwrap());
    for stream in busy {
        send_body(&stream);
        assert_eq!(Answer::read(stream).status, 200);
    }
    for waiting in burst {
        assert!(is_answered(waiting));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_makes_place_for_one_that_waits() {
    let served = Served::with(Limits { connections: 8, ..none() }).await;
    let mut busy: Vec<TcpStream> = (0..8).map(|_| served.busy()).collect();
    let waiting = served.connect();
    assert!(send(&waiting));
    assert_waits(&waiting);
    busy.pop();
    assert!(is_answered(waiting));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_connection_is_not_closed_before_its_request_could_come() {
    let served = Served::with(Limits { connections: 8, idle_grace: NEVER, ..none() }).await;
    let new: Vec<TcpStream> = (0..8).map(|_| served.connect()).collect();
    let remaining = served.connect();
    assert!(send(&remaining));
    assert_waits(&remaining);
    for stream in new {
        assert!(is_taken(stream));
    }
    assert!(is_answered(remaining));

    let served = Served::with(Limits { connections_per_address: 8, idle_grace: NEVER, ..none() }).await;
    let new: Vec<TcpStream> = (0..8).map(|_| served.connect()).collect();
    assert!(!is_taken(served.connect()), "the address has too many");
    for stream in new {
        assert!(is_taken(stream));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_that_send_nothing_keep_a_webhook_waiting_for_a_moment_only() {
    let served = Served::with(Limits { connections: 50, ..Limits::default() }).await;
    let idle: Vec<TcpStream> = (0..200).map(|_| served.connect()).collect();
    let began = SystemClock.now();
    assert!(is_taken(served.connect()));
    let took = SystemClock.now().duration_since(began);
    assert!(took < SignedDuration::from_secs(10), "{took:?}");
    drop(idle);
}
