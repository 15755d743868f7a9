//! The adapter for manual tests, other languages and benchmarks: an HTTP server.
//!
//! It uses hyper directly, because an error of a hyper service closes the connection. An axum handler always answers,
//! so it cannot lose an answer.

use std::{
    future::poll_fn,
    io::{self, Write},
    net::Ipv4Addr,
    pin::pin,
    task::Poll,
};

use http_body_util::{BodyExt, Full};
use hyper::{body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::{MockCore, MockedApi, Reply, Request, Response};

/// A mock that listens on the loopback interface.
#[derive(Debug)]
pub struct Server<A> {
    core: MockCore<A>,
    listener: TcpListener,
    port: u16,
}

impl<A: MockedApi> Server<A> {
    /// Binds this port. 0 selects a free port.
    ///
    /// # Errors
    /// The port cannot be bound.
    pub async fn bind(core: MockCore<A>, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { core, listener, port })
    }

    /// Returns the base URL, such as `http://127.0.0.1:4010`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the first line that the binary prints.
    pub fn first_line(&self) -> String {
        format!("listening {} {}", self.url(), self.core.read(MockedApi::introduction))
    }

    /// Answers requests until the future is dropped.
    pub async fn run(self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(serve(self.core.clone(), stream));
                }
                Err(error) => tracing::warn!(%error, "cannot accept a connection"),
            }
        }
    }
}

/// Serves a mock until Ctrl-C, as the binaries do. Prints [`Server::first_line`] to stdout and flushes it.
///
/// # Errors
/// The port cannot be bound, or stdout is closed.
pub async fn run_until_ctrl_c<A: MockedApi>(core: MockCore<A>, port: u16) -> io::Result<()> {
    let server = Server::bind(core, port).await?;
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    // Registered before the line is printed, because a reader of the line may send the signal at once.
    if let Poll::Ready(ended) = poll_fn(|context| Poll::Ready(interrupted.as_mut().poll(context))).await {
        return ended;
    }
    writeln!(io::stdout(), "{}", server.first_line())?;
    io::stdout().flush()?;
    tokio::select! {
        () = server.run() => Ok(()),
        ended = interrupted => ended,
    }
}

async fn serve<A: MockedApi>(core: MockCore<A>, stream: TcpStream) {
    // Answers are small. Sending each at once keeps the latency low.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(&core, request));
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "connection ended");
    }
}

/// Answers a request. An error makes hyper close the connection without an answer.
async fn answer<A: MockedApi>(
    core: &MockCore<A>,
    request: hyper::Request<hyper::body::Incoming>,
) -> io::Result<hyper::Response<Full<Bytes>>> {
    let request = plain(request).await.map_err(io::Error::other)?;
    match core.handle(&request) {
        Reply::Answer { response, delay } => {
            if !delay.is_zero() {
                pause(delay).await;
            }
            wire(response).map_err(io::Error::other)
        }
        Reply::Cut => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

#[allow(clippy::disallowed_methods, reason = "delayed answers wait in real time")]
async fn pause(delay: std::time::Duration) {
    tokio::time::sleep(delay).await;
}

async fn plain(request: hyper::Request<hyper::body::Incoming>) -> hyper::Result<Request> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes().into();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Ok(Request::received(parts.method.as_str(), parts.uri.path(), parts.uri.query(), headers, body))
}

fn wire(response: Response) -> Result<hyper::Response<Full<Bytes>>, hyper::http::Error> {
    let builder = response
        .headers
        .iter()
        .fold(hyper::Response::builder().status(response.status), |builder, (name, value)| {
            builder.header(name, value)
        });
    builder.body(Full::new(response.body.into()))
}
