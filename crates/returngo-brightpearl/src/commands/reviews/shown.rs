use returngo::RmaId;
use serde_json::{Value, json};

use crate::{
    assembly::Assembly,
    options::GlobalOptions,
    output::{print, print_json, print_table},
    unreadable,
};
use returngo_brightpearl_connector::store::{
    ConnectionId, EffectOutcome, EffectRecord, Job, JobState, SettledReview, StoredUnreadable,
    UnreadableReview,
};

pub(super) async fn list(
    options: &GlobalOptions,
    assembly: &Assembly,
    connection: Option<&ConnectionId>,
) -> anyhow::Result<()> {
    if let Some(connection) = connection {
        assembly.registry.configuration(connection).await?;
    }
    let items = assembly.store.reviews(connection).await?;
    let unreadable = assembly.store.unreadable(connection).await?;
    if options.json {
        let items = items.iter().map(as_json).chain(unreadable.iter().map(connections_review));
        return print_json(&items.collect::<Vec<_>>());
    }
    if items.is_empty() && unreadable.is_empty() {
        return Ok(print("Nothing waits for a person.")?);
    }
    if !items.is_empty() {
        list_of_rmas(&items)?;
    }
    if !unreadable.is_empty() {
        list_of_unreadable(&unreadable)?;
    }
    Ok(())
}

fn list_of_rmas(items: &[Job]) -> anyhow::Result<()> {
    let rows = items.iter().flat_map(|item| {
        let since =
            item.pending_since.map(|since| since.strftime("%F %H:%MZ").to_string()).unwrap_or_default();
        questions(item).into_iter().map(move |(code, message)| {
            [item.connection.to_string(), item.rma.to_string(), since.clone(), code, message]
        })
    });
    print_table(["connection", "RMA", "since", "code", "what is to be decided"], rows)?;
    Ok(print(
        "`reviews show RMA` tells more. Once it is decided: `reviews resolve RMA` when nothing is left to \
            do, `reviews retry RMA` when it is to be looked at again.",
    )?)
}

fn list_of_unreadable(unreadable: &[StoredUnreadable]) -> anyhow::Result<()> {
    let rows = unreadable.iter().map(|stored| {
        [
            stored.connection.to_string(),
            stored.unreadable.object.clone(),
            stored.first_seen_at.strftime("%F %H:%MZ").to_string(),
            format!("{}: {}", stored.unreadable.kind.in_words(), stored.unreadable.reason),
        ]
    });
    print_table(["connection", "object", "since", "what cannot be read"], rows)?;
    Ok(print(
        "These objects were skipped, and the rest went on. Look at them in their system; once that is done: \
            `reviews dismiss CONNECTION OBJECT`.",
    )?)
}

/// A review of a connection instead of an RMA, in the form of the others.
fn connections_review(stored: &StoredUnreadable) -> Value {
    json!({
        "connection": stored.connection.as_str(),
        "rmaId": null,
        "state": JobState::NeedsReview.as_str(),
        "reviews": [{ "code": "Unreadable", "message": stored.unreadable.to_string() }],
        "unreadable": unreadable::stored_as_json(stored),
    })
}

pub(super) async fn show(
    options: &GlobalOptions,
    assembly: &Assembly,
    connection: &ConnectionId,
    rma: &RmaId,
) -> anyhow::Result<()> {
    let item = assembly.store.work(connection, rma).await?;
    let writes = assembly.store.effects(connection, rma).await?;
    let Some(item) = item else {
        anyhow::bail!("nothing is known of RMA {rma} of {connection}: `sync {connection} {rma}` looks at it");
    };
    let settled = assembly.store.settled_reviews(connection, std::slice::from_ref(rma)).await?;
    let settled: Vec<SettledReview> = settled.into_iter().map(|(_, review)| review).collect();
    if options.json {
        let mut shown = as_json(&item);
        shown["writes"] = writes.iter().map(write_as_json).collect();
        shown["decisions"] = settled.iter().map(decision_as_json).collect();
        return print_json(&shown);
    }
    let credit = item.credit.map(|credit| format!(", credit {credit}")).unwrap_or_default();
    print(format_args!("RMA {rma} of {connection}: {}{credit}", item.state.as_str()))?;
    for (code, message) in questions(&item) {
        print(format_args!("  {code}: {message}"))?;
    }
    for review in &item.resolved {
        print(format_args!("  {}, decided before: {}", review.code, review.message))?;
    }
    for SettledReview { review, by, at, note } in &settled {
        let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        print(format_args!("  {review}, resolved by {by} at {}{note}", at.strftime("%F %TZ")))?;
    }
    if let Some(error) = &item.resolved_error {
        print(format_args!("  Failed, decided before: {error}"))?;
    }
    if !writes.is_empty() {
        let rows = writes.iter().map(|write| {
            let at = write.intended_at.strftime("%F %TZ").to_string();
            [write.key.clone(), at, write.what.clone(), became(write.outcome.as_ref())]
        });
        print_table(["key", "at", "what was written", "what became of it"], rows)?;
    }
    Ok(print(format_args!("`plan {rma}` tells what is to be done and why, `audit {rma}` what happened."))?)
}

fn became(outcome: Option<&EffectOutcome>) -> String {
    match outcome {
        Some(EffectOutcome::Applied { remote_id: Some(id), .. }) => format!("written, as {id}"),
        Some(EffectOutcome::Applied { remote_id: None, .. }) => "written".to_owned(),
        Some(EffectOutcome::Refused { error }) => format!("refused: {error}"),
        Some(EffectOutcome::Unknown { error }) => format!("not known: {error}"),
        None => "not known".to_owned(),
    }
}

/// What a person is to decide: the mapping's questions, or why the work failed.
pub(in crate::commands) fn questions(item: &Job) -> Vec<(String, String)> {
    let reviews = item.reviews.iter().map(|review| (review.code.to_string(), review.message.clone()));
    let unreadable = item
        .unreadable_reviews
        .iter()
        .map(|UnreadableReview { code, message }| (format!("{code} (of another version)"), message.clone()));
    let failure = item.last_error.iter().map(|error| ("Failed".to_owned(), error.clone()));
    reviews.chain(unreadable).chain(failure).collect()
}

pub(in crate::commands) fn as_json(item: &Job) -> Value {
    json!({
        "connection": item.connection.as_str(),
        "rmaId": item.rma,
        "state": item.state.as_str(),
        "salesCreditId": item.credit,
        "reviews": item.reviews,
        "unreadableReviews": item.unreadable_reviews,
        "resolved": item.resolved,
        "resolvedError": item.resolved_error,
        "failures": item.failures,
        "lastError": item.last_error,
        "dueAt": item.run_at,
    })
}

fn decision_as_json(SettledReview { review, by, at, note }: &SettledReview) -> Value {
    json!({ "review": review, "choice": "settled", "by": by, "at": at, "note": note })
}

fn write_as_json(write: &EffectRecord) -> Value {
    let (outcome, id, error) = match &write.outcome {
        Some(EffectOutcome::Applied { remote_id, .. }) => ("applied", remote_id.as_ref(), None),
        Some(EffectOutcome::Refused { error }) => ("refused", None, Some(error)),
        Some(EffectOutcome::Unknown { error }) => ("unknown", None, Some(error)),
        None => ("unknown", None, None),
    };
    json!({
        "key": write.key,
        "what": write.what,
        "at": write.intended_at,
        "outcome": outcome,
        "id": id,
        "error": error,
    })
}
