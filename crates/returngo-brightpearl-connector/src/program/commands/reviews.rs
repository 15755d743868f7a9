use serde_json::json;

use super::super::{
    assembly::Assembly,
    cli::{Cli, OfRma, Review, Reviews},
    output::{say, say_json, table},
};
use crate::ledger::WorkItem;

/// What waits for a person.
pub(super) async fn run(cli: &Cli, reviews: &Reviews) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    match &reviews.what {
        None | Some(Review::List) => list(cli, &assembly.ledger.reviews(None).await?),
        Some(Review::Show(OfRma { connection, rma })) => match assembly.ledger.work(connection, rma).await? {
            Some(work) => show(cli, &work),
            None => Ok(say(format_args!("Nothing is known of RMA {rma} of {connection}."))?),
        },
        Some(Review::Resolve(of)) => look_again(&assembly, of, "a person resolved it").await,
        Some(Review::Retry(of)) => look_again(&assembly, of, "a person asked").await,
    }
}

fn list(cli: &Cli, items: &[WorkItem]) -> anyhow::Result<()> {
    if cli.json {
        return say_json(&items.iter().map(as_json).collect::<Vec<_>>());
    }
    if items.is_empty() {
        return Ok(say("Nothing waits for a person.")?);
    }
    let rows = items.iter().flat_map(|item| {
        questions(item)
            .into_iter()
            .map(|(code, message)| [item.connection.to_string(), item.rma.to_string(), code, message])
    });
    Ok(say(table(["connection", "RMA", "code", "what is to be decided"], rows))?)
}

fn show(cli: &Cli, item: &WorkItem) -> anyhow::Result<()> {
    if cli.json {
        return say_json(&as_json(item));
    }
    say(format_args!("RMA {} of {}: {}", item.rma, item.connection, item.state.as_str()))?;
    for (code, message) in questions(item) {
        say(format_args!("  {code}: {message}"))?;
    }
    Ok(())
}

/// What a person is to decide: the mapping's questions, or why the work failed.
pub(super) fn questions(item: &WorkItem) -> Vec<(String, String)> {
    let reviews = item.reviews.iter().map(|review| (review.code.to_string(), review.message.clone()));
    let failure = item.last_error.iter().map(|error| ("Failed".to_owned(), error.clone()));
    reviews.chain(failure).collect()
}

pub(super) fn as_json(item: &WorkItem) -> serde_json::Value {
    json!({
        "connection": item.connection.as_str(),
        "rmaId": item.rma,
        "state": item.state.as_str(),
        "reviews": item.reviews,
        "failures": item.failures,
        "lastError": item.last_error,
        "dueAt": item.due_at,
    })
}

async fn look_again(assembly: &Assembly, of: &OfRma, why: &str) -> anyhow::Result<()> {
    let OfRma { connection, rma } = of;
    assembly.ledger.mark_due(connection, std::slice::from_ref(rma), why, assembly.clock.now()).await?;
    Ok(say(format_args!(
        "RMA {rma} of {connection} is due: `serve` looks at it, or `sync {connection} {rma}` does so now."
    ))?)
}
