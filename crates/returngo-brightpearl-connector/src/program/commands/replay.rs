use anyhow::Context as _;

use super::super::{
    assembly::Assembly,
    cli::{Cli, Replay},
    output::say,
};

/// Handles a webhook again: what it names is due.
pub(super) async fn run(cli: &Cli, Replay { delivery: id }: &Replay) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let stored = assembly.ledger.delivery(*id).await?;
    let stored = stored.with_context(|| format!("there is no webhook {id} in the inbox"))?;
    assembly.ledger.receive(&[stored.delivery]).await?;
    Ok(say(format_args!("Webhook {id} waits again: `serve` handles it."))?)
}
