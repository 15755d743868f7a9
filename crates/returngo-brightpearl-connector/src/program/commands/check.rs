use returngo_brightpearl::check::{self, Finding, Mark, Receiver};
use returngo_brightpearl_reader::{Receivers, read_connection};

use super::super::{
    assembly::Assembly,
    chosen,
    cli::{Cli, Of},
    output::{say, say_json},
};
use crate::{connection::Connection, ledger::Source, subscriptions};

/// Checks a connection, finding by finding.
pub(super) async fn run(cli: &Cli, of: &Of) -> anyhow::Result<()> {
    let assembly = Assembly::open(cli).await?;
    let id = chosen::connection(&*assembly.ledger, of.connection.as_ref()).await?;
    let secret = assembly.registry.configuration(&id).await?.webhook_secret;
    let connection = assembly.connection(&id).await?;
    let receiver = |source| {
        let public_url = assembly.configuration.public_url.as_deref()?;
        Some(Receiver::at(subscriptions::url(public_url, source, &connection, &secret)))
    };
    let receivers =
        Receivers { brightpearl: receiver(Source::Brightpearl), returngo: receiver(Source::Returngo) };
    let findings = findings(&assembly, &connection, receivers).await;
    if cli.json {
        say_json(&findings)?;
    } else {
        show(&findings)?;
    }
    let failed = count(&findings, Mark::Failure);
    anyhow::ensure!(failed == 0, "{failed} of {} checks failed: {id} cannot work like this", findings.len());
    Ok(())
}

/// What there is to say about a connection that is stored, or about to be.
pub(super) async fn findings(
    assembly: &Assembly,
    connection: &Connection,
    receivers: Receivers,
) -> Vec<Finding> {
    let (brightpearl, returngo) = (&connection.brightpearl, &connection.returngo);
    let read = read_connection(brightpearl, returngo, receivers, &*assembly.clock).await;
    check::check(&read, &connection.settings)
}

pub(super) fn show(findings: &[Finding]) -> anyhow::Result<()> {
    for Finding { mark, subject, message, advice } in findings {
        say(format_args!("{mark} {subject}: {message}"))?;
        if let Some(advice) = advice {
            say(format_args!("    → {advice}"))?;
        }
    }
    Ok(say(format_args!(
        "{} passed, {} to look at, {} failed",
        count(findings, Mark::Pass),
        count(findings, Mark::Warning),
        count(findings, Mark::Failure)
    ))?)
}

fn count(findings: &[Finding], mark: Mark) -> usize {
    findings.iter().filter(|finding| finding.mark == mark).count()
}
