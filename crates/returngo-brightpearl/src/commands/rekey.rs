use std::path::PathBuf;

use anyhow::{Context as _, bail};
use api_client_core::client::{Clock as _, SystemClock};
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::init::write_new;
use crate::{
    assembly::{KEY, configuration, key},
    options::GlobalOptions,
    output::{counted, print, print_json},
    terminal,
};
use returngo_brightpearl_connector::{
    store::{self, LEASE, Store},
    vault::{Vault, VaultKey},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Stop `serve` first, in every process that uses the database. The new key is
written to FILE; if FILE exists, the key in it is used. Replace the old key with
it, then start `serve` again.

Asks for confirmation. Without a terminal, --yes is required.

Example:
  returngo-brightpearl rekey --to new.key
  mv new.key returngo-brightpearl.key")]
pub(crate) struct Arguments {
    /// File of the new key
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Encrypt without asking for confirmation
    #[arg(long)]
    yes: bool,
}

/// Encrypts the stored credentials with another key.
pub(super) async fn run(options: &GlobalOptions, Arguments { to, yes }: &Arguments) -> anyhow::Result<()> {
    let configuration = configuration(options)?;
    let old = key(&configuration.key_file)?;
    let store = store::open_existing(configuration.database.reveal()).await?;
    let vault = Vault::open(&old, &store).await?;
    refuse_while_serving(&store, SystemClock.now()).await?;
    let stored = store.connections().await?.len();
    let question = format!(
        "Encrypt the credentials of {} with the key in {}? No other process may use the database in the meantime.",
        counted(stored, "connection"),
        to.display()
    );
    terminal::confirm(&question, *yes)?;
    // The key has to be on the disk before anything is encrypted with it.
    if !to.exists() {
        write_new(to, &VaultKey::generate()?.to_base64())
            .with_context(|| format!("cannot write {}", to.display()))?;
    }
    let connections = vault.rekey(&VaultKey::read(to)?, &store).await?;
    if options.json {
        return print_json(&json!({"connections": connections, "key": to}));
    }
    let (to, key_file) = (to.display(), configuration.key_file.display());
    Ok(print(format_args!(
        "Encrypted the credentials of {} with the key in {to}. Replace {key_file} or {KEY} with this key, then start \
         `serve`.",
        counted(connections, "connection")
    ))?)
}

/// Fails while a process uses the database: with the old key it could no longer decrypt any connection.
async fn refuse_while_serving(store: &Store, now: Timestamp) -> anyhow::Result<()> {
    let processes = store.processes().await?;
    let running = processes.iter().find(|process| process.holds_until().is_some_and(|until| until > now));
    match running.map(|process| &process.worker) {
        None => Ok(()),
        Some(worker) => bail!(
            "nothing was changed, because process \"{worker}\" uses the database: stop it, then run `rekey` again. A killed \
             process counts as running for {} seconds",
            LEASE.as_secs()
        ),
    }
}
