//! A server that keeps what it receives, byte by byte.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
};

use api_client_core::{Headers, HttpRequest, Method};

pub(crate) struct Server {
    pub(crate) url: String,
    received: Receiver<String>,
}

impl Server {
    /// Answers every request with these bytes, or closes the connection if there are none.
    pub(crate) fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, received) = channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut bytes = vec![0; 8192];
                let length = connection.read(&mut bytes).unwrap_or_default();
                bytes.truncate(length);
                if sender.send(String::from_utf8(bytes).unwrap()).is_err() {
                    return;
                }
                connection.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, received }
    }

    /// The next request.
    pub(crate) fn request(&self) -> String {
        self.received.recv().unwrap()
    }
}

pub(crate) const ANSWER: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRuid: 5d0b\r\nConnection: close\r\n\r\n{}";

pub(crate) fn get(url: &str) -> HttpRequest {
    let mut headers = Headers::default();
    headers.insert_secret("x-api-key", "planted");
    HttpRequest { method: Method::Get, url: format!("{url}/rma/1?fields=id"), headers, body: None }
}
