use returngo::RmaId;
use returngo_brightpearl_mapping::Choice;

use crate::{
    options::GlobalOptions,
    output::{print, print_json, print_table},
};
use returngo_brightpearl_connector::{
    operations::{
        self, Context, JobReport,
        reviews::{DecisionReport, UnreadableReview, WriteReport},
        status::moment,
    },
    store::ConnectionId,
};

pub(super) async fn list(
    options: &GlobalOptions,
    context: &Context,
    connection: Option<&ConnectionId>,
) -> anyhow::Result<()> {
    let open = operations::reviews::list(context, connection).await?;
    if options.json {
        return print_json(&open);
    }
    if open.rmas.is_empty() && open.unreadable.is_empty() {
        return Ok(print("Nothing needs review.")?);
    }
    if !open.rmas.is_empty() {
        list_rmas(&open.rmas)?;
    }
    if !open.unreadable.is_empty() {
        list_unreadable(&open.unreadable)?;
    }
    Ok(())
}

fn list_rmas(jobs: &[JobReport]) -> anyhow::Result<()> {
    let mut number = 0;
    let rows = jobs.iter().flat_map(|job| {
        let since =
            job.pending_since.map(|since| since.strftime("%F %H:%MZ").to_string()).unwrap_or_default();
        let rows = job.open_reviews().into_iter().map(|open| {
            number += 1;
            let (connection, rma) = (job.connection.to_string(), job.rma_id.to_string());
            [number.to_string(), connection, rma, since.clone(), open.code, open.message]
        });
        rows.collect::<Vec<_>>()
    });
    print_table(["#", "connection", "RMA", "since", "code", "review"], rows)?;
    Ok(print(
        "Run `reviews RMA` for its choices and `reviews decide RMA CHOICE` to answer, `reviews resolve RMA` if you settled it \
         by hand, or `reviews retry RMA` to process it again.",
    )?)
}

fn list_unreadable(unreadable: &[UnreadableReview]) -> anyhow::Result<()> {
    let rows = unreadable.iter().map(|UnreadableReview { unreadable: report, .. }| {
        [
            report.connection.to_string(),
            report.object.object.clone(),
            report.first_seen_at.strftime("%F %H:%MZ").to_string(),
            format!("{}: {}", report.object.kind_in_words, report.object.reason),
        ]
    });
    print_table(["connection", "object", "since", "cannot be read"], rows)?;
    Ok(print(
        "These objects were skipped; all others were processed. Check them in their system, then run `reviews dismiss \
         CONNECTION OBJECT`.",
    )?)
}

pub(super) async fn show(
    options: &GlobalOptions,
    context: &Context,
    connection: &ConnectionId,
    rma: &RmaId,
) -> anyhow::Result<()> {
    let review = operations::reviews::show(context, connection, rma).await?;
    if options.json {
        return print_json(&review);
    }
    let job = &review.job;
    let credit = job.sales_credit_id.map(|credit| format!(", credit {credit}")).unwrap_or_default();
    print(format_args!("RMA {rma} of {connection}: {}{credit}", job.state.as_str()))?;
    for open in job.open_reviews() {
        print(format_args!("  {}: {}", open.id, open.message))?;
        for (number, choice) in (1..).zip(&open.choices) {
            let id = if choice.is_typed_in() { format!("{}:VALUE", choice.id) } else { choice.id.clone() };
            print(format_args!("    {number} {id}: {}. {}", choice.label, choice.effect))?;
        }
    }
    for resolved in &job.resolved {
        print(format_args!("  {}, resolved: {}", resolved.code, resolved.message))?;
    }
    for DecisionReport { review, choice, by, at, note } in &review.decisions {
        let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let decided = if choice == Choice::SETTLED { "resolved" } else { "decided" };
        let choice = if choice == Choice::SETTLED { String::new() } else { format!(" ({choice})") };
        print(format_args!("  {review}{choice}, {decided} by {by} at {}{note}", moment(*at)))?;
    }
    if let Some(error) = &job.resolved_error {
        print(format_args!("  Failed, resolved: {error}"))?;
    }
    if !review.writes.is_empty() {
        let rows = review
            .writes
            .iter()
            .map(|write| [write.key.clone(), moment(write.at), write.what.clone(), result(write)]);
        print_table(["key", "at", "write", "result"], rows)?;
    }
    Ok(print(format_args!(
        "Run `plan {rma}` to see the planned writes and why, and `audit {rma}` to see its history."
    ))?)
}

fn result(write: &WriteReport) -> String {
    match (write.outcome, &write.id, &write.error) {
        ("applied", Some(id), _) => format!("written, as {id}"),
        ("applied", None, _) => "written".to_owned(),
        ("refused", _, Some(error)) => format!("rejected: {error}"),
        (_, _, Some(error)) => format!("unknown: {error}"),
        _ => "unknown".to_owned(),
    }
}
