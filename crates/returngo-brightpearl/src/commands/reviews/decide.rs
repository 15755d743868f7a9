use anyhow::bail;
use clap::Args;
use returngo::RmaId;
use returngo_brightpearl_connector::{
    operations::{
        Context, JobReport,
        decisions::{self, DecisionProposal, Selection},
        reviews::Subject,
    },
    store::ConnectionId,
};
use returngo_brightpearl_mapping::ReviewCode;
use serde::Serialize;

use super::{Reason, next};
use crate::{
    args,
    options::GlobalOptions,
    output::{Usage, counted, note, print, print_json},
    terminal,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// RMA number and choice, after the connection name (optional if there is only one)
    #[arg(value_name = "CONNECTION|RMA|CHOICE", num_args = 0..=3)]
    words: Vec<String>,
    /// Answer this review, if the RMA has several
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    review: Option<String>,
    /// Answer all open reviews with this code; with --choice and --all
    #[arg(long, value_name = "CODE", requires = "all")]
    code: Option<String>,
    /// Choice for all of them
    #[arg(long, requires = "all")]
    choice: Option<String>,
    /// Answer the reviews of all RMAs; with --code and --choice
    #[arg(long, requires_all = ["code", "choice"])]
    all: bool,
    /// Show what the choice writes, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Decide without asking for confirmation; required without a terminal
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    reason: Reason,
}

/// The answer to one review: what it writes, and the RMA afterwards, unless nothing was stored.
#[derive(Serialize)]
struct DecisionReport {
    proposal: DecisionProposal,
    decided: bool,
    rma: Option<JobReport>,
}

pub(super) async fn run(
    options: &GlobalOptions,
    context: Context,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let context = arguments.reason.by(context);
    let work = async {
        match (arguments.code.as_deref(), arguments.choice.as_deref(), arguments.words.as_slice()) {
            (Some(code), Some(choice), words) => {
                let connection = match words {
                    [] => None,
                    [name] => Some(name.parse::<ConnectionId>().map_err(|error| Usage(error.to_string()))?),
                    _ => return Err(Usage("pass a connection name only with --all".to_owned()).into()),
                };
                decide_all(options, &context, connection.as_ref(), code, choice, arguments).await
            }
            (_, _, [rma, choice]) => one(options, &context, None, rma, choice, arguments).await,
            (_, _, [connection, rma, choice]) => {
                one(options, &context, Some(connection), rma, choice, arguments).await
            }
            _ => {
                Err(Usage("pass an RMA number and a choice, or --code, --choice and --all".to_owned()).into())
            }
        }
    };
    context.calling(work).await
}

async fn one(
    options: &GlobalOptions,
    context: &Context,
    connection: Option<&String>,
    rma: &str,
    choice: &str,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let usage = |error: &dyn std::fmt::Display| Usage(error.to_string());
    let named =
        connection.map(|name| name.parse::<ConnectionId>()).transpose().map_err(|error| usage(&error))?;
    let rma: RmaId = rma
        .parse()
        .map_err(|_| Usage(format!("{rma} is not an RMA number: expected digits, such as 4410021")))?;
    let connection = args::connection(&context.store, named.as_ref()).await?;
    let subject = Subject { connection, rma, note: arguments.reason.note.clone() };
    let selection = Selection { review: arguments.review.clone(), choice: choice.to_owned() };
    let proposal = decisions::propose(context, &subject, &selection).await?;
    if !options.json {
        show(&proposal)?;
    }
    if !arguments.dry_run {
        let question = format!("Decide {} of RMA {} so?", proposal.review.id, subject.rma);
        terminal::confirm(&question, arguments.yes)?;
    }
    let report = stored(context, &subject, proposal, arguments.dry_run).await?;
    if options.json {
        return print_json(&report);
    }
    match &report.rma {
        Some(job) => print(format_args!("Decided. RMA {} is pending. {}", job.rma_id, next(job)))?,
        None => print("Nothing was changed.")?,
    }
    Ok(())
}

async fn decide_all(
    options: &GlobalOptions,
    context: &Context,
    connection: Option<&ConnectionId>,
    code: &str,
    choice: &str,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let code: ReviewCode = serde_json::from_value(code.into())
        .map_err(|_| Usage(format!("{code} is not the code of a review: `reviews` lists the codes")))?;
    if choice.trim().parse::<u32>().is_ok() {
        let why = format!(
            "{choice} is a number: pass the id of the choice with --all, since reviews number theirs differently"
        );
        return Err(Usage(why).into());
    }
    let note_of = arguments.reason.note.as_deref();
    let open = decisions::open_reviews(context, connection, code, note_of).await?;
    let (mut proposals, mut refused) = (Vec::new(), 0);
    for (subject, review) in open {
        let selection = Selection { review: Some(review), choice: choice.to_owned() };
        match decisions::propose(context, &subject, &selection).await {
            Ok(proposal) => proposals.push((subject, proposal)),
            Err(error) => {
                refused += 1;
                note(format_args!("RMA {} of {}: {error}", subject.rma, subject.connection))?;
            }
        }
    }
    if !options.json {
        for (_, proposal) in &proposals {
            show(proposal)?;
        }
    }
    if proposals.is_empty() {
        bail!("no open review {code} can be decided so");
    }
    if !arguments.dry_run {
        terminal::confirm(&format!("Decide {} so?", counted(proposals.len(), "review")), arguments.yes)?;
    }
    let mut reports = Vec::new();
    for (subject, proposal) in proposals {
        match stored(context, &subject, proposal, arguments.dry_run).await {
            Ok(report) => reports.push(report),
            Err(error) => {
                refused += 1;
                note(format_args!("RMA {} of {}: {error}", subject.rma, subject.connection))?;
            }
        }
    }
    let count = counted(reports.len(), "review");
    if options.json {
        return print_json(&reports);
    }
    let left = if refused > 0 { format!(" Not decided: {refused}.") } else { String::new() };
    if arguments.dry_run {
        print(format_args!("Nothing was changed.{left}"))?;
    } else {
        print(format_args!(
            "Decided {count}.{left} `serve` processes the RMAs; run `sync` to process them now."
        ))?;
    }
    Ok(())
}

async fn stored(
    context: &Context,
    subject: &Subject,
    proposal: DecisionProposal,
    dry_run: bool,
) -> anyhow::Result<DecisionReport> {
    if dry_run {
        return Ok(DecisionReport { proposal, decided: false, rma: None });
    }
    let job = decisions::decide(context, subject, &proposal).await?;
    Ok(DecisionReport { proposal, decided: true, rma: Some(job) })
}

fn show(proposal: &DecisionProposal) -> anyhow::Result<()> {
    let DecisionProposal { connection, rma_id, review, choice, effect, writes, open } = proposal;
    print(format_args!("RMA {rma_id} of {connection}, {}: {choice}", review.id))?;
    print(format_args!("  {effect}"))?;
    for write in writes {
        print(format_args!("  + {} ({})", write.what, write.key))?;
    }
    if writes.is_empty() {
        print("  No further writes now.")?;
    }
    for review in open {
        print(format_args!("  Still open: {}: {}", review.id, review.message))?;
    }
    Ok(())
}
