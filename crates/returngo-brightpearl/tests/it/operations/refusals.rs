//! What `serve` does not start with: one clear line, exit code 1, and nothing begun.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    net::{TcpListener, TcpStream},
    path::Path,
};

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};

use super::site::{KEY, Site, folder_with_key, program};
use crate::databases::Database;

/// The one line with which `serve` ends in this folder, which is as it was before.
fn refused(folder: &Path, variables: &[(&str, &str)]) -> String {
    let before = files(folder);
    let listen = variables.iter().find(|(name, _)| *name == LISTEN).map(|(_, address)| *address);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = program(folder, &["serve"]);
    command
        .env(LISTEN, listen.unwrap_or(&free))
        .env(DATABASE, "sqlite://store.db")
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("error: "), "{said}");
    assert!(output.stdout.is_empty());
    assert_eq!(files(folder), before, "{said}");
    assert!(TcpStream::connect(&free).is_err(), "somebody listens");
    said.trim_end().to_owned()
}

const LISTEN: &str = "RETURNGO_BRIGHTPEARL_LISTEN";
const DATABASE: &str = "RETURNGO_BRIGHTPEARL_DATABASE";

fn files(folder: &Path) -> BTreeSet<OsString> {
    std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect()
}

/// The same with the database of a site, none of whose webhooks are subscribed after it.
fn refused_at(site: &Site, settings: &str, variables: &[(&str, &str)]) -> String {
    let database = format!("{}{settings}", site.database.url);
    let public_url = ("RETURNGO_BRIGHTPEARL_PUBLIC_URL", "https://returns.example.test");
    let line = refused(site.folder(), &[&[(DATABASE, &*database), public_url], variables].concat());
    assert!(site.scene.brightpearl.webhooks().is_empty() && site.scene.returngo.webhooks().is_empty());
    assert_eq!(site.scene.brightpearl.requests().total(), 0, "{line}");
    line
}

async fn stranger(database: &Database) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(&database.url).await.unwrap()
}

#[test]
fn a_configuration_with_a_mistake() {
    let folder = folder_with_key();
    let file = folder.path().join("returngo-brightpearl.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:8787\"\n[sweps]\n").unwrap();
    assert_eq!(
        refused(folder.path(), &[]),
        "error: returngo-brightpearl.toml, line 2: unknown setting `sweps`; did you mean `sweeps`?"
    );
    std::fs::write(&file, "[work]\nbatch = 0\n").unwrap();
    assert_eq!(
        refused(folder.path(), &[]),
        "error: returngo-brightpearl.toml, line 2: `work.batch`: 0 is too small: the minimum is 1"
    );
    std::fs::write(&file, "listen = \n").unwrap();
    assert!(refused(folder.path(), &[]).starts_with("error: returngo-brightpearl.toml, line 1: "));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        refused(folder.path(), &[("RETURNGO_BRIGHTPEARL_LISTN", "127.0.0.1:1")]),
        "error: RETURNGO_BRIGHTPEARL_LISTN: unknown setting; did you mean `RETURNGO_BRIGHTPEARL_LISTEN`?"
    );
}

#[test]
fn a_configuration_that_is_not_there() {
    let folder = folder_with_key();
    let output = program(folder.path(), &["serve", "--config", "other.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: cannot read the configuration other.toml: No such file"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn no_key_or_no_key_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let line = refused(folder.path(), &[]);
    assert!(
        line.starts_with("error: encryption key not found. Run `returngo-brightpearl init` to create one"),
        "{line}"
    );
    let line = refused(folder.path(), &[("RETURNGO_BRIGHTPEARL_KEY", "t0psecret")]);
    assert!(
        line.contains("invalid encryption key in RETURNGO_BRIGHTPEARL_KEY") && !line.contains("t0psecret"),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_key() {
    let site = Site::of(1).await;
    let other = ("RETURNGO_BRIGHTPEARL_KEY", "HR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw=");
    let line = refused_at(&site, "", &[other]);
    assert_eq!(
        line,
        "error: the key is not the one that encrypted the stored credentials: set `key_file` or \
         RETURNGO_BRIGHTPEARL_KEY to that key"
    );
}

#[test]
fn an_address_that_is_in_use() {
    let folder = folder_with_key();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refused(folder.path(), &[(LISTEN, &address)]);
    assert!(line.starts_with(&format!("error: cannot listen on {address}. Set another address")), "{line}");
    assert!(line.contains("in use"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_read_only() {
    let site = Site::of(1).await;
    let line = refused_at(&site, "?mode=ro", &[]);
    assert!(line.starts_with("error: cannot write to the database (read-only): "), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_full() {
    let site = Site::of(1).await;
    let pages = stranger(&site.database).await.fetch_one("PRAGMA page_count").await.unwrap();
    // What was freed before is taken first.
    stranger(&site.database)
        .await
        .execute("CREATE TABLE rest AS SELECT zeroblob(40000) AS filler")
        .await
        .unwrap();
    let line = refused_at(&site, &format!("?max_page_count={}", pages.get::<i64, _>(0)), &[]);
    assert!(line.starts_with("error: cannot write to the database (full): make space"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_version() {
    let site = Site::of(1).await;
    let step = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 9000, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    stranger(&site.database).await.execute(AssertSqlSafe(step)).await.unwrap();
    let line = refused_at(&site, "", &[]);
    assert!(line.contains("was created by another version") && line.contains("9000"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_process_holds() {
    let site = Site::of(1).await;
    let mut holder = stranger(&site.database).await;
    holder.execute("BEGIN IMMEDIATE").await.unwrap();
    let line = refused_at(&site, "?busy_timeout=50", &[]);
    assert!(line.starts_with("error: another process holds the database"), "{line}");
}

#[test]
fn a_database_that_is_none() {
    let folder = folder_with_key();
    let line = refused(folder.path(), &[(DATABASE, "sqlite:///no/such/folder/store.db")]);
    assert!(line.contains("check that its folder exists"), "{line}");
    let line = refused(folder.path(), &[(DATABASE, "mysql://db.example.test/returns")]);
    assert!(line.contains("postgres://user:password@host/name"), "{line}");
}

#[test]
fn a_postgres_that_is_not_there() {
    let folder = folder_with_key();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://connector:t0psecret@{address}/returns");
    let line = refused(folder.path(), &[(DATABASE, &url), ("RETURNGO_BRIGHTPEARL_KEY", KEY)]);
    assert!(
        line.starts_with(&format!(
            "error: cannot open the database postgres://{address}/returns: check that"
        )),
        "{line}"
    );
    assert!(!line.contains("t0psecret"), "{line}");
}
