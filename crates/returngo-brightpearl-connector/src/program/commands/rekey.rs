use anyhow::Context as _;
use serde_json::json;

use super::{
    super::{
        assembly::{KEY, configuration, key},
        cli::{Cli, Rekey},
        output::{say, say_json},
        terminal,
    },
    init::write_new,
};
use crate::{
    ledger,
    vault::{Vault, VaultKey},
};

/// Seals the stored credentials with another key.
pub(super) async fn run(cli: &Cli, Rekey { to, yes }: &Rekey) -> anyhow::Result<()> {
    let configuration = configuration(cli)?;
    let old = key(&configuration.key_file)?;
    let ledger = ledger::open_existing(configuration.database.reveal()).await?;
    let vault = Vault::open(&old, &*ledger).await?;
    let stored = ledger.connections().await?.len();
    let question = format!(
        "Encrypt the credentials of {stored} connection{} with the key in {}? No other process may use the database \
         meanwhile.",
        if stored == 1 { "" } else { "s" },
        to.display()
    );
    terminal::go_on(&question, *yes)?;
    // On the disk before anything depends on it.
    if !to.exists() {
        write_new(to, &VaultKey::generate()?.to_base64())
            .with_context(|| format!("{} cannot be written", to.display()))?;
    }
    let connections = vault.rekey(&VaultKey::read(to)?, &*ledger).await?;
    if cli.json {
        return say_json(&json!({"connections": connections, "key": to}));
    }
    let (to, key_file) = (to.display(), configuration.key_file.display());
    Ok(say(format_args!(
        "{connections} connections are sealed with the key in {to}: \
         put it in the place of {key_file}, or of {KEY}, and start `serve`."
    ))?)
}
