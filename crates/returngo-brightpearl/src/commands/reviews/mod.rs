mod decide;
mod show;

use clap::{Args, Subcommand};
use returngo::RmaId;

use crate::{
    args::{self, ConnectionAndRmas},
    assembly::Assembly,
    options::{ConnectionArg, GlobalOptions, RmaArg, UserArg},
    output::{Usage, counted, note, print, print_json},
    terminal,
};
use returngo_brightpearl_connector::{
    operations::{
        self, Context, JobReport,
        reviews::{ReviewReport, Subject},
        status::moment,
    },
    store::ConnectionId,
};
use returngo_brightpearl_mapping::Decision;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Without a command it lists them; `reviews RMA` is `reviews show RMA`.

Examples:
  returngo-brightpearl reviews
  returngo-brightpearl reviews 4410021
  returngo-brightpearl reviews decide 4410021 once --note \"agreed with the shop\"
  returngo-brightpearl reviews resolve 4410021 --note \"paid by hand\"
  returngo-brightpearl reviews retry 4410021 --note \"order found and linked\""
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    of: ConnectionAndRmas,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List everything that needs review, oldest first
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews list
  returngo-brightpearl reviews list acme --json")]
    List(ConnectionArg),
    /// Show the reviews, decisions and writes of an RMA
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews show 4410021")]
    Show(RmaArg),
    /// Answer a review with one of its choices
    ///
    /// Shows what the choice writes, and asks for confirmation. The next run of the RMA applies it, unless the facts of the
    /// review have changed by then: it is asked again and says what changed. `reviews reopen` revokes the decision until
    /// something was written on it.
    #[command(after_help = "\
CHOICE is an id or a number that `reviews show` lists. Ids that end with VALUE are
completed by it, such as amount:12.00 or order:300871.

Examples:
  returngo-brightpearl reviews decide 4410021 row:884120 --note \"renamed SKU\"
  returngo-brightpearl reviews decide 4410021 2 --review OverRefund:778120
  returngo-brightpearl reviews decide --code FeeUnclear --choice once --all --dry-run")]
    Decide(decide::Arguments),
    /// Resolve the reviews of an RMA that you settled by hand
    ///
    /// Writes nothing. From then on the connector writes nothing for the objects of these reviews (a refund, a unit, a fee
    /// or the credit), whatever settings or webhooks come later; `reviews reopen` reverts that. The RMA is listed again if
    /// it needs another review.
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews resolve 4410021 --note \"paid by hand\"")]
    Resolve(OfRma),
    /// Dismiss objects that cannot be read, after checking them in their system
    ///
    /// Rows of lists, orders, notes and webhooks that cannot be read are skipped and listed, until they can be read or are
    /// dismissed. An object is listed again if it cannot be read for another reason.
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews dismiss acme 4410021 --note \"credited by hand\"
  returngo-brightpearl reviews dismiss acme \"row 7\"
  returngo-brightpearl reviews dismiss acme --all --note \"list corrected\"")]
    Dismiss(Dismiss),
    /// Reopen the resolved reviews of an RMA, and revoke decisions on which nothing was written
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews reopen 4410021 --note \"payment was deleted\"")]
    Reopen(OfRma),
    /// Retry an RMA now, resetting its attempt counter
    ///
    /// Resolved reviews stay resolved; `reviews reopen` reverts that.
    #[command(after_help = "\
A write that was applied is never repeated, even if it has since disappeared: a
user may have deleted it. Use --again KEY to repeat it; `reviews show` lists the
keys.

Examples:
  returngo-brightpearl reviews retry 4410021 --note \"status 27 is enabled again\"
  returngo-brightpearl reviews retry acme --all-failed --note \"mapped now\"
  returngo-brightpearl reviews retry 4410021 --again RGO-4410021")]
    Retry(Retry),
}

