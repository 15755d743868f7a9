//! What a command takes of the day's calls to ReturnGO: it says so first, and leaves `serve` a share of the day.

use anyhow::{bail, ensure};
use clap::Args;

use crate::{
    assembly::Assembly,
    output::note,
    terminal::{Prompter, TerminalPrompter},
};
use returngo_brightpearl_connector::{
    calls::{ReturngoCalls, day_of},
    store::{CallLimits, ConnectionId},
};

/// A quarter of the day is left to `serve`, unless the person says otherwise.
const SHARE_OF_SERVE: u32 = 4;

#[derive(Debug, Args)]
pub(super) struct Spending {
    /// Allow this many calls to ReturnGO, including those that are kept for `serve` today
    #[arg(long, value_name = "CALLS")]
    spend: Option<u32>,
}

/// The calls of today.
struct Today {
    per_day: u32,
    left: u32,
    /// As many of these may read.
    readable: u32,
    kept: u32,
}

impl Today {
    /// None where calls are unlimited.
    async fn of(assembly: &Assembly, calls: &ReturngoCalls) -> anyhow::Result<Option<Self>> {
        let limits = CallLimits { for_others: 0, ..calls.limits() };
        let Some(per_day) = limits.per_day else { return Ok(None) };
        let spent = assembly.store.returngo_calls(&calls.key(), day_of(assembly.clock.now())).await?;
        let left = per_day.saturating_sub(spent.reads).saturating_sub(spent.writes);
        let readable = limits.left(&spent, false);
        Ok(Some(Self { per_day, left, readable, kept: per_day / SHARE_OF_SERVE }))
    }

    fn free(&self) -> u32 {
        self.left.saturating_sub(self.kept).min(self.readable)
    }
}

impl Spending {
    /// Says what `what` takes, and asks when that is more than is free. The command makes no more calls than this from
    /// then on.
    pub(super) async fn allow(
        &self,
        assembly: &Assembly,
        id: &ConnectionId,
        what: &str,
        needed: usize,
    ) -> anyhow::Result<()> {
        let configuration = assembly.registry.configuration(id).await?;
        let calls = assembly.registry.calls(id, &configuration)?;
        // What an earlier step of this command reserved and did not use is free again.
        calls.give_back().await?;
        let Some(today) = Today::of(assembly, &calls).await? else { return Ok(()) };
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        let Today { per_day, left, readable, kept } = today;
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
        calls.leave(left.saturating_sub(allowed));
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
