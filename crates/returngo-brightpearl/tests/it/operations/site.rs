//! A place where the program runs as a process of its own, with both systems as mocks on loopback.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use api_client_core::client::{Clock, SystemClock};
use jiff::SignedDuration;
use returngo_brightpearl_connector::{
    registry::Registry,
    store::{self, ConnectionId, Store},
    vault::{Vault, VaultKey},
};
use returngo_brightpearl_demo::Scenario;
use tempfile::TempDir;

use crate::{
    databases::Database,
    private_file::write_private,
    raw_http::{Answer, head},
};

pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How long a test waits for what has to come.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// A folder with a key, a database with one connection, and the two systems of that connection.
pub(crate) struct Site {
    pub(crate) scene: Scenario,
    pub(crate) database: Database,
    pub(crate) connection: ConnectionId,
    pub(crate) store: Arc<Store>,
    pub(crate) registry: Registry,
    folder: TempDir,
}

impl Site {
    pub(crate) async fn of(rmas: u64) -> Self {
        Self::with(rmas, Database::sqlite()).await
    }

    pub(crate) async fn with(rmas: u64, database: Database) -> Self {
        let scene = Scenario::start(rmas).await.unwrap();
        let store = store::open(&database.url).await.unwrap();
        let vault = Vault::open(&KEY.parse::<VaultKey>().unwrap(), &store).await.unwrap();
        let registry = Registry::new(Arc::clone(&store), vault, Arc::new(SystemClock));
        let connection: ConnectionId = "acmeoutdoors".parse().unwrap();
        registry.put(&connection, &scene.configuration().unwrap()).await.unwrap();
        let folder = folder_with_key();
        Self { scene, database, connection, store, registry, folder }
    }

    /// `serve`, once it listens.
    pub(crate) async fn serve(&self, variables: &[(&str, &str)]) -> Serving {
        // Nobody else takes a port that was just given out, not for a while.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (listen, public_url) = (address.to_string(), format!("http://{address}"));
        let mut command = program(self.folder.path(), &["serve"]);
        command
            .env("RETURNGO_BRIGHTPEARL_DATABASE", &self.database.url)
            .env("RETURNGO_BRIGHTPEARL_LISTEN", listen)
            .env("RETURNGO_BRIGHTPEARL_PUBLIC_URL", public_url)
            // Due at once, and then no more: what happens later is told by webhooks.
            .env("RETURNGO_BRIGHTPEARL_SWEEPS_BRIGHTPEARL_SECONDS", "86400")
            .env("RETURNGO_BRIGHTPEARL_SWEEPS_RETURNGO_SECONDS", "86400")
            .envs(variables.iter().copied());
        let serving = Serving::start(command, address);
        eventually("it serves", || async { serving.log().contains("serving") }).await;
        serving
    }

    /// Where webhooks for the connection are taken.
    pub(crate) fn endpoint(&self, source: &str) -> String {
        let secret = self.scene.configuration().unwrap().webhook_secret;
        format!("/webhooks/{source}/{}/{}", self.connection, secret.reveal())
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = program(self.folder.path(), arguments);
        command.env("RETURNGO_BRIGHTPEARL_DATABASE", &self.database.url);
        command.envs(variables.iter().copied()).output().unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

pub(crate) fn folder_with_key() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_private(&folder.path().join("returngo-brightpearl.key"), KEY);
    folder
}

/// The program in this folder, with nothing of the tests' environment that it would read.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_returngo-brightpearl"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RETURNGO_BRIGHTPEARL_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command
}

/// The program while it serves; killed when the test is done with it.
pub(crate) struct Serving {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Serving {
    fn start(mut command: Command, address: SocketAddr) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, said) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut said = said.lock().unwrap();
                said.push_str(&line);
                said.push('\n');
            }
        });
        Self { child, address, log }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How many lines of the log say this.
    pub(crate) fn said(&self, what: &str) -> usize {
        self.log().lines().filter(|line| line.contains(what)).count()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.post_as("application/json", path, body)
    }

    pub(crate) fn post_as(&self, kind: &str, path: &str, body: &str) -> Answer {
        self.ask(&format!("{}{body}", head(kind, path, body.len())))
    }

    /// Sends this and reads the answer.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        // Who refuses a body early may not read it to its end.
        let _ = stream.write_all(request.as_bytes());
        Answer::read(stream)
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &process]).status().unwrap().success());
    }

    /// How it ended, and how long that took from now.
    pub(crate) fn end(&mut self) -> (ExitStatus, SignedDuration) {
        let began = SystemClock.now();
        let status = self.child.wait().unwrap();
        (status, SystemClock.now().duration_since(began))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the program's log:\n{}", self.log());
        }
    }
}

/// Waits until something is so.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let began = SystemClock.now();
    while !is_so().await {
        let waited = SystemClock.now().duration_since(began);
        assert!(waited < PATIENCE, "in vain for {waited:#}: {what}");
        SystemClock.sleep(Duration::from_millis(20)).await;
    }
}
