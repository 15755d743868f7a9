//! Creating or changing a connection: from arguments, variables and a file, and from the user at the terminal.

mod access;
mod settings;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use anyhow::{bail, ensure};
use api_client_core::client::Clock;
use clap::Args;
use jiff::Timestamp;
use returngo_brightpearl_mapping::ConnectionSettings;

use self::access::Access;
use super::check::show;
use crate::{
    assembly::{self, Assembly},
    options::{GlobalOptions, UserArg},
    output::{counted, note, print_json},
    terminal::{Prompter, TerminalPrompter},
};
use returngo_brightpearl_connector::{
    configuration::{ConnectionConfiguration, Secret},
    operations::{
        self, Context,
        connect::{Connected, Proposal},
        settings::in_words,
    },
    store::{ConnectionId, FieldChange},
};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Connection name: lower-case letters, digits, hyphens
    connection: ConnectionId,
    /// Read the settings of the connection from this file, TOML or JSON
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    entered: settings::InputKind,
    /// Daily ReturnGO API quota, if raised from the default 2,000
    #[arg(long, value_name = "CALLS")]
    calls_a_day: Option<u32>,
    /// Store the connection even if its check fails
    #[arg(long)]
    anyway: bool,
    /// Change an existing connection without asking for confirmation
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    by: UserArg,
}

const EXAMPLES: &str = "\
Interactive: prompts for missing values and offers the choices found in the
account. Non-interactive: exits with a list of missing values. Re-running keeps
every value you do not supply.

Credentials are never arguments. Set these variables:
  BRIGHTPEARL_ACCOUNT         account code
  BRIGHTPEARL_DATACENTER      euw1, use1, …; or BRIGHTPEARL_URL
  BRIGHTPEARL_APP_REF         app reference
  BRIGHTPEARL_TOKEN           account token of a private app; or one of
                              BRIGHTPEARL_STAFF_TOKEN, BRIGHTPEARL_ACCESS_TOKEN
  BRIGHTPEARL_REFRESH_TOKEN   of an OAuth app; the connector renews it from then
                              on; with BRIGHTPEARL_CLIENT_SECRET if the app has
                              one, and without BRIGHTPEARL_ACCESS_TOKEN
  BRIGHTPEARL_DEV_REF         developer reference of a public app
  RETURNGO_API_KEY            API key
  RETURNGO_SHOP               shop of the API key
  RETURNGO_URL                server, if not https://api.returngo.ai

Examples:
  returngo-brightpearl connect acme
  returngo-brightpearl connect acme --settings acme.toml
  returngo-brightpearl connect acme --refund-method STRIPE_UK --status 27
  BRIGHTPEARL_TOKEN=… returngo-brightpearl connect acme     replaces the token";

/// Creates or changes a connection: checks it, stores it, and subscribes its webhooks.
pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let assembly = Assembly::open_or_create(assembly::configuration(options)?).await?;
    let context = Context { actor: arguments.by.actor(), ..assembly.context() };
    let id = &arguments.connection;
    let existing = operations::connect::existing(&context, id).await?;
    let mut at_terminal = TerminalPrompter::if_attended();
    let mut prompter = at_terminal.as_mut().map(|prompter| prompter as &mut dyn Prompter);
    let stored = existing.configuration.as_ref();
    let inputs = Inputs { arguments, variable: &|name| std::env::var(name).ok(), stored };
    let configuration = inputs.completed(&mut prompter, &context.clock).await?;
    let proposal = operations::connect::propose(&context, id, existing, configuration).await?;
    if !options.json {
        show(&proposal.findings)?;
    }
    if proposal.has_failed() && !arguments.anyway && !store_all_the_same(&mut prompter)? {
        return reject(options, id, proposal);
    }
    let is_new = proposal.is_new();
    if !is_new {
        confirm(id, &proposal.changes, arguments, &mut prompter)?;
    }
    let connected = operations::connect::store(&context, proposal).await?;
    if options.json {
        print_json(&connected)?;
    }
    note_next_steps(&connected, is_new)
}

/// Ends a `connect` that stores nothing, because the check failed.
fn reject(options: &GlobalOptions, id: &ConnectionId, proposal: Proposal) -> anyhow::Result<()> {
    let used_refresh_token = proposal.has_unstored_authorization();
    if options.json {
        print_json(&proposal.rejected())?;
    }
    if used_refresh_token {
        note(
            "The check used the refresh token. If Brightpearl rejects it the next time, authorize the app again.",
        )?;
    }
    bail!(
        "connection {id} was not stored, because its check failed: fix the failed findings, or pass --anyway to store it all \
         the same"
    );
}

