//! A PostgreSQL server of our own on loopback, for as long as this process runs.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// Ends itself, and removes its files, when its standard input ends: at the latest with this process.
const SERVE: &str = r#"
    set -e
    folder=$(mktemp -d "${TMPDIR:-/tmp}/store-postgres.XXXXXX")
    trap 'kill "$server" 2>/dev/null && wait "$server"; rm -rf "$folder"' EXIT
    "$1/initdb" --auth=trust --username=postgres --encoding=UTF8 --no-sync --pgdata="$folder/data" >/dev/null
    "$1/postgres" -D "$folder/data" -p "$2" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=400 $3 >/dev/null 2>&1 &
    server=$!
    until "$1/pg_isready" --quiet --host=127.0.0.1 --port="$2"; do kill -0 "$server"; sleep 0.05; done
    echo ready
    read -r _ || true
"#;

/// Starts a server with these settings besides its own; none where PostgreSQL is not installed.
pub(crate) fn start(settings: &str) -> Option<String> {
    let programs = programs()?;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = server_command()
        .args(["sh", "-c", SERVE, "sh"])
        .arg(programs)
        .arg(port.to_string())
        .arg(settings)
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
