//! What waits for a person, and what the person says.

mod again;
mod retry;
mod shown;

use anyhow::ensure;
use clap::{Args, Subcommand};
use returngo::RmaId;

pub(super) use self::shown::{as_json, questions};
use crate::{
    args,
    args::ConnectionAndRmas,
    assembly::Assembly,
    options::{ConnectionArg, GlobalOptions, RmaArg},
    output::{print, print_json},
};
use returngo_brightpearl_connector::store::{ConnectionId, Decision, Dismissal};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

const EXAMPLES: &str = "\
Without a command it lists them.

Examples:
  returngo-brightpearl reviews
  returngo-brightpearl reviews show 4410021
  returngo-brightpearl reviews resolve 4410021 --note \"paid by hand\"
  returngo-brightpearl reviews retry 4410021 --note \"order found and linked\"";

#[derive(Debug, Subcommand)]
enum What {
    /// List what a person has to decide, oldest first
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews list
  returngo-brightpearl reviews list acme --json")]
    List(ConnectionArg),
    /// Show one RMA: what is to be decided, and what was written for it so far
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews show 4410021")]
    Show(RmaArg),
    /// Resolve the reviews of an RMA that you settled by hand
    ///
    /// Nothing is written now, and from now on the connector writes nothing for what these reviews name (a refund, a unit,
    /// a fee or the credit), whatever settings or webhooks come later. `reviews reopen` lifts that. The RMA is listed again
    /// when it needs another review.
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews resolve 4410021 --note \"paid by hand\"")]
    Resolve(AuditRow),
    /// Dismiss objects that could not be read, after checking them in their system
    ///
    /// Rows of lists, orders, notes and webhooks that cannot be read are skipped, and listed until they can be read or are
    /// dismissed. One that cannot be read for another reason later, or could be read in between, is listed again.
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews dismiss acme 4410021 --note \"credited by hand\"
  returngo-brightpearl reviews dismiss acme \"row 7\"
  returngo-brightpearl reviews dismiss acme --all --note \"list corrected\"")]
    Dismiss(Dismiss),
    /// Reopen the resolved reviews of an RMA, so that the connector may write for them again
    #[command(after_help = "\
Examples:
  returngo-brightpearl reviews reopen 4410021 --note \"payment was deleted\"")]
    Reopen(AuditRow),
    /// Retry an RMA now, resetting its attempt counter
    ///
    /// Reviews that were resolved stay so: `reviews reopen` lifts them.
    #[command(after_help = "\
A write that was made is never repeated, even if it is missing now: somebody may
have deleted it on purpose. Use --again KEY to repeat it; `reviews show` lists
the keys.

Examples:
  returngo-brightpearl reviews retry 4410021 --note \"status 27 is enabled again\"
  returngo-brightpearl reviews retry acme --all-failed --note \"mapped now\"
  returngo-brightpearl reviews retry 4410021 --again RGO-4410021")]
    Retry(Retry),
}

#[derive(Debug, Args)]
struct AuditRow {
    #[command(flatten)]
    of: RmaArg,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
struct Dismiss {
    /// The connection
    connection: ConnectionId,
    /// The objects, as `reviews` lists them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    objects: Vec<String>,
    /// All objects of the connection
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Debug, Args)]
struct Reason {
    /// Why; for the audit
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who decides; for the audit
    #[arg(long, value_name = "NAME", default_value_t = user())]
    by: String,
}

#[derive(Debug, Args)]
struct Retry {
    #[command(flatten)]
    of: ConnectionAndRmas,
    /// All RMAs of which every attempt failed; of all connections, if none is named
    #[arg(long, conflicts_with = "again")]
    all_failed: bool,
    #[command(flatten)]
    reason: Reason,
    /// Repeat this write although it was made once; may be given several times
    #[arg(long, value_name = "KEY")]
    again: Vec<String>,
    /// Repeat it without asking for confirmation; required without a terminal
    #[arg(long, requires = "again")]
    yes: bool,
}

impl Reason {
    fn dismissal(&self, connection: ConnectionId, objects: Vec<String>) -> Dismissal {
        Dismissal { connection, objects, by: self.by.clone(), note: self.note.clone() }
    }

