//! Making a connection, or changing one: from flags, variables and a file, and from whoever is at the terminal.

mod access;
mod choices;
mod settings;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context as _, bail, ensure};
use api_client_core::client::Clock;
use clap::Args;
use returngo_brightpearl_mapping::{
    ConnectionSettings,
    check::{self, Finding, Mark},
};
use returngo_brightpearl_sync::Receivers;
use serde_json::json;

use self::access::Access;
use super::{
    check::{findings, show, unencrypted},
    reviews::user,
    settings::{changes, in_words},
};
use crate::{
    assembly::{self, Assembly},
    options::GlobalOptions,
    output::{counted, note, print_json},
    terminal::{Prompter, TerminalPrompter},
};
use returngo_brightpearl_connector::{
    configuration::{ConnectionConfiguration, Secret},
    store::{Cause, ConnectionChange, ConnectionId, StoreError},
};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A name for the connection: lower-case letters, digits, hyphens
    connection: ConnectionId,
    /// The settings of the connection, TOML or JSON
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    entered: settings::Entered,
    /// Calls to ReturnGO a day, if its support has raised them from 2,000
    #[arg(long, value_name = "CALLS")]
    calls_a_day: Option<u32>,
    /// Store the connection even if its check fails
    #[arg(long)]
    anyway: bool,
    /// Change an existing connection without asking for confirmation
    #[arg(long)]
    yes: bool,
    /// Who connects; for the audit
    #[arg(long, value_name = "NAME", default_value_t = user())]
    by: String,
}

const EXAMPLES: &str = "\
On a terminal it asks for every value that is missing and offers the choices that
the account has. Without a terminal it exits with a list of the missing values.
Run it again to change a connection: values that you do not give stay.

Credentials are never arguments. They come from these variables:
  BRIGHTPEARL_ACCOUNT         account code
  BRIGHTPEARL_DATACENTER      euw1, use1, …; or BRIGHTPEARL_URL
  BRIGHTPEARL_APP_REF         reference of the app
  BRIGHTPEARL_TOKEN           account token of a private app; or one of
                              BRIGHTPEARL_STAFF_TOKEN, BRIGHTPEARL_ACCESS_TOKEN
  BRIGHTPEARL_REFRESH_TOKEN   of an OAuth app, renewed by the connector from then
                              on; with BRIGHTPEARL_CLIENT_SECRET if it has one;
                              BRIGHTPEARL_ACCESS_TOKEN is not needed then
  BRIGHTPEARL_DEV_REF         developer reference of a public app
  RETURNGO_API_KEY            API key
  RETURNGO_SHOP               the shop that the key is for
  RETURNGO_URL                another server than https://api.returngo.ai

Examples:
  returngo-brightpearl connect acme
  returngo-brightpearl connect acme --settings acme.toml
  returngo-brightpearl connect acme --refund-method STRIPE_UK --status 27
  BRIGHTPEARL_TOKEN=… returngo-brightpearl connect acme     replaces the token";

/// Makes a connection: checks it, stores it, and subscribes its webhooks.
pub(super) async fn run(options: &GlobalOptions, arguments: &Arguments) -> anyhow::Result<()> {
    let assembly = Assembly::open_or_create(assembly::configuration(options)?).await?;
    let id = &arguments.connection;
    let was = assembly.store.connection(id).await?;
    // One that does not read any more is made anew.
    let stored = was.as_ref().and_then(|was| assembly.registry.configuration_of(was).ok());
    let mut at_terminal = TerminalPrompter::if_attended();
    let mut prompter = at_terminal.as_mut().map(|prompter| prompter as &mut dyn Prompter);
    let given = Given { arguments, variable: &|name| std::env::var(name).ok(), stored: stored.as_ref() };
    let configuration = given.completed(&mut prompter, &assembly.clock).await?;
    let requested = configuration.counterparts();
    let bound = assembly.store.counterparts(id).await?.or_else(|| Some(stored.as_ref()?.counterparts()));
    if let Some(bound) = bound.filter(|bound| *bound != requested) {
        return Err(StoreError::BoundElsewhere { connection: id.clone(), bound, requested }.into());
    }
    let connection = assembly.registry.open(id, &configuration)?;
    let mut found = findings(&assembly, &connection, Receivers::default()).await;
    // They are subscribed below.
    found.retain(|finding| !finding.subject.ends_with(".webhooks"));
    found.extend(assembly.configuration.public_url.as_deref().and_then(unencrypted));
    if !options.json {
        show(&found)?;
    }
    let goes_on = check::worst(&found) != Mark::Failure || arguments.anyway || in_spite_of_it(&mut prompter)?;
    let change =
        ConnectionChange { by: arguments.by.clone(), fields: changes(stored.as_ref(), &configuration) };
    let outcome = JobOutcome { id, findings: &found, change: &change };
    if !goes_on {
        outcome.tell(options, false, false)?;
        if is_authorised_anew(stored.as_ref(), &configuration) {
            note(
                "The check used the refresh token. If Brightpearl refuses it the next time, authorize the app again.",
            )?;
        }
        bail!(
            "connection {id} is not stored, as its check failed: mend it, or store it all the same with --anyway"
        );
    }
    if stored.is_some() {
        tell_of(id, &change)?;
        confirm(id, &change, arguments, &mut prompter)?;
    }
    assembly.registry.change(id, &configuration, was.as_ref().map(|was| &was.configuration), &change).await?;
    let questions = match &stored {
        Some(stored) if stored.settings != configuration.settings => ask_again(&assembly, id).await?,
        _ => 0,
    };
    let public_url = assembly.configuration.public_url.as_ref();
    if let Some(public_url) = public_url {
        let subscribed = async {
            connection.subscribe(public_url, &configuration.webhook_secret).await?;
            Ok(connection.unsubscribe_elsewhere(public_url, &configuration.webhook_secret).await?)
        };
        assembly.spending(subscribed).await.with_context(|| {
            format!("connection {id} is stored, and not all its webhooks are subscribed: `connect {id}` again, when this is mended")
        })?;
    }
    outcome.tell(options, true, public_url.is_some())?;
    let next = match public_url {
        Some(_) => "its webhooks are subscribed",
        None => "without public_url no webhooks are subscribed, and sweeps find what changes",
    };
    note(format_args!(
        "connection {id} is stored; {next}. Run `returngo-brightpearl serve` to synchronize it."
    ))?;
    if stored.is_none() {
        note(
            "RMAs that were approved before now are left alone. To synchronize them, see what that would write with \
             `backfill --from DAY --dry-run`, then run it without --dry-run.",
        )?;
    }
    if questions > 0 {
        note(format_args!(
            "{} that a person had to decide: synchronized again with the new settings.",
            counted(questions, "RMA")
        ))?;
    }
    Ok(())
}

