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
        "Encrypt the credentials of {} with the key in {}? No other process may use the database meanwhile.",
        counted(stored, "connection"),
        to.display()
    );
    terminal::confirm(&question, *yes)?;
    // On the disk before anything depends on it.
    if !to.exists() {
        write_new(to, &VaultKey::generate()?.to_base64())
            .with_context(|| format!("{} cannot be written", to.display()))?;
    }
    let connections = vault.rekey(&VaultKey::read(to)?, &store).await?;
    if options.json {
        return print_json(&json!({"connections": connections, "key": to}));
    }
    let (to, key_file) = (to.display(), configuration.key_file.display());
    Ok(print(format_args!(
        "The credentials of {} are encrypted with the key in {to}: put it in the place of {key_file}, or of {KEY}, and \
         start `serve`.",
        counted(connections, "connection")
    ))?)
}

/// A process that goes on with the old key opens none of the connections any more.
async fn refuse_while_serving(store: &Store, now: Timestamp) -> anyhow::Result<()> {
    let processes = store.processes().await?;
    let running = processes.iter().find(|process| process.holds_until().is_some_and(|until| until > now));
    match running.map(|process| &process.worker) {
        None => Ok(()),
        Some(worker) => bail!(
            "nothing was changed, as process \"{worker}\" uses the database: stop it, then run `rekey` again. A process that \
             was killed counts for {} seconds",
            LEASE.as_secs()
        ),
    }
}