    fn decision(&self, connection: ConnectionId, rma: RmaId) -> Decision {
        Decision { connection, rma, by: self.by.clone(), note: self.note.clone() }
    }
}

/// Who is logged in.
pub(super) fn user() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"];
    let name = names.into_iter().filter_map(|name| std::env::var(name).ok()).find(|name| !name.is_empty());
    name.unwrap_or_else(|| "somebody".to_owned())
}

pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    match &arguments.what {
        None => shown::list(options, &assembly, None).await,
        Some(What::List(ConnectionArg { connection })) => {
            shown::list(options, &assembly, connection.as_ref()).await
        }
        Some(What::Show(of)) => {
            let connection = connection(&assembly, of).await?;
            shown::show(options, &assembly, &connection, &of.rma).await
        }
        Some(What::Resolve(AuditRow { of, reason })) => {
            let connection = connection(&assembly, of).await?;
            resolve(options, &assembly, &reason.decision(connection, of.rma.clone())).await
        }
        Some(What::Dismiss(Dismiss { connection, objects, reason, .. })) => {
            dismiss(options, &assembly, &reason.dismissal(connection.clone(), objects.clone())).await
        }
        Some(What::Reopen(AuditRow { of, reason })) => {
            let connection = connection(&assembly, of).await?;
            reopen(options, &assembly, &reason.decision(connection, of.rma.clone())).await
        }
        Some(What::Retry(retry)) => retry::run(options, &assembly, retry).await,
    }
}

async fn connection(assembly: &Assembly, of: &RmaArg) -> anyhow::Result<ConnectionId> {
    args::connection(&assembly.store, of.connection.as_ref()).await
}

async fn dismiss(options: &GlobalOptions, assembly: &Assembly, dismissal: &Dismissal) -> anyhow::Result<()> {
    let Dismissal { connection, objects, .. } = dismissal;
    let open = assembly.store.unreadable(Some(connection)).await?;
    let unknown = objects.iter().find(|object| !open.iter().any(|open| open.unreadable.object == **object));
    if let Some(object) = unknown {
        anyhow::bail!(
            "{connection} has no unreadable object {object:?} that waits: `reviews list {connection}` lists them"
        );
    }
    let dismissed = assembly.store.dismiss_unreadable(dismissal, assembly.clock.now()).await?;
    if options.json {
        return print_json(&serde_json::json!({ "connection": connection.as_str(), "dismissed": dismissed }));
    }
    Ok(print(format_args!("Dismissed objects of {connection} that could not be read: {dismissed}."))?)
}

async fn resolve(options: &GlobalOptions, assembly: &Assembly, decision: &Decision) -> anyhow::Result<()> {
    let Decision { connection, rma, .. } = decision;
    let resolve_reviews = assembly.store.resolve_reviews(decision, assembly.clock.now()).await?;
    ensure!(
        resolve_reviews,
        "RMA {rma} of {connection} does not wait for a person: `reviews` lists what does"
    );
    outcome(
        options,
        assembly,
        decision,
        "is resolved. The connector writes nothing for what its reviews named; `reviews reopen` lifts that.",
    )
    .await
}

async fn reopen(options: &GlobalOptions, assembly: &Assembly, decision: &Decision) -> anyhow::Result<()> {
    let Decision { connection, rma, .. } = decision;
    let reopened = assembly.store.reopen(decision, assembly.clock.now()).await?;
    ensure!(
        reopened,
        "nothing was resolved for RMA {rma} of {connection}: `reviews list` shows what is open"
    );
    let next =
        format!("is reopened and pending: `serve` processes it, or `sync {connection} {rma}` does so now.");
    outcome(options, assembly, decision, &next).await
}

/// How the RMA stands after a decision.
async fn outcome(
    options: &GlobalOptions,
    assembly: &Assembly,
    decision: &Decision,
    said: &str,
) -> anyhow::Result<()> {
    let Decision { connection, rma, .. } = decision;
    if options.json {
        return print_json(&assembly.store.work(connection, rma).await?.as_ref().map(as_json));
    }
    Ok(print(format_args!("RMA {rma} of {connection} {said}"))?)
}