#[derive(Debug, Args)]
struct OfRma {
    #[command(flatten)]
    of: RmaArg,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
struct Dismiss {
    /// Connection name
    connection: ConnectionId,
    /// Objects, as `reviews` lists them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    objects: Vec<String>,
    /// Dismiss all objects of the connection
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
struct Reason {
    /// Reason, for the audit
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    by: UserArg,
}

#[derive(Debug, Args)]
struct Retry {
    #[command(flatten)]
    of: ConnectionAndRmas,
    /// Retry all RMAs whose attempts all failed; of all connections, if none is named
    #[arg(long, conflicts_with = "again")]
    all_failed: bool,
    #[command(flatten)]
    reason: Reason,
    /// Repeat this write although it was applied once; may be passed several times
    #[arg(long, value_name = "KEY")]
    again: Vec<String>,
    /// Repeat without asking for confirmation; required without a terminal
    #[arg(long, requires = "again")]
    yes: bool,
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let context = Assembly::open(options).await?.context();
    match &arguments.action {
        None => match arguments.of.split()? {
            (connection, rmas) if rmas.is_empty() => show::list(options, &context, connection.as_ref()).await,
            (connection, rmas) => {
                let connection = args::connection(&context.store, connection.as_ref()).await?;
                for rma in &rmas {
                    show::show(options, &context, &connection, rma).await?;
                }
                Ok(())
            }
        },
        Some(Action::Decide(arguments)) => decide::run(options, context, arguments).await,
        Some(Action::List(ConnectionArg { connection })) => {
            show::list(options, &context, connection.as_ref()).await
        }
        Some(Action::Show(of)) => {
            let connection = args::connection(&context.store, of.connection.as_ref()).await?;
            show::show(options, &context, &connection, &of.rma).await
        }
        Some(Action::Resolve(OfRma { of, reason })) => {
            let context = reason.by(context);
            let subject = subject(&context, of.connection.as_ref(), &of.rma, reason).await?;
            let job = operations::reviews::resolve(&context, &subject).await?;
            let ReviewReport { decisions, .. } =
                operations::reviews::show(&context, &subject.connection, &subject.rma).await?;
            let settled = decisions.iter().filter(|decision| decision.choice == Decision::SETTLED);
            let settled: Vec<&str> = settled.map(|decision| decision.review.as_str()).collect();
            let text = format!(
                "is resolved. The connector writes nothing for the objects of these reviews: {}. `reviews reopen` reverts that.",
                settled.join(", ")
            );
            report(options, &job, &text)
        }
        Some(Action::Reopen(OfRma { of, reason })) => {
            let context = reason.by(context);
            let subject = subject(&context, of.connection.as_ref(), &of.rma, reason).await?;
            let job = operations::reviews::reopen(&context, &subject).await?;
            report(options, &job, &format!("is reopened and pending. {}", next(&job)))
        }
        Some(Action::Dismiss(arguments)) => dismiss(options, &arguments.reason.by(context), arguments).await,
        Some(Action::Retry(arguments)) => retry(options, &arguments.reason.by(context), arguments).await,
    }
}

impl Reason {
    /// Returns the context of the user who makes the decision.
    fn by(&self, context: Context) -> Context {
        Context { actor: self.by.actor(), ..context }
    }
}

async fn subject(
    context: &Context,
    connection: Option<&ConnectionId>,
    rma: &RmaId,
    reason: &Reason,
) -> anyhow::Result<Subject> {
    let connection = args::connection(&context.store, connection).await?;
    Ok(Subject { connection, rma: rma.clone(), note: reason.note.clone() })
}

async fn dismiss(options: &GlobalOptions, context: &Context, arguments: &Dismiss) -> anyhow::Result<()> {
    let Dismiss { connection, objects, reason, .. } = arguments;
    let note = reason.note.as_deref();
    let dismissed = operations::reviews::dismiss(context, connection, objects, note).await?;
    if options.json {
        return print_json(&dismissed);
    }
    Ok(print(format_args!("Dismissed unreadable objects of {connection}: {}.", dismissed.dismissed))?)
}

async fn retry(options: &GlobalOptions, context: &Context, arguments: &Retry) -> anyhow::Result<()> {
    let (named, rmas) = arguments.of.split()?;
    match (rmas.as_slice(), arguments.all_failed) {
        ([], true) => {
            let note = arguments.reason.note.as_deref();
            let retried = operations::reviews::retry_failed(context, named.as_ref(), note).await?;
            if options.json {
                return print_json(&retried);
            }
            Ok(print(format_args!(
                "Queued {}. `serve` processes them; run `sync CONNECTION` to process them now.",
                counted(retried.len(), "RMA")
            ))?)
        }
        ([rma], false) => {
            let subject = subject(context, named.as_ref(), rma, &arguments.reason).await?;
            match arguments.again.as_slice() {
                [] => {
                    let job = operations::reviews::retry(context, &subject).await?;
                    report(options, &job, &format!("is pending. {}", next(&job)))
                }
                keys => {
                    let again = write_again(options, context, &subject, keys, arguments.yes);
                    context.calling(again).await
                }
            }
        }
        _ => Err(Usage("pass one RMA number or --all-failed".to_owned()).into()),
    }
}

/// Repeats writes, after showing what that leads to.
async fn write_again(
    options: &GlobalOptions,
    context: &Context,
    subject: &Subject,
    keys: &[String],
    yes: bool,
) -> anyhow::Result<()> {
    let proposal = operations::reviews::propose_write_again(context, subject, keys).await?;
    for write in &proposal.repeated {
        note(format_args!("{} was written at {}: {}.", write.key, moment(write.at), write.wrote))?;
        note(format_args!("  It no longer exists, and will be written again: {}.", write.writes))?;
    }
    for (what, key) in &proposal.others {
        note(format_args!("Will be written as well: {what} ({key})."))?;
    }
    let named = keys.join(", ");
    terminal::confirm(&format!("Write {named} again?"), yes)?;
    let job = operations::reviews::write_again(context, subject, keys).await?;
    report(options, &job, &format!("is pending, and {named} may be written again. {}", next(&job)))
}

fn next(JobReport { connection, rma_id, .. }: &JobReport) -> String {
    format!("`serve` processes it; run `sync {connection} {rma_id}` to process it now.")
}

/// Prints the state of an RMA after a decision.
fn report(options: &GlobalOptions, job: &JobReport, text: &str) -> anyhow::Result<()> {
    if options.json {
        return print_json(job);
    }
    Ok(print(format_args!("RMA {} of {} {text}", job.rma_id, job.connection))?)
}
