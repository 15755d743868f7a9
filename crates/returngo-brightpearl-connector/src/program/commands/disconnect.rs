use super::super::{
    assembly::Assembly,
    cli::{Cli, Of},
    output::say,
};

/// Removes a connection and its webhooks.
pub(super) async fn run(cli: &Cli, Of { connection: id }: &Of) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let secret = assembly.registry.configuration(id).await?.webhook_secret;
    if let Some(public_url) = &assembly.configuration.public_url {
        assembly.connection(id).await?.unsubscribe(public_url, &secret).await?;
    }
    assembly.ledger.remove_connection(id, assembly.clock.now()).await?;
    Ok(say(format_args!(
        "Connection {id} is removed. What was written stays, in both systems and in the audit."
    ))?)
}
