//! Looking again at what waits for a person.

use anyhow::ensure;

use super::{Retry, again, as_json, outcome};
use crate::{
    args,
    assembly::Assembly,
    options::GlobalOptions,
    output::{Usage, print, print_json},
};
use returngo_brightpearl_connector::store::{ConnectionId, Decision, Job, JobState};

pub(super) async fn run(options: &GlobalOptions, assembly: &Assembly, retry: &Retry) -> anyhow::Result<()> {
    let (named, rmas) = retry.of.split()?;
    match (rmas.as_slice(), retry.all_failed) {
        ([], true) => all_failed(options, assembly, retry, named.as_ref()).await,
        ([rma], false) => {
            let connection = args::connection(&assembly.store, named.as_ref()).await?;
            let decision = retry.reason.decision(connection, rma.clone());
            match retry.again.as_slice() {
                [] => one(options, assembly, &decision).await,
                keys => again::run(options, assembly, &decision, keys, retry.yes).await,
            }
        }
        _ => Err(Usage("name one RMA, or say --all-failed".to_owned()).into()),
    }
}

async fn one(options: &GlobalOptions, assembly: &Assembly, decision: &Decision) -> anyhow::Result<()> {
    let Decision { connection, rma, .. } = decision;
    let known = assembly.store.retry(decision, assembly.clock.now()).await?;
    ensure!(known, "nothing is known of RMA {rma} of {connection}: `sync {connection} {rma}` looks at it");
    let next = format!("is due: `serve` looks at it, or `sync {connection} {rma}` does so now.");
    outcome(options, assembly, decision, &next).await
}

/// After an outage, say: what a person would otherwise retry RMA by RMA.
async fn all_failed(
    options: &GlobalOptions,
    assembly: &Assembly,
    retry: &Retry,
    named: Option<&ConnectionId>,
) -> anyhow::Result<()> {
    if let Some(named) = named {
        assembly.registry.configuration(named).await?;
    }
    let mut again = Vec::new();
    for item in assembly.store.reviews(named).await?.into_iter().filter(has_failed) {
        let decision = retry.reason.decision(item.connection, item.rma);
        assembly.store.retry(&decision, assembly.clock.now()).await?;
        again.extend(assembly.store.work(&decision.connection, &decision.rma).await?);
    }
    if options.json {
        return print_json(&again.iter().map(as_json).collect::<Vec<_>>());
    }
    Ok(print(format_args!(
        "{} RMAs are due: `serve` looks at them, or `sync CONNECTION` does so now.",
        again.len()
    ))?)
}

fn has_failed(item: &Job) -> bool {
    item.state == JobState::NeedsReview && item.last_error.is_some()
}
