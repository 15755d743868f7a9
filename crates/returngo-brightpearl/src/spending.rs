//! The calls to ReturnGO that a command may make: it reports them first, and leaves a share of the day to `serve`.

use anyhow::{bail, ensure};
use clap::Args;

use crate::{
    output::note,
    terminal::{Prompter, TerminalPrompter},
};
use returngo_brightpearl_connector::{
    operations::{Context, calls::CallsToday},
    store::ConnectionId,
};

#[derive(Debug, Args)]
pub(super) struct Spending {
    /// Allow this many calls to ReturnGO, including those reserved for `serve` today
    #[arg(long, value_name = "CALLS")]
    spend: Option<u32>,
}

impl Spending {
    /// Reports the calls that `what` takes, and asks for confirmation if they exceed the free ones. From then on the
    /// command makes no more calls than these.
    pub(super) async fn allow(
        &self,
        context: &Context,
        id: &ConnectionId,
        what: &str,
        needed: usize,
    ) -> anyhow::Result<()> {
        let Some(today) = CallsToday::of(context, id).await? else { return Ok(()) };
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        let CallsToday { per_day, left, readable, kept } = today;
        let free = today.free();
        ensure!(
            needed <= readable,
            "not enough calls to ReturnGO for connection {id}: {what} takes at least {needed}, and {readable} are left for \
             reading until 00:00 UTC. Choose fewer RMAs or a shorter period, or run it again tomorrow"
        );
        let allowed = match self.spend {
            Some(spend) if spend >= needed => free.max(spend),
            _ if needed <= free => free,
            Some(spend) => bail!(
                "not enough calls to ReturnGO for connection {id}: {what} takes at least {needed}, and --spend allows \
                 {spend}"
            ),
            None => {
                ask(id, what, needed, free)?;
                needed
            }
        };
        today.limit(context, id, allowed).await?;
        if needed > 1 {
            note(format_args!(
                "{what} takes at least {needed} calls to ReturnGO; {left} of {per_day} are left today, {kept} of them for \
                 `serve`"
            ))?;
        }
        Ok(())
    }
}

fn ask(id: &ConnectionId, what: &str, needed: u32, free: u32) -> anyhow::Result<()> {
    let Some(mut prompter) = TerminalPrompter::if_attended() else {
        bail!(
            "not enough calls to ReturnGO for connection {id}: {what} takes at least {needed}, and {free} are free today. \
             Allow it with --spend {needed}, or run it again tomorrow"
        );
    };
    let question =
        format!("Use {needed} calls, though only {free} are free? `serve` may have to wait until 00:00 UTC.");
    ensure!(prompter.confirm(&question)?, "nothing was changed");
    Ok(())
}
