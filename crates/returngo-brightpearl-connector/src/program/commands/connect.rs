use std::{fs, path::Path};

use anyhow::{Context as _, ensure};
use returngo_brightpearl::{
    ConnectionSettings,
    check::{self, Mark},
};
use returngo_brightpearl_reader::Receivers;

use super::{
    super::{
        assembly::Assembly,
        cli::{Cli, Connect},
        environment,
        output::remark,
    },
    check::{findings, show},
};
use crate::{
    configuration::{ConnectionConfiguration, Secret},
    ledger::ConnectionId,
    registry::RegistryError,
};

/// Makes a connection with the credentials of the environment, checks it, stores it, and subscribes to webhooks.
pub(super) async fn run(cli: &Cli, arguments: &Connect) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let id = &arguments.connection;
    let settings = settings(&arguments.settings)?;
    let (brightpearl, returngo) = environment::access(settings.account_id.as_str())?;
    let webhook_secret = secret(&assembly, id).await?;
    let configuration = ConnectionConfiguration { settings, brightpearl, returngo, webhook_secret };
    let connection = configuration.open(id.clone(), assembly.clock.clone())?;
    // The webhooks are subscribed below: that they are missing is no reason to stop.
    let found = findings(&assembly, &connection, Receivers::default()).await;
    show(cli, &found)?;
    ensure!(
        arguments.anyway || check::worst(&found) != Mark::Failure,
        "connection {id} is not stored, as its check failed: mend it, or store it all the same with --anyway"
    );
    assembly.registry.put(id, &configuration).await?;
    match &assembly.configuration.public_url {
        Some(public_url) => connection.subscribe(public_url, &configuration.webhook_secret).await?,
        None => remark("no webhooks are subscribed, as there is no public_url: sweeps find what changes")?,
    }
    Ok(remark(format_args!("connection {id} is stored: `serve` keeps it in step"))?)
}

fn settings(file: &Path) -> anyhow::Result<ConnectionSettings> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("the settings {} cannot be read", file.display()))?;
    let settings = if file.extension().is_some_and(|extension| extension == "json") {
        ConnectionSettings::from_json(&text)
    } else {
        ConnectionSettings::from_toml(&text)
    };
    settings.with_context(|| format!("the settings {} are not usable", file.display()))
}

/// A connection that is made again keeps its secret, and with it its webhooks.
async fn secret(assembly: &Assembly, id: &ConnectionId) -> anyhow::Result<Secret> {
    match assembly.registry.configuration(id).await {
        Ok(stored) => Ok(stored.webhook_secret),
        Err(RegistryError::Ledger(error)) => Err(error.into()),
        Err(_) => Ok(Secret::generate()?),
    }
}