fn note_next_steps(connected: &Connected, is_new: bool) -> anyhow::Result<()> {
    let Connected { connection: id, queued, .. } = connected;
    let webhooks = match connected.webhooks_subscribed {
        true => "its webhooks are subscribed",
        false => "no webhooks are subscribed without public_url; sweeps find changes",
    };
    note(format_args!(
        "connection {id} is stored; {webhooks}. Run `returngo-brightpearl serve` to synchronize it."
    ))?;
    if is_new {
        note(
            "RMAs that were approved before now are ignored. To synchronize them, run `backfill --from DAY --dry-run` to see \
             the writes, then run it without --dry-run.",
        )?;
    }
    if *queued > 0 {
        note(format_args!(
            "{} that needed review: queued, because the settings changed.",
            counted(*queued, "RMA")
        ))?;
    }
    Ok(())
}

fn store_all_the_same(prompter: &mut Option<&mut dyn Prompter>) -> anyhow::Result<bool> {
    match prompter {
        Some(prompter) => {
            prompter.confirm("The check failed: returns cannot be synchronized. Store it all the same?")
        }
        None => Ok(false),
    }
}

/// Shows the changes of an existing connection, and asks for confirmation.
fn confirm(
    id: &ConnectionId,
    changes: &[FieldChange],
    arguments: &Arguments,
    prompter: &mut Option<&mut dyn Prompter>,
) -> anyhow::Result<()> {
    if changes.is_empty() {
        return Ok(note(format_args!("The settings and credentials of {id} stay as they are."))?);
    }
    note(format_args!("Changes of {id}:"))?;
    for field in changes {
        note(format_args!("  {}", in_words(field)))?;
    }
    if let Some(prompter) = prompter
        && !arguments.yes
    {
        ensure!(prompter.confirm(&format!("Change connection {id}?"))?, "nothing was changed");
    }
    Ok(())
}

/// The values of arguments, variables and the stored connection.
struct Inputs<'a> {
    arguments: &'a Arguments,
    variable: &'a dyn Fn(&str) -> Option<String>,
    stored: Option<&'a ConnectionConfiguration>,
}

impl Inputs<'_> {
    /// Completes the configuration: asks for missing values, or without a terminal fails and names them.
    async fn completed(
        &self,
        prompter: &mut Option<&mut dyn Prompter>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<ConnectionConfiguration> {
        let mut access = Access::from_inputs(self.variable, self.stored, clock.now());
        access.calls_a_day = self.arguments.calls_a_day.or(access.calls_a_day);
        let draft = settings::Draft::from_inputs(self.arguments, self.stored)?;
        draft.settle_account(&mut access)?;
        access.check()?;
        let webhook_secret = match self.stored {
            Some(stored) => stored.webhook_secret.clone(),
            None => Secret::generate()?,
        };
        let (settings, access) = match prompter {
            None => {
                let missing: Vec<&str> = access.missing().into_iter().chain(draft.missing()).collect();
                ensure!(missing.is_empty(), "missing values: {}", missing.join(", "));
                (draft.into_settings(&access)?, access)
            }
            Some(prompter) => {
                access.ask(&mut **prompter, draft.missing().is_some(), clock).await?;
                let settings = self.choose_settings(&mut **prompter, draft, &mut access, clock).await?;
                (settings, access)
            }
        };
        let (brightpearl, returngo) = access.into_both()?;
        let synchronise_from = match self.stored {
            Some(stored) => stored.synchronise_from,
            // Rounded down, so that an RMA that is approved from now on is not ignored.
            None => Some(Timestamp::from_second(clock.now().as_second())?),
        };
        Ok(ConnectionConfiguration { settings, brightpearl, returngo, webhook_secret, synchronise_from })
    }

    /// Asks for missing settings, with the choices that the account offers.
    async fn choose_settings(
        &self,
        prompter: &mut dyn Prompter,
        mut draft: settings::Draft,
        access: &mut Access,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<ConnectionSettings> {
        if draft.missing().is_some() {
            let account = access.account_facts(clock).await?;
            draft.ask(prompter, &account)?;
        }
        draft.into_settings(access)
    }
}
