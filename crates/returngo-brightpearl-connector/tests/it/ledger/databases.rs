//! Fresh databases. PostgreSQL's is at `TEST_POSTGRES_URL`, or a server of our own on loopback, if its programs
//! are installed. `REQUIRE_POSTGRES` set: without one the tests fail.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use returngo_brightpearl_connector::ledger::{self, Ledger};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::sync::OnceCell;

/// A database that nobody else uses.
pub(crate) struct Database {
    pub(crate) url: String,
    folder: Option<tempfile::TempDir>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/ledger.db", folder.path().display());
        Self { url, folder: Some(folder) }
    }

    /// None where there is no PostgreSQL and none is required.
    pub(crate) async fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(server) = server().await else {
            assert!(std::env::var_os("REQUIRE_POSTGRES").is_none(), "PostgreSQL is required and not found");
            return None;
        };
        let database = format!("ledger_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect(server).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {database}"))).await.unwrap();
        connection.close().await.unwrap();
        let mut url: url::Url = server.parse().unwrap();
        url.set_path(&database);
        Some(Self { url: url.into(), folder: None })
    }

    /// The ledger in it, as one more process would open it.
    pub(crate) async fn open(&self) -> Arc<dyn Ledger> {
        ledger::open(&self.url).await.unwrap()
    }

    /// The file of a SQLite database.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("ledger.db")
    }
}

/// The URL of a PostgreSQL server that may be filled with databases.
async fn server() -> Option<&'static str> {
    static SERVER: OnceCell<Option<String>> = OnceCell::const_new();
    let start = || async {
        let server = match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => Some(url),
            Err(_) => tokio::task::spawn_blocking(start_own).await.unwrap(),
        };
        if server.is_none() {
            // Past the test harness, which would keep to itself what a passing test prints.
            let _ = writeln!(std::io::stderr(), "skipped: no PostgreSQL");
        }
        server
    };
    SERVER.get_or_init(start).await.as_deref()
}

/// Ends itself, and removes its files, when its standard input ends: at the latest with this process.
const SERVE: &str = r#"
    set -e
    folder=$(mktemp -d "${TMPDIR:-/tmp}/ledger-postgres.XXXXXX")
    trap 'kill "$server" 2>/dev/null && wait "$server"; rm -rf "$folder"' EXIT
    "$1/initdb" --auth=trust --username=postgres --encoding=UTF8 --no-sync --pgdata="$folder/data" >/dev/null
    "$1/postgres" -D "$folder/data" -p "$2" -F -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=400 >/dev/null 2>&1 &
    server=$!
    until "$1/pg_isready" --quiet --host=127.0.0.1 --port="$2"; do kill -0 "$server"; sleep 0.05; done
    echo ready
    read -r _ || true
"#;

fn start_own() -> Option<String> {
    let programs = programs()?;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = server_command()
        .args(["sh", "-c", SERVE, "sh"])
        .arg(programs)
        .arg(port.to_string())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "ready", "PostgreSQL is installed and does not start");
    keep_until_exit(child);
    Some(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
}

/// Its standard input has to stay open.
fn keep_until_exit(child: Child) {
    std::mem::forget(child);
}

/// PostgreSQL does not run as root.
fn server_command() -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]);
        command
    } else {
        Command::new("env")
    }
}

/// The folder with the programs: on the path, or where Debian puts them, the newest.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut of_debian: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    of_debian.sort();
    on_path.chain(of_debian.into_iter().rev()).find(|folder| {
        ["initdb", "postgres", "pg_isready"].iter().all(|program| folder.join(program).is_file())
    })
}