/// Whether the connection has tokens of OAuth that are not stored.
fn is_authorised_anew(
    stored: Option<&ConnectionConfiguration>,
    configuration: &ConnectionConfiguration,
) -> bool {
    let authorised_at = |of: &ConnectionConfiguration| Some(of.brightpearl.oauth()?.authorised_at);
    let now = authorised_at(configuration);
    now.is_some() && now != stored.and_then(authorised_at)
}

/// Other settings may have answered what a person was asked.
async fn ask_again(assembly: &Assembly, id: &ConnectionId) -> anyhow::Result<usize> {
    let waiting = assembly.store.reviews(Some(id)).await?;
    let rmas: Vec<_> = waiting.into_iter().map(|item| item.rma).collect();
    assembly
        .store
        .enqueue(id, &rmas, Cause::Returngo, "the settings were changed", assembly.clock.now())
        .await?;
    Ok(rmas.len())
}

fn in_spite_of_it(prompter: &mut Option<&mut dyn Prompter>) -> anyhow::Result<bool> {
    match prompter {
        Some(prompter) => {
            prompter.confirm("The check failed: returns would not go through. Store it all the same?")
        }
        None => Ok(false),
    }
}

/// Shows what becomes of a connection that is there, before it does.
fn tell_of(id: &ConnectionId, change: &ConnectionChange) -> anyhow::Result<()> {
    if change.fields.is_empty() {
        return Ok(note(format_args!("The settings and credentials of {id} stay as they are."))?);
    }
    note(format_args!("Changes of {id}:"))?;
    for field in &change.fields {
        note(format_args!("  {}", in_words(field)))?;
    }
    Ok(())
}

fn confirm(
    id: &ConnectionId,
    change: &ConnectionChange,
    arguments: &Arguments,
    prompter: &mut Option<&mut dyn Prompter>,
) -> anyhow::Result<()> {
    if let Some(prompter) = prompter
        && !change.fields.is_empty()
        && !arguments.yes
    {
        ensure!(prompter.confirm(&format!("Change connection {id}?"))?, "nothing was changed");
    }
    Ok(())
}

/// What `--json` prints.
struct JobOutcome<'a> {
    id: &'a ConnectionId,
    findings: &'a [Finding],
    change: &'a ConnectionChange,
}

impl JobOutcome<'_> {
    fn tell(&self, options: &GlobalOptions, stored: bool, subscribed: bool) -> anyhow::Result<()> {
        if !options.json {
            return Ok(());
        }
        print_json(&json!({
            "connection": self.id.as_str(),
            "stored": stored,
            "webhooksSubscribed": subscribed,
            "findings": self.findings,
            "changes": self.change.fields,
        }))
    }
}

/// What is known of the connection without asking anybody.
struct Given<'a> {
    arguments: &'a Arguments,
    variable: &'a dyn Fn(&str) -> Option<String>,
    stored: Option<&'a ConnectionConfiguration>,
}

impl Given<'_> {
    /// The whole connection: what is missing comes from the person, or is named.
    async fn completed(
        &self,
        prompter: &mut Option<&mut dyn Prompter>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<ConnectionConfiguration> {
        let mut access = Access::given(self.variable, self.stored, clock.now());
        access.calls_a_day = self.arguments.calls_a_day.or(access.calls_a_day);
        let draft = settings::Draft::given(self.arguments, self.stored)?;
        draft.settle_account(&mut access)?;
        access.check()?;
        let webhook_secret = match self.stored {
            Some(stored) => stored.webhook_secret.clone(),
            None => Secret::generate()?,
        };
        let (settings, access) = match prompter {
            None => {
                let missing: Vec<&str> = access.missing().into_iter().chain(draft.missing()).collect();
                ensure!(missing.is_empty(), "to connect, this is missing: {}", missing.join(", "));
                (draft.into_settings(&access)?, access)
            }
            Some(prompter) => {
                access.ask(&mut **prompter, draft.missing().is_some(), clock).await?;
                let settings = self.chosen(&mut **prompter, draft, &mut access, clock).await?;
                (settings, access)
            }
        };
        let (brightpearl, returngo) = access.into_both()?;
        let synchronise_from = match self.stored {
            Some(stored) => stored.synchronise_from,
            None => Some(clock.now()),
        };
        Ok(ConnectionConfiguration { settings, brightpearl, returngo, webhook_secret, synchronise_from })
    }

    /// The settings, chosen from what Brightpearl offers.
    async fn chosen(
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
