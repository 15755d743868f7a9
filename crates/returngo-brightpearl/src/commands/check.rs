use returngo_brightpearl_mapping::check::{self, Finding, Mark, Receiver};
use returngo_brightpearl_sync::{Receivers, read_connection};

use crate::{
    args,
    assembly::Assembly,
    options::{ConnectionArg, GlobalOptions},
    output::{print, print_json},
};
use returngo_brightpearl_connector::{
    connection::Connection,
    store::{ConnectionId, Source},
    subscriptions,
};

/// Checks a connection, finding by finding.
pub(super) async fn run(options: &GlobalOptions, of: &ConnectionArg) -> anyhow::Result<()> {
    let assembly = Assembly::open(options).await?;
    let id = args::connection(&assembly.store, of.connection.as_ref()).await?;
    let secret = assembly.registry.configuration(&id).await?.webhook_secret;
    let connection = assembly.connection(&id).await?;
    let receiver = |source| {
        let public_url = assembly.configuration.public_url.as_deref()?;
        Some(Receiver::at(subscriptions::url(public_url, source, &connection, &secret)))
    };
    let receivers =
        Receivers { brightpearl: receiver(Source::Brightpearl), returngo: receiver(Source::Returngo) };
    let mut findings = findings(&assembly, &connection, receivers).await;
    findings.extend(assembly.configuration.public_url.as_deref().and_then(unencrypted));
    findings.extend(own_findings(&assembly, &connection).await?);
    if options.json {
        print_json(&findings)?;
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
    if let Err(error) = assembly.registry.give_back_calls().await {
        tracing::warn!(%error, "the calls to ReturnGO that were not made are not given back");
    }
    check::check(&read, &connection.settings)
}

/// That webhooks would be sent to this address in the clear.
pub(super) fn unencrypted(public_url: &str) -> Option<Finding> {
    let scheme = public_url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http").then(|| Finding {
        mark: Mark::Warning,
        subject: "public_url".to_owned(),
        message: "webhooks come unencrypted, with the secret in their URLs".to_owned(),
        advice: Some("use an https:// address, unless both systems are mocks".to_owned()),
    })
}

/// What the connector's own database says about a connection.
async fn own_findings(assembly: &Assembly, connection: &Connection) -> anyhow::Result<Vec<Finding>> {
    let id = &connection.id;
    let mut findings = Vec::new();
    let pair = assembly.store.counterparts(id).await?;
    let connected = match &pair {
        Some(pair) => assembly.store.connected_as(pair).await?,
        None => Vec::new(),
    };
    let others: Vec<_> =
        connected.iter().filter(|connected| *connected != id).map(ToString::to_string).collect();
    let subject = "connection".to_owned();
    findings.push(if others.is_empty() {
        let message = "no other connection is between this account and this shop".to_owned();
        Finding { mark: Mark::Pass, subject, message, advice: None }
    } else {
        let message = format!(
            "{} is between the same account and the same shop: both would credit and refund the same returns, so none of \
             them is worked on",
            others.join(", ")
        );
        let advice = Some("remove all but one of them with `disconnect`".to_owned());
        Finding { mark: Mark::Failure, subject, message, advice }
    });
    let message = match connection.synchronise_from {
        Some(from) => format!(
            "RMAs approved before {} are left alone until `backfill` queues them",
            from.strftime("%F %TZ")
        ),
        None => "RMAs of any age are synchronized".to_owned(),
    };
    findings.push(Finding {
        mark: Mark::Pass,
        subject: "synchronise_from".to_owned(),
        message,
        advice: None,
    });
    findings.extend(unreadable(assembly, id).await?);
    Ok(findings)
}

/// What was skipped because it cannot be read.
async fn unreadable(assembly: &Assembly, id: &ConnectionId) -> anyhow::Result<Option<Finding>> {
    let unreadable = assembly.store.unreadable(Some(id)).await?;
    Ok(unreadable.first().map(|first| Finding {
        mark: Mark::Warning,
        subject: "unreadable".to_owned(),
        message: format!(
            "objects that were skipped because they cannot be read: {}, such as {}",
            unreadable.len(),
            first.unreadable
        ),
        advice: Some(format!("`reviews list {id}` lists them; look at them in their system")),
    }))
}

pub(super) fn show(findings: &[Finding]) -> anyhow::Result<()> {
    for Finding { mark, subject, message, advice } in findings {
        print(format_args!("{mark} {subject}: {message}"))?;
        if let Some(advice) = advice {
            print(format_args!("    → {advice}"))?;
        }
    }
    Ok(print(format_args!(
        "{} passed, {} to look at, {} failed",
        count(findings, Mark::Pass),
        count(findings, Mark::Warning),
        count(findings, Mark::Failure)
    ))?)
}

fn count(findings: &[Finding], mark: Mark) -> usize {
    findings.iter().filter(|finding| finding.mark == mark).count()
}
