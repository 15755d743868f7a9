use anyhow::ensure;
use returngo_brightpearl_mapping::check::{Finding, Mark};

use crate::{
    args,
    assembly::Assembly,
    options::{ConnectionArg, GlobalOptions},
    output::{print, print_json},
};
use returngo_brightpearl_connector::operations;

/// Checks a connection, and prints the findings.
pub(super) async fn run(options: &GlobalOptions, of: &ConnectionArg) -> anyhow::Result<()> {
    let context = Assembly::open(options).await?.context();
    let id = args::connection(&context.store, of.connection.as_ref()).await?;
    let findings = operations::check::run(&context, &id).await?;
    if options.json {
        print_json(&findings)?;
    } else {
        show(&findings)?;
    }
    let failed = count(&findings, Mark::Failure);
    ensure!(
        failed == 0,
        "{failed} of {} checks failed: connection {id} cannot synchronize returns until they pass",
        findings.len()
    );
    Ok(())
}

pub(super) fn show(findings: &[Finding]) -> anyhow::Result<()> {
    for Finding { mark, subject, message, advice } in findings {
        print(format_args!("{mark} {subject}: {message}"))?;
        if let Some(advice) = advice {
            print(format_args!("    → {advice}"))?;
        }
    }
    let [passed, warnings, failed] =
        [Mark::Pass, Mark::Warning, Mark::Failure].map(|mark| count(findings, mark));
    let plural = if warnings == 1 { "" } else { "s" };
    Ok(print(format_args!("{passed} passed, {warnings} warning{plural}, {failed} failed"))?)
}

fn count(findings: &[Finding], mark: Mark) -> usize {
    findings.iter().filter(|finding| finding.mark == mark).count()
}
