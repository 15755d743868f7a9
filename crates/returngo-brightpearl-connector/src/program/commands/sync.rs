use tokio::sync::watch;

use super::super::{
    assembly::Assembly,
    cli::{Cli, Sync},
    output::{say, say_json, table},
};
use crate::ledger::{ConnectionId, WorkItem};

/// Brings these RMAs into step now.
pub(super) async fn run(cli: &Cli, Sync { connection: id, rmas }: &Sync) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let connection = assembly.connection(id).await?;
    assembly.ledger.mark_due(id, rmas, "a person asked", assembly.clock.now()).await?;
    let (_, never) = watch::channel(false);
    let engine = assembly.engine(never);
    let others = others(&assembly, id).await?;
    loop {
        let claims = engine.claim(others.clone()).await?;
        if claims.is_empty() {
            break;
        }
        engine.work_on(&connection, claims).await?;
    }
    let mut items = Vec::new();
    for rma in rmas {
        items.extend(assembly.ledger.work(id, rma).await?);
    }
    show(cli, &items)
}

async fn others(assembly: &Assembly, id: &ConnectionId) -> anyhow::Result<Vec<ConnectionId>> {
    let stored = assembly.ledger.connections().await?.into_iter();
    Ok(stored.map(|stored| stored.id).filter(|other| other != id).collect())
}

fn show(cli: &Cli, items: &[WorkItem]) -> anyhow::Result<()> {
    if cli.json {
        return say_json(&items.iter().map(super::reviews::as_json).collect::<Vec<_>>());
    }
    let rows = items.iter().map(|item| {
        let why =
            super::reviews::questions(item).into_iter().map(|(code, message)| format!("{code}: {message}"));
        [item.rma.to_string(), item.state.as_str().to_owned(), why.collect::<Vec<_>>().join("\n")]
    });
    Ok(say(table(["RMA", "state", "why"], rows))?)
}
